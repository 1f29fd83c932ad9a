"""A block shows what the structure or the stack holds, each slice as thick as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.scale_bar import bar_length_nm
from synthfib.data.segmentation_file import Segmentation, write_segmentation
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack, write_volume
from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.report.block import block_of_stack, block_of_volume
from synthfib.report.block_file import read_block

PHASES = (material("epoxy"), material("gold"))


def volume_of(shape: tuple[int, int, int] = (4, 5, 6)) -> LabelVolume:
    labels = np.random.default_rng(0).integers(0, 2, shape, dtype=np.uint8)
    return LabelVolume(labels, (10.0, 2.5, 5.0), PHASES)


def stack_of(positions_nm: tuple[float, ...] = (0, 10, 15, 40), *, labelled: bool = True, dtype: type = np.uint8) -> ImageStack:
    labels = np.random.default_rng(1).integers(0, 2, (len(positions_nm), 8, 6), dtype=np.uint8)
    bright: Any = (labels * 150 + 30).astype(dtype)
    images: Any = np.stack([bright, bright // 2])
    plan = MillingPlan(np.array(positions_nm, float), (5.0, 5.0))
    return ImageStack(images, (Channel(1.0), Channel(4.0)), plan, labels if labelled else None, PHASES if labelled else ())


@pytest.mark.parametrize(("width_nm", "bar_nm"), [(240, 50), (400, 100), (1000, 200), (7.0, 2), (1e5, 20_000), (500 / 0.3, 500)])
def test_scale_bars_are_round_and_below_a_third(width_nm: float, bar_nm: float) -> None:
    assert bar_length_nm(width_nm) == pytest.approx(bar_nm)


def test_phases_are_as_bright_as_backscattering_makes_them() -> None:
    volume = LabelVolume(np.array([[[0, 1, 2]]], np.uint8), (1.0, 1.0, 1.0), (material("vacuum"), material("zirconia"), material("platinum")))
    pore, ceramic, metal = block_of_volume(volume, "cermet").front(0)[0]
    assert pore < ceramic - 40 < metal - 80


def test_phases_that_nothing_is_known_of_can_still_be_told_apart() -> None:
    volume = LabelVolume(np.array([[[0, 1]]], np.uint8), (1.0, 1.0, 1.0), (Material("pore"), Material("solid")))
    pore, solid = block_of_volume(volume, "").front(0)[0]
    assert pore < solid


def test_faces_of_a_volume_are_its_labels() -> None:
    volume = volume_of()
    block = block_of_volume(volume, "x")
    assert block.shape == volume.shape
    assert block.extent_nm == volume.extent_nm
    bright = block.front(2).max()
    assert np.array_equal(block.front(2) == bright, volume.labels[2] > 0)
    assert np.array_equal(block.top(1) == bright, volume.labels[1:, 0] > 0)
    assert np.array_equal(block.side(1) == bright, volume.labels[1:, :, -1] > 0)
    assert "4 x 5 x 6 voxels of 10 x 2.5 x 5 nm" in block.caption


def test_slices_of_a_stack_are_as_thick_as_they_are() -> None:
    """Faces at 0, 10, 15 and 40 nm; the last slice gets the mean thickness, 13.3 nm, of which layers are a third."""
    block = block_of_stack(stack_of(), "x")
    layer_nm = 40 / 9
    assert block.layer_size_nm == pytest.approx((layer_nm, 5.0, 5.0))
    assert block.slice_of_layer.tolist() == [0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3]
    assert block.extent_nm[0] == pytest.approx(40 + 40 / 3)
    assert [block.first_layer(face) for face in range(4)] == [0, 2, 3, 9]
    assert np.array_equal(block.top(2), stack_of().images[0][[2] * 6 + [3] * 3, 0])


def test_a_single_face_is_a_block_too() -> None:
    assert block_of_stack(stack_of((0.0,)), "x").shape == (1, 8, 6)


def test_images_of_16_bits_are_stretched() -> None:
    stack = stack_of(dtype=np.uint16)
    greys = block_of_stack(stack, "x").front(0)
    assert set(np.unique(greys)) == {0, 255}


@pytest.mark.parametrize("face", [-1, 4])
def test_a_slice_that_is_not_there_is_refused(face: int) -> None:
    with pytest.raises(InputError, match="from 0 to 3"):
        block_of_stack(stack_of(), "x").first_layer(face)


def test_a_file_is_what_it_says(tmp_path: Path) -> None:
    write_volume(tmp_path / "volume.h5", volume_of())
    write_stack(tmp_path / "stack.h5", stack_of())
    assert read_block(tmp_path / "volume.h5").values.shape == (4, 5, 6)
    images = stack_of().images
    assert np.array_equal(read_block(tmp_path / "stack.h5").front(1), images[0, 1])
    assert np.array_equal(read_block(tmp_path / "stack.h5", energy_kev=4.0).front(1), images[1, 1])


def test_a_segmentation_takes_the_place_of_labels(tmp_path: Path) -> None:
    measured = stack_of(labelled=False)
    write_stack(tmp_path / "stack.h5", measured)
    assert read_block(tmp_path / "stack.h5").labels is None
    probability = np.random.default_rng(2).random((4, 8, 6), dtype=np.float32)
    write_segmentation(tmp_path / "found.h5", Segmentation.of(probability, measured, model="otsu", description={}))
    found = read_block(tmp_path / "stack.h5", segmentation=tmp_path / "found.h5")
    assert found.labels is not None
    assert np.array_equal(found.labels, probability >= 0.5)
    other = stack_of((0, 1, 2), labelled=False)
    write_segmentation(tmp_path / "other.h5", Segmentation.of(probability[:3], other, model="otsu", description={}))
    with pytest.raises(InputError, match=r"one shape .*\(3, 8, 6\)"):
        read_block(tmp_path / "stack.h5", segmentation=tmp_path / "other.h5")

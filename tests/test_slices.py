from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.segmentation_file import Segmentation, write_segmentation
from synthfib.data.slices import read_slices, read_solid
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack
from synthfib.errors import InputError

IMAGES = np.arange(2 * 3 * 8 * 9, dtype=np.uint8).reshape(2, 3, 8, 9)
LABELS = (IMAGES[0] % 3).astype(np.uint8)
PLAN = MillingPlan(np.array([0.0, 10.0, 20.0]), (2.5, 2.5))
PHASES = (Material("pore"), Material("gold"), Material("carbon"))


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    write_stack(tmp_path / "stack.h5", ImageStack(IMAGES, (Channel(1.0), Channel(2.0)), PLAN, LABELS, PHASES))
    return tmp_path / "stack.h5"


def test_a_stack_of_synthfib_gives_one_channel_and_its_labels(stack: Path) -> None:
    images, labels = read_slices(stack)
    assert np.array_equal(images, IMAGES[0])
    assert labels is not None
    assert np.array_equal(labels, LABELS)
    assert np.array_equal(read_slices(stack, energy_kev=2.0)[0], IMAGES[1])
    assert np.array_equal(read_solid(stack), LABELS > 0)
    with pytest.raises(InputError, match="4 keV"):
        read_slices(stack, energy_kev=4.0)


def test_labels_move_along_with_images_that_drifted(tmp_path: Path) -> None:
    displacement_nm = np.zeros((2, 3, 2), np.float32)
    displacement_nm[1, 2] = (2.5, -5.0)  # one pixel down, two to the left
    write_stack(tmp_path / "drift.h5", ImageStack(IMAGES, (Channel(1.0), Channel(2.0)), PLAN, LABELS, PHASES, displacement_nm=displacement_nm))
    moved = read_slices(tmp_path / "drift.h5", energy_kev=2.0)[1]
    assert moved is not None
    assert np.array_equal(moved[:2], LABELS[:2])
    assert np.array_equal(moved[2, 1:, :-2], LABELS[2, :-1, 2:])
    still = read_slices(tmp_path / "drift.h5")[1]
    assert still is not None
    assert np.array_equal(still, LABELS)


@pytest.mark.parametrize("name", ["stack.tif", "stack.tiff", "stack.npy"])
def test_files_of_other_programs_need_no_sizes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    np.save(path, IMAGES[0]) if name.endswith("npy") else tifffile.imwrite(path, IMAGES[0], photometric="minisblack")
    images, labels = read_slices(path)
    assert np.array_equal(images, IMAGES[0])
    assert labels is None
    assert np.array_equal(read_solid(path), IMAGES[0] != 0)


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    for number, image in zip((2, 9, 10), IMAGES[0], strict=True):
        Image.fromarray(image).save(tmp_path / f"slice-{number}.png")
    (tmp_path / "notes.txt").write_text("not an image")
    assert np.array_equal(read_slices(tmp_path)[0], IMAGES[0])


def test_a_segmentation_says_where_solid_is(tmp_path: Path) -> None:
    solid = (LABELS > 0).astype(np.uint8)
    write_segmentation(tmp_path / "s.h5", Segmentation(solid, PLAN.positions_nm, PLAN.pixel_size_nm, solid.astype(np.float32)))
    assert np.array_equal(read_solid(tmp_path / "s.h5"), solid == 1)
    with pytest.raises(InputError, match="holds synthfib/segmentation"):
        read_slices(tmp_path / "s.h5")


def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is none"):
        read_slices(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has none"):
        read_slices(tmp_path / "empty")
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    Image.fromarray(IMAGES[0, 0]).save(mixed / "a1.png")
    Image.fromarray(IMAGES[0, 0, :5]).save(mixed / "a2.png")
    with pytest.raises(InputError, match="alike"):
        read_slices(mixed)
    coloured = tmp_path / "coloured"
    coloured.mkdir()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(coloured / "a.png")
    with pytest.raises(InputError, match="grey"):
        read_slices(coloured)
    (coloured / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="cannot be read as an image"):
        read_slices(coloured)
    np.save(tmp_path / "float.npy", IMAGES[0].astype(np.float32))
    with pytest.raises(InputError, match="float32"):
        read_slices(tmp_path / "float.npy")
    with pytest.raises(InputError, match="landing energy"):
        read_slices(tmp_path / "float.npy", energy_kev=2.0)
    np.save(tmp_path / "flat.npy", IMAGES[0, 0])
    with pytest.raises(InputError, match="one channel"):
        read_slices(tmp_path / "flat.npy")


def test_a_stack_without_labels_is_no_truth(tmp_path: Path) -> None:
    write_stack(tmp_path / "bare.h5", ImageStack(IMAGES[:1], (Channel(2.0),), PLAN))
    assert read_slices(tmp_path / "bare.h5")[1] is None
    with pytest.raises(InputError, match="with labels"):
        read_solid(tmp_path / "bare.h5")

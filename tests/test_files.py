"""Volumes and stacks survive their files, and what a file does not tell is asked for."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile

from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.readers import read_stack, read_volume
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack, write_volume
from synthfib.errors import InputError
from synthfib.physics.materials import material

PHASES = (material("epoxy"), material("gold"))


@pytest.fixture
def volume() -> LabelVolume:
    labels = (np.random.default_rng(0).random((5, 6, 7)) < 0.4).astype(np.uint8)
    return LabelVolume(labels, (10.0, 2.5, 3.0), PHASES, Provenance().then("test", {"a": 1}, 3))


@pytest.fixture
def stack() -> ImageStack:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (2, 3, 8, 9), dtype=np.uint8)
    plan = MillingPlan(np.array([0.0, 9.0, 21.5]), (2.5, 3.0), measured_positions_nm={"ruler": np.array([0.0, 9.2, 21.0])})
    labels = rng.integers(0, 2, (3, 8, 9), dtype=np.uint8)
    depth = rng.random((3, 8, 9), dtype=np.float32)
    return ImageStack(images, (Channel(1.0, "in-lens"), Channel(2.0, "in-lens")), plan, labels, PHASES, depth)


@pytest.mark.parametrize("name", ["v.h5", "v.hdf5", "v.tif", "v.npy"])
def test_a_volume_survives_its_file(tmp_path: Path, volume: LabelVolume, name: str) -> None:
    write_volume(tmp_path / name, volume)
    back = read_volume(tmp_path / name)
    assert np.array_equal(back.labels, volume.labels)
    assert back.voxel_size_nm == pytest.approx(volume.voxel_size_nm, rel=1e-5)
    assert back.phases == volume.phases
    assert back.provenance.steps[0] == volume.provenance.steps[0]


def test_a_stack_survives_hdf5_whole(tmp_path: Path, stack: ImageStack) -> None:
    write_stack(tmp_path / "s.h5", stack)
    back = read_stack(tmp_path / "s.h5")
    assert back.labels is not None
    assert back.depth_to_solid_nm is not None
    assert np.array_equal(back.images, stack.images)
    assert np.array_equal(back.labels, stack.labels)  # type: ignore[arg-type]
    assert np.array_equal(back.depth_to_solid_nm, stack.depth_to_solid_nm)  # type: ignore[arg-type]
    assert back.channels == stack.channels
    assert np.array_equal(back.plan.positions_nm, stack.plan.positions_nm)
    assert np.array_equal(back.plan.measured_positions_nm["ruler"], [0.0, 9.2, 21.0])


def test_a_stack_survives_tiff_but_for_its_truth(tmp_path: Path, stack: ImageStack) -> None:
    write_stack(tmp_path / "s.tif", stack)
    back = read_stack(tmp_path / "s.tif")
    assert np.array_equal(back.images, stack.images)
    assert back.channels == stack.channels
    assert np.allclose(back.plan.positions_nm, stack.plan.positions_nm)
    assert back.plan.pixel_size_nm == pytest.approx((2.5, 3.0), rel=1e-5)
    assert back.labels is None


def test_tifffile_reads_the_voxel_size_that_we_wrote(tmp_path: Path, volume: LabelVolume) -> None:
    write_volume(tmp_path / "v.tif", volume)
    with tifffile.TiffFile(tmp_path / "v.tif") as file:
        assert file.imagej_metadata is not None
        assert file.imagej_metadata["unit"] == "nm"
        assert file.imagej_metadata["spacing"] == 10.0
        numerator, denominator = file.pages[0].tags["XResolution"].value  # type: ignore[union-attr]
    assert denominator / numerator == pytest.approx(3.0, rel=1e-5)


def test_equal_content_gives_equal_bytes(tmp_path: Path, stack: ImageStack) -> None:
    write_stack(tmp_path / "a.h5", stack)
    write_stack(tmp_path / "b.h5", stack)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_no_temporary_file_is_left(tmp_path: Path, volume: LabelVolume) -> None:
    write_volume(tmp_path / "v.h5", volume)
    assert [p.name for p in tmp_path.iterdir()] == ["v.h5"]


@pytest.mark.parametrize("name", ["bare.tif", "bare.npy", "bare.h5"])
def test_a_missing_voxel_size_is_asked_for(tmp_path: Path, name: str) -> None:
    labels = np.ones((3, 4, 5), np.uint8)
    if name.endswith("tif"):
        tifffile.imwrite(tmp_path / name, labels, photometric="minisblack")
    elif name.endswith("npy"):
        np.save(tmp_path / name, labels)
    else:
        with h5py.File(tmp_path / name, "w") as file:
            file["data"] = labels
    with pytest.raises(InputError, match="voxel size"):
        read_volume(tmp_path / name, phases=PHASES)
    assert read_volume(tmp_path / name, phases=PHASES, voxel_size_nm=(1, 2, 3)).voxel_size_nm == (1, 2, 3)


def test_a_voxel_size_in_metres_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.ones((3, 4, 5), np.uint8))
    with pytest.raises(InputError, match="nanometres"):
        read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(2.5e-9,) * 3)


def test_micrometre_tags_become_nanometres(tmp_path: Path) -> None:
    labels = np.ones((3, 4, 5), np.uint8)
    tifffile.imwrite(tmp_path / "v.tif", labels, imagej=True, resolution=(100, 200), metadata={"axes": "ZYX", "spacing": 0.05, "unit": "um"})
    assert read_volume(tmp_path / "v.tif", phases=PHASES).voxel_size_nm == pytest.approx((50, 5, 10))


def test_grey_volumes_need_a_threshold(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.arange(60, dtype=np.uint8).reshape(3, 4, 5))
    with pytest.raises(InputError, match="threshold"):
        read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(1, 1, 1))
    volume = read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(1, 1, 1), threshold=29)
    assert volume.solid_fraction == 0.5


def test_black_and_white_means_pore_and_solid(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.array([[[0, 255], [255, 255]]], np.uint8))
    assert read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(1, 1, 1)).solid_fraction == 0.75


def test_unknown_phases_are_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.ones((3, 4, 5), np.uint8))
    with pytest.raises(InputError, match="material"):
        read_volume(tmp_path / "v.npy", voxel_size_nm=(1, 1, 1))


def test_nan_is_refused(tmp_path: Path) -> None:
    images = np.zeros((3, 4, 5), np.float32)
    images[1, 2, 3] = np.nan
    np.save(tmp_path / "s.npy", images)
    with pytest.raises(InputError, match="NaN"):
        read_stack(tmp_path / "s.npy", voxel_size_nm=(10, 2, 2), energies_kev=[2.0])


def test_a_stack_without_energies_asks_for_them(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(InputError, match="energies"):
        read_stack(tmp_path / "s.npy", voxel_size_nm=(10, 2, 2))


@pytest.mark.parametrize("cut", [0, 100, 2000])
def test_a_truncated_file_is_one_sentence(tmp_path: Path, stack: ImageStack, cut: int) -> None:
    write_stack(tmp_path / "s.h5", stack)
    whole = (tmp_path / "s.h5").read_bytes()
    (tmp_path / "s.h5").write_bytes(whole[:cut])
    with pytest.raises(InputError, match=r"truncated|complete"):
        read_stack(tmp_path / "s.h5")


@pytest.mark.parametrize("name", ["none.h5", "none.tif", "none.npy"])
def test_a_missing_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="there is none"):
        read_volume(tmp_path / name)


def test_pickled_arrays_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="NPY"):
        read_volume(tmp_path / "v.npy")


def test_an_unknown_ending_is_refused(tmp_path: Path, volume: LabelVolume) -> None:
    with pytest.raises(InputError, match="must end in"):
        write_volume(tmp_path / "v.jpg", volume)


def test_a_volume_is_not_a_stack(tmp_path: Path, volume: LabelVolume, stack: ImageStack) -> None:
    write_volume(tmp_path / "v.h5", volume)
    write_stack(tmp_path / "s.h5", stack)
    with pytest.raises(InputError, match="image stack is required"):
        read_stack(tmp_path / "v.h5")
    with pytest.raises(InputError, match="labelled volume is required"):
        read_volume(tmp_path / "s.h5")


def test_a_volume_that_is_no_label_volume_leaves_the_old_file(tmp_path: Path, volume: LabelVolume) -> None:
    write_volume(tmp_path / "v.h5", volume)
    before = (tmp_path / "v.h5").read_bytes()
    with pytest.raises(AttributeError):
        write_volume(tmp_path / "v.h5", None)  # type: ignore[arg-type]
    assert (tmp_path / "v.h5").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1

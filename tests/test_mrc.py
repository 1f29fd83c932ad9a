"""MRC files: angstrom in the header, nanometres here; equal volumes give equal bytes."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from synthfib.data.readers import read_volume
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_volume
from synthfib.errors import InputError, MissingDependencyError
from synthfib.physics.materials import material

mrcfile = pytest.importorskip("mrcfile")
PHASES = (material("epoxy"), material("gold"))


@pytest.fixture
def volume() -> LabelVolume:
    labels = (np.random.default_rng(0).random((5, 6, 7)) < 0.4).astype(np.uint8)
    return LabelVolume(labels, (10.0, 2.5, 3.0), PHASES)


def write_foreign(path: Path, pixels: np.ndarray, xyz_angstrom: tuple[float, float, float], axes: tuple[int, int, int] = (1, 2, 3)) -> None:
    with mrcfile.new(path) as file:
        file.set_data(pixels)
        file.header.mapc, file.header.mapr, file.header.maps = axes
        for stored, axis in enumerate(axes):  # columns, rows, sections are the last, middle and first axis of the array
            file.header["m" + "xyz"[axis - 1]] = pixels.shape[2 - stored]
        file.voxel_size = xyz_angstrom


def test_a_volume_survives_its_file(tmp_path: Path, volume: LabelVolume) -> None:
    write_volume(tmp_path / "v.mrc", volume)
    back = read_volume(tmp_path / "v.mrc", phases=PHASES)
    assert np.array_equal(back.labels, volume.labels)
    assert back.voxel_size_nm == pytest.approx(volume.voxel_size_nm, rel=1e-6)


def test_the_header_holds_angstrom(tmp_path: Path, volume: LabelVolume) -> None:
    write_volume(tmp_path / "v.mrc", volume)
    assert mrcfile.validate(tmp_path / "v.mrc")
    with mrcfile.open(tmp_path / "v.mrc") as file:
        assert file.voxel_size.tolist() == pytest.approx((30.0, 25.0, 100.0))
        assert file.data.dtype == np.int8


def test_equal_volumes_give_equal_bytes(tmp_path: Path, volume: LabelVolume, monkeypatch: pytest.MonkeyPatch) -> None:
    write_volume(tmp_path / "a.mrc", volume)
    monkeypatch.setattr(time, "strftime", lambda *_: "2001-01-01 00:00:00")
    write_volume(tmp_path / "b.mrc", volume)
    assert (tmp_path / "a.mrc").read_bytes() == (tmp_path / "b.mrc").read_bytes()
    assert b"mrcfile" not in (tmp_path / "a.mrc").read_bytes()


def test_a_grey_volume_is_thresholded(tmp_path: Path) -> None:
    pixels = np.linspace(0, 1, 60, dtype=np.float32).reshape(3, 4, 5)
    write_foreign(tmp_path / "v.mrc", pixels, (20.0, 30.0, 400.0))
    volume = read_volume(tmp_path / "v.mrc", phases=PHASES, threshold="kmeans")
    assert volume.voxel_size_nm == pytest.approx((40.0, 3.0, 2.0))
    assert volume.solid_fraction == 0.5


def test_axes_stored_in_another_order_come_out_as_zyx(tmp_path: Path) -> None:
    labels = (np.random.default_rng(0).random((3, 4, 5)) < 0.4).astype(np.int8)
    write_foreign(tmp_path / "v.mrc", labels.transpose(1, 2, 0), (20.0, 30.0, 400.0), axes=(3, 1, 2))
    volume = read_volume(tmp_path / "v.mrc", phases=PHASES)
    assert np.array_equal(volume.labels, labels)
    assert volume.voxel_size_nm == pytest.approx((40.0, 3.0, 2.0))


def test_a_missing_voxel_size_is_asked_for(tmp_path: Path) -> None:
    write_foreign(tmp_path / "v.mrc", np.ones((3, 4, 5), np.int8), (0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="voxel size"):
        read_volume(tmp_path / "v.mrc", phases=PHASES)
    assert read_volume(tmp_path / "v.mrc", phases=PHASES, voxel_size_nm=(1, 2, 3)).voxel_size_nm == (1, 2, 3)


@pytest.mark.parametrize("cut", [0, 500, 1024, 1100])
def test_a_truncated_file_is_one_sentence(tmp_path: Path, volume: LabelVolume, cut: int) -> None:
    write_volume(tmp_path / "v.mrc", volume)
    (tmp_path / "v.mrc").write_bytes((tmp_path / "v.mrc").read_bytes()[:cut])
    with pytest.raises(InputError, match="cannot be read as MRC"):
        read_volume(tmp_path / "v.mrc", phases=PHASES)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is none"):
        read_volume(tmp_path / "none.mrc", phases=PHASES)


def test_labels_beyond_a_signed_byte_are_refused(tmp_path: Path) -> None:
    many = LabelVolume(np.full((2, 2, 2), 128, np.uint8), (1, 1, 1), PHASES[:1] * 129)
    with pytest.raises(InputError, match="up to 127, got 128"):
        write_volume(tmp_path / "v.mrc", many)
    assert not list(tmp_path.iterdir())


def test_without_mrcfile_the_extra_is_named(tmp_path: Path, volume: LabelVolume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mrcfile", None)
    with pytest.raises(MissingDependencyError, match=r"synthfib\[mrc\]"):
        write_volume(tmp_path / "v.mrc", volume)

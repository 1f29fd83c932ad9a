"""Segmented faces of every kind of file, read range by range."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from synthfib.data.face_files import open_faces
from synthfib.data.milling import MillingPlan
from synthfib.data.segmentation_file import Segmentation, read_segmentation, write_segmentation
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack, write_volume
from synthfib.errors import InputError
from synthfib.physics.materials import material

SOLID = np.random.default_rng(1).random((5, 6, 7)) < 0.4
PHASES = (material("epoxy"), material("gold"))
PLAN = MillingPlan(
    np.array([0.0, 9.0, 21.0, 30.0, 44.0]),
    (2.0, 3.0),
    measured_positions_nm={"nominal": np.array([0.0, 10.0, 20.0, 30.0, 40.0]), "ruler": np.array([0.0, 9.2, 20.5, 30.1, 44.4])},
)


def stack(labels: np.ndarray | None) -> ImageStack:
    return ImageStack(SOLID[None].astype(np.uint8), (Channel(2.0),), PLAN, labels=labels, phases=PHASES if labels is not None else ())


def test_a_segmentation_keeps_the_measured_positions(tmp_path: Path) -> None:
    path = tmp_path / "segmentation.h5"
    write_segmentation(path, Segmentation.of(SOLID.astype(np.float32), stack(None), model="none", description={}))
    assert set(read_segmentation(path).measured_positions_nm) == {"nominal", "ruler"}
    with open_faces(path) as found:
        assert np.array_equal(found.faces[1:3] != 0, SOLID[1:3])
        assert found.pixel_size_nm == (2.0, 3.0)
        assert set(found.positions_nm) == {"true", "nominal", "ruler"}
        assert np.array_equal(found.positions_nm["ruler"], PLAN.measured_positions_nm["ruler"])


def test_a_stack_with_labels_tells_its_phases(tmp_path: Path) -> None:
    write_stack(tmp_path / "stack.h5", stack(SOLID.astype(np.uint8)))
    with open_faces(tmp_path / "stack.h5") as found:
        assert np.array_equal(found.faces[:] != 0, SOLID)
        assert found.phases == PHASES
        assert np.array_equal(found.positions_nm["true"], PLAN.positions_nm)


@pytest.mark.parametrize("name", ["faces.tif", "packed.tif", "faces.npy", "folder", "foreign.h5"])
def test_faces_of_other_programs(tmp_path: Path, name: str) -> None:
    path, grey = tmp_path / name, SOLID.astype(np.uint8) * 255
    if name == "faces.tif":
        tifffile.imwrite(path, grey, imagej=True)
    elif name == "packed.tif":
        tifffile.imwrite(path, grey, compression="zlib")
    elif name == "faces.npy":
        np.save(path, SOLID)
    elif name == "foreign.h5":
        with h5py.File(path, "w") as file:
            file["exported"] = grey
    else:
        path.mkdir()
        for index, face in enumerate(grey):
            Image.fromarray(face).save(path / f"slice-{8 + index}.png")
    with open_faces(path, voxel_size_nm=(10, 2.0, 3.0)) as found:
        assert tuple(found.faces.shape) == SOLID.shape
        assert np.array_equal(np.asarray(found.faces[2:4]) != 0, SOLID[2:4])
        assert found.positions_nm["nominal"].tolist() == [0, 10, 20, 30, 40]
        assert found.pixel_size_nm == (2.0, 3.0)
    with pytest.raises(InputError, match="voxel size"), open_faces(path):
        pass


def test_pixels_of_a_tiff_stay_on_disk(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "faces.tif", SOLID.astype(np.uint8), imagej=True)
    with open_faces(tmp_path / "faces.tif", voxel_size_nm=(10, 2, 2)) as found:
        assert isinstance(found.faces, np.memmap)


def test_a_tiff_of_segment_brings_its_positions(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "s.tif", Segmentation.of(SOLID.astype(np.float32), stack(None), model="none", description={}))
    with open_faces(tmp_path / "s.tif") as found:
        assert np.array_equal(found.positions_nm["true"], PLAN.positions_nm)


@pytest.mark.parametrize(
    ("faces", "words"),
    [
        (np.zeros((3, 4, 4), np.uint8), "all of .* is pore"),
        (np.ones((3, 4, 4), np.uint8), "all of .* is solid"),
        (np.arange(75, dtype=np.uint8).reshape(3, 5, 5), "grey values"),
        (SOLID.astype(np.float32), "grey values"),
        (SOLID[0], "slice, y, x"),
    ],
)
def test_what_is_no_segmentation_is_one_sentence(tmp_path: Path, faces: np.ndarray, words: str) -> None:
    big = np.tile(faces, (1,) * (faces.ndim - 2) + (2, 2))
    np.save(tmp_path / "faces.npy", big)
    with pytest.raises(InputError, match=words), open_faces(tmp_path / "faces.npy", voxel_size_nm=(10, 2, 2)):
        pass


def test_other_files_of_synthfib_are_one_sentence(tmp_path: Path) -> None:
    write_stack(tmp_path / "stack.h5", stack(None))
    with pytest.raises(InputError, match="segment it first"), open_faces(tmp_path / "stack.h5"):
        pass
    write_volume(tmp_path / "volume.h5", LabelVolume(SOLID.astype(np.uint8), (2.5, 2.5, 2.5), PHASES))
    with pytest.raises(InputError, match="holds synthfib/label-volume"), open_faces(tmp_path / "volume.h5"):
        pass
    with pytest.raises(InputError, match="there is none"), open_faces(tmp_path / "missing.h5"):
        pass

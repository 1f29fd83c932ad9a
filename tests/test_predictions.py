"""Predictions made elsewhere get the scores of a benchmark, whatever their format, and what cannot be scored is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from synthfib.benchmark.leaderboard import structure_table
from synthfib.benchmark.predictions import read_prediction, score_predictions
from synthfib.benchmark.run import Task
from synthfib.data.nifti import write_nifti
from synthfib.data.provenance import SEAL, Provenance
from synthfib.data.segmentation_file import Segmentation, write_segmentation
from synthfib.data.tiff import write_tiff
from synthfib.errors import InputError
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.testing.segmenters import StacksInMemory, porous_corpus

SHAPE = (5, 24, 28)
Write = Callable[[Path, NDArray[Any]], None]


def _segmentation(path: Path, mask: NDArray[Any]) -> None:
    stack = porous_corpus(shape=SHAPE).read("test-000")
    write_segmentation(path, Segmentation.of(mask.astype(np.float32), stack, model="mine", description={}))


def _hdf5(path: Path, mask: NDArray[Any]) -> None:
    with h5py.File(path, "w") as file:
        file["anything"] = mask


FORMATS: dict[str, tuple[str, Write]] = {
    "HDF5 of synthfib": (".h5", _segmentation),
    "HDF5 of another program": (".h5", _hdf5),
    "TIFF of 0 and 255": (".tif", lambda path, mask: write_tiff(path, mask * np.uint8(255), (10.0, 2.5, 2.5), {})),
    "NPY of booleans": (".npy", lambda path, mask: np.save(path, mask.astype(np.bool_))),
    "NPY of probabilities": (".npy", lambda path, mask: np.save(path, np.where(mask, 0.9, 0.2).astype(np.float32))),
    "NIfTI": (".nii.gz", lambda path, mask: write_nifti(path, mask, (10.0, 2.5, 2.5))),
}


@pytest.fixture
def task() -> Task:
    return Task(porous_corpus(shape=SHAPE))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gets_the_scores_of_its_mask(task: Task, tmp_path: Path, name: str) -> None:
    ending, write = FORMATS[name]
    masks = {volume: np.random.default_rng(index).integers(0, 2, SHAPE).astype(np.uint8) for index, volume in enumerate(task.names())}
    for volume, mask in masks.items():
        write(tmp_path / f"{volume}{ending}", mask)
    found = score_predictions(task, tmp_path)
    confusions = [Confusion.of(mask, task.corpus.read(volume).labels) for volume, mask in masks.items()]  # type: ignore[arg-type]
    assert [entry["scores"] for entry in found["volumes"]] == [scores(confusion) for confusion in confusions]
    assert found["pooled"] == scores(confusions[0] + confusions[1])
    assert found["corpus"]["digest"] == task.corpus.digest


def test_isotropy_of_predictions_is_scored_beside_that_of_the_truth(tmp_path: Path) -> None:
    """The truth given back is as isotropic as the truth; smeared along x it is less so."""
    task = Task(porous_corpus(shape=(24, 48, 48)))
    names = task.names()
    for name, smear in zip(names, (0, 6), strict=True):
        solid = task.corpus.read(name).labels
        assert solid is not None
        np.save(tmp_path / f"{name}.npy", ndimage.maximum_filter1d((solid != 0).astype(np.uint8), 1 + smear, axis=2))
    found = score_predictions(task, tmp_path)
    same, smeared = (volume["structure"] for volume in found["volumes"])
    assert same["isotropy_tpcf"] == same["truth_isotropy_tpcf"]
    assert smeared["isotropy_tpcf"] > 1.5 * smeared["truth_isotropy_tpcf"]
    assert all(name in structure_table(found) for name in (*names, "tpcf", f"{same['isotropy_tpcf']:.3f}"))


def test_volumes_too_small_for_isotropy_have_no_table_of_it(task: Task, tmp_path: Path) -> None:
    for name in task.names():
        np.save(tmp_path / f"{name}.npy", np.zeros(SHAPE, np.uint8))
    assert structure_table(score_predictions(task, tmp_path)) == ""


def test_a_missing_volume_is_named(task: Task, tmp_path: Path) -> None:
    np.save(tmp_path / "test-000.npy", np.zeros(SHAPE, np.uint8))
    with pytest.raises(InputError, match=r"test-001 is missing .* expected is one file per volume"):
        score_predictions(task, tmp_path)


def test_two_files_of_one_volume_are_refused(task: Task, tmp_path: Path) -> None:
    for name in ("test-000.npy", "test-001.npy"):
        np.save(tmp_path / name, np.zeros(SHAPE, np.uint8))
    _hdf5(tmp_path / "test-000.h5", np.zeros(SHAPE, np.uint8))
    with pytest.raises(InputError, match=r"test-000\.h5 and test-000\.npy"):
        score_predictions(task, tmp_path)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.zeros((5, 24, 27), np.uint8), r"must have the shape \(5, 24, 28\).* got \(5, 24, 27\)"),
        (np.full(SHAPE, 1.5), "probabilities from 0 to 1"),
        (np.full(SHAPE, np.nan), "NaN"),
        (np.arange(np.prod(SHAPE)).reshape(SHAPE) % 4, "one other number for solid"),
        (np.zeros(SHAPE, np.complex64), "values of type complex64"),
    ],
)
def test_what_is_no_prediction_is_refused(tmp_path: Path, values: NDArray[Any], says: str) -> None:
    np.save(tmp_path / "test-000.npy", values)
    with pytest.raises(InputError, match=says):
        read_prediction(tmp_path / "test-000.npy", SHAPE)


@pytest.mark.parametrize("name", ["test-000.npy", "test-000.h5", "test-000.tif", "test-000.nii.gz"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x93NUMPY, but not much more")
    with pytest.raises(InputError, match="cannot be read"):
        read_prediction(tmp_path / name, SHAPE)


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "test-000.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="cannot be read as NPY"):
        read_prediction(tmp_path / "test-000.npy", SHAPE)


def test_a_sealed_truth_is_a_sentence(tmp_path: Path) -> None:
    stack = porous_corpus(shape=SHAPE).read("test-000")
    sealed = replace(stack, labels=None, phases=(), provenance=Provenance().then(SEAL, {"withheld_sha256": {}}))
    np.save(tmp_path / "test-000.npy", np.zeros(SHAPE, np.uint8))
    with pytest.raises(InputError, match="'test-000' is sealed"):
        score_predictions(Task(StacksInMemory({"test-000": sealed})), tmp_path)


def test_no_folder_says_what_is_expected(task: Task, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.nii\.gz"):
        score_predictions(task, tmp_path / "nothing")

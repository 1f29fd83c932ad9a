"""Score segmentations that were made elsewhere, with the same metrics as a benchmark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib._version import __version__
from synthfib.benchmark.run import Task, labelled, pooled_scores, volume_scores
from synthfib.data import hdf5
from synthfib.data.nifti import read_nifti
from synthfib.data.raw import read_hdf5, read_npy
from synthfib.data.segmentation_file import SEGMENTATION_KIND
from synthfib.data.tiff import read_tiff
from synthfib.data.untrusted import check_plain_file
from synthfib.errors import InputError

FORMAT = "synthfib/evaluation@1"
EXPECTED = (
    "one file per volume, named like the volume and ending in .h5, .tif, .npy or .nii.gz, with one array (slice, y, x) of the shape of its images "
    "(x, y, slice in NIfTI) that holds 0 for pore and one other number for solid, or probabilities of solid from 0 to 1"
)


def score_predictions(corpus: Task, folder: Path, *, on_progress: Callable[[float, str], None] | None = None) -> dict[str, Any]:
    """Compare the predictions in a folder with the truth of a split.

    Every volume of the split must be there, so that nobody scores on the easy ones alone.

    Parameters
    ----------
    corpus : Task
        Corpus and split.
    folder : Path
        Predictions, see `EXPECTED`.
    on_progress : callable, optional
        Told the share of the work done, and what is going on.

    Returns
    -------
    dict
        ``corpus``, ``predictions``, ``volumes`` (``volume``, ``file`` and `synthfib.benchmark.run.volume_scores`) and ``pooled``, as plain
        JSON types.

    Raises
    ------
    InputError
        If a prediction is missing, doubled, or not what is expected, or the truth is missing or sealed.
    """
    names = corpus.names()
    files = find_predictions(folder, names)
    for name in names:
        labelled(corpus.corpus, name)
    volumes = []
    for done, (name, file) in enumerate(files.items()):
        if on_progress is not None:
            on_progress(done / len(files), name)
        stack = labelled(corpus.corpus, name)
        volumes.append({"volume": name, "file": file.name, **volume_scores(read_prediction(file, stack.shape[1:]), stack)})
    document = {"schema": FORMAT, "synthfib": __version__, "corpus": corpus.to_dict()["corpus"], "predictions": str(folder)}
    return {**document, "volumes": volumes, "pooled": pooled_scores(volumes)}


def find_predictions(folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
    """Return the file of every volume.

    Raises
    ------
    InputError
        If there is no such folder, or a volume has no file or more than one.
    """
    if not folder.is_dir():
        raise InputError(f"Predictions are a folder with {EXPECTED}; there is no folder {str(folder)!r}.")
    found = {name: [folder / f"{name}{ending}" for ending in _READERS if (folder / f"{name}{ending}").exists()] for name in names}
    missing = [name for name, files in found.items() if not files]
    if missing:
        which = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing in {folder}"
        raise InputError(f"All {len(names)} volumes must be predicted, {which}; expected is {EXPECTED}.")
    doubled = next((files for files in found.values() if len(files) > 1), None)
    if doubled:
        raise InputError(f"One prediction per volume is required, got {' and '.join(file.name for file in doubled)}; remove one.")
    return {name: files[0] for name, files in found.items()}


def read_prediction(path: Path, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return a prediction, zeros and ones or probabilities.

    Raises
    ------
    InputError
        If the file is damaged, has another shape, or holds anything else.
    """
    check_plain_file(path)
    array = next(reader for ending, reader in _READERS.items() if path.name.endswith(ending))(path)
    if array.shape != shape:
        raise InputError(f"The prediction {path.name} must have the shape {shape} (slice, y, x) of its images, got {array.shape}.")
    if array.dtype.kind == "f":
        if not bool(np.all((array >= 0) & (array <= 1))):
            raise InputError(f"The prediction {path.name} must hold probabilities from 0 to 1, got other values or NaN.")
        return array
    values: NDArray[Any] = np.unique(array[array != 0]) if array.dtype.kind in "bui" else np.empty(0)
    if array.dtype.kind not in "bui" or len(values) > 1:
        what = f"{', '.join(map(str, values[:4]))} for solid" if len(values) else f"values of type {array.dtype}"
        raise InputError(f"The prediction {path.name} must hold 0 for pore and one other number for solid, got {what}; give probabilities as floats.")
    return np.asarray(array != 0, np.bool_)


def _hdf5(path: Path) -> NDArray[Any]:
    with hdf5.open_for_reading(path) as file:
        if hdf5.kind_of(file) == SEGMENTATION_KIND:
            return np.asarray(file["probability"])
    return read_hdf5(path).pixels


_READERS: Mapping[str, Callable[[Path], NDArray[Any]]] = {
    ".h5": _hdf5,
    ".tif": lambda path: read_tiff(path).pixels,
    ".npy": lambda path: read_npy(path).pixels,
    ".nii.gz": read_nifti,
}

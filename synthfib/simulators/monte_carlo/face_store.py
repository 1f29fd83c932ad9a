"""Faces kept on disk as they are finished, so that hours of work survive an interruption."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthfib.data.atomic import atomic_path

#: Sums of one face: signal, squares and truth, float32 ``(y, x, .)`` each.
FaceSums: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


class FaceStore:
    """A folder with one file per finished face and energy.

    Parameters
    ----------
    folder : pathlib.Path
        Where faces are kept; made if it does not exist.
    key : str
        What the work is; faces of other work in the same folder are never taken for its own.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self._prefix = hashlib.sha256(key.encode()).hexdigest()[:16]

    def load(self, energy: int, face: int) -> FaceSums | None:
        """Return a face that an earlier run finished, or None; a damaged file counts as none."""
        try:
            with np.load(self._path(energy, face), allow_pickle=False) as file:
                return file["signal"], file["squares"], file["truth"]
        except (OSError, ValueError, KeyError, EOFError):
            return None

    def save(self, energy: int, face: int, sums: FaceSums) -> None:
        """Keep a face, complete or not at all."""
        self.folder.mkdir(exist_ok=True)
        signal, squares, truth = sums
        with atomic_path(self._path(energy, face)) as temporary, temporary.open("wb") as file:
            np.savez(file, signal=signal, squares=squares, truth=truth)

    def _path(self, energy: int, face: int) -> Path:
        return self.folder / f"{self._prefix}-{energy:02d}-{face:05d}.npz"

"""Figures of a finished corpus, measured on what is on disk: slice thickness, porosity, sizes of ligaments and pores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthfib.corpus.manifest import VolumeEntry
from synthfib.data.hdf5 import open_for_reading, read_outline
from synthfib.evaluation.lineal_path import run_lengths

# Enough for two digits; more would take longer than it tells.
_VOLUMES_PER_MATERIAL = 3
_FACES_PER_VOLUME = 16


@dataclass(frozen=True, slots=True, eq=False)
class Chords:
    """Straight runs of one phase in the plane of the faces, along x and y; runs that an edge cuts count as they are.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Number of runs of each length, 0 to n - 1 pixels.
    pixel_size_nm : float
        Edge of a pixel in nm.
    """

    counts: NDArray[np.int64]
    pixel_size_nm: float

    @property
    def lengths_nm(self) -> NDArray[np.float64]:
        """Length of each run that is counted."""
        return np.asarray(np.arange(self.counts.size) * self.pixel_size_nm, np.float64)

    @property
    def mean_nm(self) -> float:
        """Mean length; 0 without runs."""
        return float(self.counts @ self.lengths_nm) / max(1, int(self.counts.sum()))

    @property
    def diameter_nm(self) -> float:
        """Area under the lineal-path function over its start: half the length-weighted mean; 0 without runs."""
        total = float(self.counts @ self.lengths_nm)
        return float(self.counts @ self.lengths_nm**2) / (2 * total) if total else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class CorpusStatistics:
    """What was measured on a corpus.

    Parameters
    ----------
    thickness_nm : ndarray of float64, shape (n,)
        True thickness of every slice of every volume whose truth is public.
    solid, pore : mapping of str to Chords
        By name of the material.
    """

    thickness_nm: NDArray[np.float64]
    solid: Mapping[str, Chords]
    pore: Mapping[str, Chords]


def measure(volumes: Sequence[VolumeEntry], folder: Path) -> CorpusStatistics:
    """Return the figures of a corpus: thicknesses of all volumes, chords of a few volumes of each material.

    Raises
    ------
    InputError
        If a volume is missing or damaged.
    """
    solid: dict[str, Chords] = {}
    pore: dict[str, Chords] = {}
    public = [volume for volume in volumes if volume.solid_fraction is not None]
    for material in dict.fromkeys(volume.material for volume in public):
        own = [volume for volume in public if volume.material == material]
        faces = [_some_labels(folder / volume.file) for volume in first_of_each_structure(own)[:_VOLUMES_PER_MATERIAL]]
        pixel_nm = faces[0][1]
        solid[material] = Chords(_count([labels > 0 for labels, _ in faces]), pixel_nm)
        pore[material] = Chords(_count([labels == 0 for labels, _ in faces]), pixel_nm)
    return CorpusStatistics(np.concatenate([np.empty(0), *(_thickness_nm(folder / volume.file) for volume in public)]), solid, pore)


def first_of_each_structure(volumes: Sequence[VolumeEntry]) -> list[VolumeEntry]:
    """Return one volume of each structure."""
    first = {volume.structure: volume for volume in reversed(volumes)}
    return [volume for volume in volumes if first[volume.structure] is volume]


def _thickness_nm(path: Path) -> NDArray[np.float64]:
    with open_for_reading(path) as file:
        return read_outline(file).plan.thickness_nm


def _some_labels(path: Path) -> tuple[NDArray[np.uint8], float]:
    """Return labels of faces spread over a volume, and the size of a pixel."""
    with open_for_reading(path) as file:
        step = -(-file["labels"].shape[0] // _FACES_PER_VOLUME)
        return np.asarray(file["labels"][::step]), float(read_outline(file).plan.pixel_size_nm[1])


def _count(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.int64]:
    runs = [run_lengths(mask, axis) for mask in masks for axis in (1, 2)]
    counts = np.zeros(max(run.size for run in runs), np.int64)
    for run in runs:
        counts[: run.size] += run
    return counts

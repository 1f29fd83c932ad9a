"""Cut a field at the level that leaves exactly as many voxels as wanted, without ever holding the field."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthfib.generators.progress import OnProgress, part
from synthfib.generators.wave_field import WaveField

# Up to this many voxels all are candidates for the level; beyond, a sample brackets it first.
_ALL_CANDIDATES = 2**22
# Voxels per sampled one, and the most samples: few enough to cost little, many enough to leave few candidates.
_VOXELS_PER_SAMPLE, _MOST_SAMPLES = 1000, 100_000
_BRACKET_SIGMA = 5.0
_SLAB_VOXELS = 2**24


def cut_exactly(field: NDArray[np.float32], n_solid: int, *, within: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Return the mask of the `n_solid` voxels where the field is highest, exactly that many.

    Voxels with the very value of the level are taken in array order.

    Parameters
    ----------
    field : ndarray of float32, any shape
        The field.
    n_solid : int
        How many voxels to take.
    within : ndarray of bool, same shape, optional
        Take only voxels of this mask, which must have at least `n_solid`.
    """
    values = field.ravel() if within is None else field[within]
    solid = np.zeros(field.shape, bool)
    if n_solid == 0:
        return solid
    level = np.partition(values, values.size - n_solid)[values.size - n_solid]
    chosen: NDArray[np.bool_] = values > level
    ties = np.flatnonzero(values == level)
    chosen[ties[: n_solid - np.count_nonzero(chosen)]] = True
    if within is None:
        return chosen.reshape(field.shape)
    solid[within] = chosen
    return solid


def cut_in_slabs(
    field: WaveField,
    labels: NDArray[np.uint8],
    n_solid: int,
    voxel_size_nm: tuple[float, float, float],
    *,
    on_progress: OnProgress | None = None,
) -> None:
    """Leave 1 in `labels` at the `n_solid` voxels, among those that hold 1, where `field` is highest; 0 elsewhere.

    The result is that of `cut_exactly`. The field is made slab by slab and forgotten: voxels surely above the level are marked, those
    near it are remembered with their values and sorted out at the end. A sample of the field says what near means; should it
    mislead, the bracket is widened and the work done again.

    Parameters
    ----------
    field : WaveField
        The field.
    labels : ndarray of uint8, shape (z, y, x)
        1 where solid is allowed, else 0; changed in place.
    n_solid : int
        How many voxels to leave, at most as many as hold 1.
    voxel_size_nm : tuple of float
        Edge lengths ``(z, y, x)`` in nm.
    on_progress : callable, optional
        Called with the share of the work done.
    """
    low, high = _bracket(field, labels, n_solid, voxel_size_nm)
    while True:
        above, indices, values = _sort_into_bracket(field, labels, (low, high), voxel_size_nm, on_progress)
        if above <= n_solid <= above + values.size:
            break
        low, high = low - (high - low) - 1e-3, high + (high - low) + 1e-3
    labels >>= 1
    labels.ravel()[indices[cut_exactly(values, n_solid - above)]] = 1


def _bracket(field: WaveField, labels: NDArray[np.uint8], n_solid: int, voxel_size_nm: tuple[float, float, float]) -> tuple[float, float]:
    """Two values that enclose the level all but surely."""
    if labels.size <= _ALL_CANDIDATES:
        return -math.inf, math.inf
    # Any sample will do: the cut does not depend on it.
    indices = np.random.default_rng(0).integers(labels.size, size=min(labels.size // _VOXELS_PER_SAMPLE, _MOST_SAMPLES))
    indices = indices[labels.ravel()[indices] == 1]
    centres_nm = (np.column_stack(np.unravel_index(indices, labels.shape)) + 0.5) * np.asarray(voxel_size_nm, np.float64)
    share = n_solid / np.count_nonzero(labels)
    error = _BRACKET_SIGMA * math.sqrt(share * (1 - share) / indices.size) + 1e-4
    quantiles = np.clip([1 - share - error, 1 - share + error], 0, 1)
    low, high = np.quantile(field.at(centres_nm), quantiles)
    return float(low), float(high)


def _sort_into_bracket(
    field: WaveField,
    labels: NDArray[np.uint8],
    bracket: tuple[float, float],
    voxel_size_nm: tuple[float, float, float],
    on_progress: OnProgress | None,
) -> tuple[int, NDArray[np.int64], NDArray[np.float32]]:
    """Add 2 to the labels above the bracket; return their number, and index and value of the voxels inside it."""
    above, indices, values = 0, [], []
    for start, stop in _slabs(labels.shape):
        slab = labels[start:stop]
        slab &= 1
        this_slab = part(on_progress, start / labels.shape[0], stop / labels.shape[0])
        block = field.block((start, 0, 0), slab.shape, voxel_size_nm, on_progress=this_slab)
        solid = slab == 1
        higher = solid & (block > bracket[1])
        inside = np.flatnonzero(solid & ~higher & (block >= bracket[0]))
        above += int(np.count_nonzero(higher))
        indices.append(inside + start * labels[0].size)
        values.append(block.ravel()[inside])
        slab |= higher.astype(np.uint8) << 1
    return above, np.concatenate(indices), np.concatenate(values)


def _slabs(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Start and stop of runs of planes, a few tiles thick."""
    thickness = max(8, _SLAB_VOXELS // (shape[1] * shape[2]) // 8 * 8)
    for start in range(0, shape[0], thickness):
        yield start, min(start + thickness, shape[0])

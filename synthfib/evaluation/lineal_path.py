"""Straight runs of solid: the lineal-path function, and ligament diameters from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.evaluation._line_kernels import count_runs, packed_lines
from synthfib.evaluation.correlation import Curve


def run_lengths(solid: ArrayLike, axis: int) -> NDArray[np.int64]:
    """Count the straight runs of solid voxels along an axis by their length.

    A run ends at a pore or at a face of the block.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans or labels; whatever is not 0 is solid.
    axis : int
        0, 1 or 2 for z, y or x.

    Returns
    -------
    ndarray of int64, shape (n + 1,)
        Number of runs of each length in voxels, 0 to the n voxels of the axis.

    Raises
    ------
    InputError
        If the block is not 3-D.
    """
    mask = np.asarray(solid).astype(np.bool_)
    if mask.ndim != 3 or mask.size == 0:
        raise InputError(f"Runs of solid need a block of voxels (z, y, x), got an array of shape {mask.shape}.")
    return np.asarray(count_runs(packed_lines(mask, axis)), np.int64)


def lineal_path_along(solid: ArrayLike, axis: int, voxel_size_nm: Sequence[float]) -> Curve:
    r"""Return the lineal-path function along one axis: how likely a straight segment lies in the solid with all its length.

    .. math:: L(r) = \frac{\sum_l h(l)\, \max(l - r, 0)}{N (n - r)}, \qquad L(0) = \phi

    with h(l) the number of runs of l voxels among N lines of n voxels; a segment of r steps covers r + 1 voxels.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans or labels; whatever is not 0 is solid.
    axis : int
        0, 1 or 2 for z, y or x.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm.

    Raises
    ------
    InputError
        If the block is not 3-D or the sizes cannot be nm.

    References
    ----------
    S. Torquato, Random Heterogeneous Materials (2002), doi 10.1007/978-1-4757-6355-3.
    """
    runs = run_lengths(solid, axis)
    n = runs.size - 1
    lines = np.asarray(solid).size // n
    longer = np.cumsum(runs[::-1])[::-1]  # runs of at least l voxels
    inside = np.cumsum(longer[:0:-1])[::-1]  # sum over l > r of h(l) (l - r), for r = 0 .. n - 1
    segments = lines * (n - np.arange(n))
    distances_nm = np.arange(n, dtype=np.float64) * check_voxel_size_nm(voxel_size_nm)[axis]
    return Curve(distances_nm, np.asarray(inside / segments, np.float64), segments.astype(np.int64))


def mean_chord_nm(solid: ArrayLike, axis: int, voxel_size_nm: Sequence[float]) -> float:
    """Return the mean length of the runs of solid along an axis in nm; 0 where there is no solid.

    In an isotropic structure it is ``4 V/S``. Runs cut by a face of the block count as they are.
    """
    runs = run_lengths(solid, axis)
    total = int(runs.sum())
    return float(runs @ np.arange(runs.size)) / total * check_voxel_size_nm(voxel_size_nm)[axis] if total else 0.0


def lineal_path_diameter_nm(solid: ArrayLike, axis: int, voxel_size_nm: Sequence[float]) -> float:
    r"""Return the area under the lineal-path function over its start, in nm; 0 where there is no solid.

    .. math:: D = \frac{1}{L(0)} \int_0^\infty L(r)\,dr = \frac{\sum_l h(l)\, l^2}{2 \sum_l h(l)\, l}

    half the length-weighted mean chord. The publications take ligament diameters "from the underlying area" of lineal-path functions
    without a formula; this is the reading that fits the words.
    """
    runs = run_lengths(solid, axis)
    lengths = np.arange(runs.size)
    solid_voxels = float(runs @ lengths)
    return float(runs @ lengths**2) / (2 * solid_voxels) * check_voxel_size_nm(voxel_size_nm)[axis] if solid_voxels else 0.0

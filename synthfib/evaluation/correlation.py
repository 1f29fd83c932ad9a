"""Two-point correlation of the solid: how likely both ends of a line of given length lie in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import next_fast_len

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.evaluation._line_kernels import count_pairs, packed_lines


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A probability as a function of distance.

    Parameters
    ----------
    distances_nm : ndarray of float64, shape (distance,)
        Distances in nm, increasing from 0.
    values : ndarray of float64, shape (distance,)
        Probability at each distance.
    pairs : ndarray of int64, shape (distance,)
        How many placements (pairs of voxels, segments) each value is the mean of.
    """

    distances_nm: NDArray[np.float64]
    values: NDArray[np.float64]
    pairs: NDArray[np.int64]


def correlation_along(
    solid: ArrayLike, axis: int, voxel_size_nm: Sequence[float], *, max_distance_nm: float | None = None, periodic: bool = False
) -> Curve:
    r"""Return the two-point correlation of the solid along one axis.

    .. math:: S_2(r) = \langle b(\mathbf x)\, b(\mathbf x + r\,\mathbf e) \rangle, \qquad S_2(0) = \phi, \quad S_2(\infty) = \phi^2

    with b = 1 in the solid. By default every lag has the mean over the pairs that lie inside the block, which is unbiased; no voxel
    beyond a face is made up. Pairs are counted, 64 at a time, so that the result is exact.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans or labels; whatever is not 0 is solid.
    axis : int
        0, 1 or 2 for z, y or x.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm.
    max_distance_nm : float, optional
        Greatest distance; half the edge along the axis by default. Distances are multiples of the voxel.
    periodic : bool
        Let the block continue with its own opposite face. Use it only for structures made so.

    Raises
    ------
    InputError
        If the block is not 3-D, the sizes cannot be nm, or the greatest distance is negative or reaches beyond the block.
    """
    mask, size_nm = _checked(solid, voxel_size_nm)
    n = mask.shape[axis]
    greatest_nm = n * size_nm[axis] / 2 if max_distance_nm is None else _checked_distance(max_distance_nm, (n - 1) * size_nm[axis])
    n_lags = int(greatest_nm / size_nm[axis] + 1e-9) + 1
    lags = np.arange(n_lags, dtype=np.float64)
    pairs = (mask.size // n) * (np.full(n_lags, n) if periodic else n - lags)
    counts = count_pairs(packed_lines(mask, axis), n_lags, periodic)
    return Curve(lags * size_nm[axis], counts / pairs, pairs.astype(np.int64))


def radial_correlation(solid: ArrayLike, voxel_size_nm: Sequence[float], *, max_distance_nm: float | None = None, periodic: bool = False) -> Curve:
    r"""Return the two-point correlation of the solid as a function of distance alone, the mean over all directions.

    All pairs of voxels whose distance r falls within half a voxel of a multiple of the shortest voxel edge share one value, at their mean
    distance; inside a block of ``n`` voxels there are :math:`\prod_a (n_a - |l_a|)` pairs for a lag l. For anisotropic structures this is
    a mean, not a description. Memory: about 30 bytes for each voxel of the block enlarged by the greatest distance.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans or labels; whatever is not 0 is solid.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm.
    max_distance_nm : float, optional
        Greatest distance; half the shortest edge of the block by default.
    periodic : bool
        Let the block continue with its own opposite faces. Use it only for structures made so.

    Raises
    ------
    InputError
        If the block is not 3-D, the sizes cannot be nm, or the greatest distance is negative or reaches beyond the block.
    """
    mask, size_nm = _checked(solid, voxel_size_nm)
    edges_nm = [n * s for n, s in zip(mask.shape, size_nm, strict=True)]
    greatest_nm = min(edges_nm) / 2 if max_distance_nm is None else _checked_distance(max_distance_nm, max(edges_nm) - min(size_nm))
    reach = [int(greatest_nm / s + 1e-9) for s in size_nm]
    if not periodic:
        reach = [min(m, n - 1) for m, n in zip(reach, mask.shape, strict=True)]
    lags = [np.arange(-m, m + 1) for m in reach]
    padded = [n if periodic else _padded(n + m) for n, m in zip(mask.shape, reach, strict=True)]
    spectrum = np.fft.rfftn(mask, padded, axes=(0, 1, 2))
    wrapped = np.ix_(*[lag % n for lag, n in zip(lags, padded, strict=True)])
    counts = np.fft.irfftn(spectrum.real**2 + spectrum.imag**2, padded, axes=(0, 1, 2))[wrapped]
    inside = [np.full(lag.size, n) if periodic else n - np.abs(lag) for lag, n in zip(lags, mask.shape, strict=True)]
    pairs = inside[0][:, None, None] * inside[1][:, None] * inside[2]
    z, y, x = (lag * s for lag, s in zip(lags, size_nm, strict=True))
    distance_nm = np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
    shell = np.rint(distance_nm / min(size_nm)).astype(np.intp)
    near = shell <= greatest_nm / min(size_nm)
    total = np.bincount(shell[near], pairs[near])
    found = np.bincount(shell[near], np.rint(counts[near]))
    weighted_nm = np.bincount(shell[near], (pairs * distance_nm)[near])
    return Curve(weighted_nm / total, found / total, total.astype(np.int64))


def _checked(solid: ArrayLike, voxel_size_nm: Sequence[float]) -> tuple[NDArray[np.bool_], tuple[float, float, float]]:
    mask = np.asarray(solid).astype(np.bool_)
    if mask.ndim != 3 or mask.size == 0:
        raise InputError(f"A correlation needs a block of voxels (z, y, x), got an array of shape {mask.shape}.")
    return mask, check_voxel_size_nm(voxel_size_nm)


def _checked_distance(distance_nm: float, longest_nm: float) -> float:
    if not (math.isfinite(distance_nm) and 0 <= distance_nm <= longest_nm):
        raise InputError(f"Distances must be 0 to {longest_nm:g} nm in this block, got {distance_nm!r}; take a larger block or a shorter distance.")
    return distance_nm


def _padded(at_least: int) -> int:
    """Return a length that transforms fast."""
    return int(next_fast_len(at_least, real=True) or at_least)

"""Numerical kernel that samples a field on a turned and scaled grid."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True)
def _cell(position: float, n: int) -> Any:
    """Return the voxel below a position, and the weight of the one above; beyond the faces the field goes on mirrored."""
    folded = position % (2 * n)
    centre = min(max(min(folded, 2 * n - folded) - 0.5, 0.0), n - 1.0)
    below = min(int(centre), max(n - 2, 0))
    return below, np.float32(centre - below)


@nb.njit(parallel=True, cache=True)
def resample(field: Any, matrix: Any, offset: Any, shape: Any) -> Any:
    """Return trilinear interpolations of a field, float32 of `shape`.

    Parameters
    ----------
    field : float32 (z, y, x)
        The field, two voxels or more along each axis.
    matrix : float64 (3, 3)
        From a voxel index of the result, plus a half, to a position in the field, in voxels from its first corner.
    offset : float64 (3,)
        Added to the position.
    shape : tuple of int
        Voxels ``(z, y, x)`` of the result.
    """
    result = np.empty(shape, np.float32)
    n_z, n_y, n_x = field.shape
    for z in nb.prange(shape[0]):
        for y in range(shape[1]):
            start = matrix[:, 0] * (z + 0.5) + matrix[:, 1] * (y + 0.5) + offset
            for x in range(shape[2]):
                k, c = _cell(start[0] + matrix[0, 2] * (x + 0.5), n_z)
                j, b = _cell(start[1] + matrix[1, 2] * (x + 0.5), n_y)
                i, a = _cell(start[2] + matrix[2, 2] * (x + 0.5), n_x)
                near = field[k : k + 2, j : j + 2, i : i + 2]
                value = np.float32(0)
                for dk in range(2):
                    for dj in range(2):
                        row = near[dk, dj, 0] * (np.float32(1) - a) + near[dk, dj, 1] * a
                        value += row * (c if dk else np.float32(1) - c) * (b if dj else np.float32(1) - b)
                result[z, y, x] = value
    return result

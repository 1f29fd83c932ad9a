"""Winding numbers of a closed surface on a grid, row by row."""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(cache=True, nogil=True)
def _crossing(a: Any, b: Any, y: float) -> tuple[float, float]:
    """Return z and x where the edge crosses the row; the same numbers for both triangles of an edge, whichever way it runs."""
    if a[1] > b[1]:
        a, b = b, a
    share = (y - a[1]) / (b[1] - a[1])
    return a[0] + share * (b[0] - a[0]), a[2] + share * (b[2] - a[2])


@nb.njit(cache=True, nogil=True)
def _add_row(windings: Any, y: int, up: tuple[float, float], down: tuple[float, float]) -> None:
    """Mark, in one row, the first voxel above the triangle between its upward and its downward edge."""
    sign = 1
    if up[1] > down[1]:
        up, down, sign = down, up, -1
    n_z, _, n_x = windings.shape
    for x in range(max(0, math.ceil(up[1])), min(n_x, math.ceil(down[1]))):
        share = (x - up[1]) / (down[1] - up[1])
        z = max(0, math.ceil(up[0] + share * (down[0] - up[0])))
        if z < n_z:
            windings[z, y, x] += sign


@nb.njit(cache=True, nogil=True)
def _add_surface(corners: Any, windings: Any) -> None:
    n_y = windings.shape[1]
    for triangle in corners:
        low, high = triangle[:, 1].min(), triangle[:, 1].max()
        for y in range(max(0, math.ceil(low)), min(n_y, math.ceil(high))):
            up = down = (0.0, 0.0)
            for i in range(3):
                a, b = triangle[i], triangle[(i + 1) % 3]
                if a[1] <= y < b[1]:
                    up = _crossing(a, b, y)
                elif b[1] <= y < a[1]:
                    down = _crossing(a, b, y)
            _add_row(windings, y, up, down)


def add_windings(corners: NDArray[np.float64], windings: NDArray[np.int8]) -> None:
    """Fill a grid of zeros with the number of times that the surface winds round each grid point, modulo 256.

    Parameters
    ----------
    corners : ndarray, shape (triangle, corner, zyx)
        Closed surface in units of the grid, whose points are the whole numbers.
    windings : ndarray of int8, shape (z, y, x)
        The grid; changed in place.
    """
    _add_surface(corners, windings)
    np.cumsum(windings, axis=0, dtype=np.int8, out=windings)

"""Numerical kernel of the exact distance transform."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True)
def _crossing(heights: Any, i: int, j: int, square: float) -> Any:
    """Return where the parabolas on voxels i < j cross."""
    return ((heights[j] - heights[i]) / square + j * j - i * i) / (2 * (j - i))


@nb.njit(parallel=True, cache=True)
def lower_envelopes(lines: Any, spacing: float) -> None:
    """Replace every value of every line by ``min_j(value_j + (spacing (i - j))^2)``.

    The envelope of the parabolas that stand on the values, after P. F. Felzenszwalb, D. P. Huttenlocher, Theory of Computing 8 (2012)
    415, doi 10.4086/toc.2012.v008a019: linear in the length of a line.

    Parameters
    ----------
    lines : float32 (line, voxel)
        Values in nm2, changed in place; finite.
    spacing : float
        Distance of neighbours in nm.
    """
    n = lines.shape[1]
    square = spacing * spacing
    for i in nb.prange(lines.shape[0]):
        line = lines[i]
        heights = line.astype(np.float64)
        feet, borders = np.zeros(n, np.int64), np.empty(n + 1)
        borders[0], borders[1] = -np.inf, np.inf
        last = 0
        for j in range(1, n):
            border = _crossing(heights, feet[last], j, square)
            while border <= borders[last]:
                last -= 1
                border = _crossing(heights, feet[last], j, square)
            last += 1
            feet[last], borders[last], borders[last + 1] = j, border, np.inf
        last = 0
        for j in range(n):
            while borders[last + 1] < j:
                last += 1
            line[j] = heights[feet[last]] + square * (j - feet[last]) ** 2

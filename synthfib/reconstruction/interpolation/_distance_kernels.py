"""Numerical kernel for distances to the surface within a face, for one thread."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def short_distances(solid: Any, reach: int, out: Any) -> None:
    """Write how far the nearest pixel of the other phase is, in pixels, exact up to `reach` and more than that beyond.

    Nearest ones are sought along each column first, then over the columns within reach; `solid` and `out` are ``(y, x)``.
    """
    n_y, n_x = solid.shape
    to_pore, to_solid = _along_columns(solid, False, reach), _along_columns(solid, True, reach)
    pore, other = np.empty(n_x, np.int32), np.empty(n_x, np.int32)
    for y in range(n_y):
        _across(to_pore[y], reach, pore)
        _across(to_solid[y], reach, other)
        for x in range(n_x):
            out[y, x] = np.sqrt(np.float32(pore[x] if solid[y, x] else other[x]))


@nb.njit(cache=True, nogil=True)
def _along_columns(solid: Any, phase: bool, reach: int) -> Any:
    """Return the squared distance along y to the nearest pixel of a phase, at most that of `reach` and one more."""
    n_y, n_x = solid.shape
    far = np.int32(reach + 1)
    steps = np.empty((n_y, n_x), np.int32)
    last = np.full(n_x, far, np.int32)
    for y in range(n_y):
        for x in range(n_x):
            last[x] = 0 if solid[y, x] == phase else min(last[x] + 1, far)
            steps[y, x] = last[x]
    last[:] = far
    for y in range(n_y - 1, -1, -1):
        for x in range(n_x):
            last[x] = min(steps[y, x], last[x] + 1)
            steps[y, x] = last[x] * last[x]
    return steps


@nb.njit(cache=True, nogil=True)
def _across(squared: Any, reach: int, out: Any) -> None:
    """Write the least squared distance over the columns within reach."""
    n_x = squared.size
    out[:] = squared
    for step in range(1, reach + 1):
        away = np.int32(step * step)
        for x in range(n_x - step):
            out[x] = min(out[x], squared[x + step] + away)
        for x in range(step, n_x):
            out[x] = min(out[x], squared[x - step] + away)

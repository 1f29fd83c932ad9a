"""Numerical kernel that enlarges a coarse texture, for one thread."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def enlarge(coarse: Any, step_y: float, step_x: float, out: Any) -> None:
    """Interpolate a coarse grid linearly; pixel ``(y, x)`` of `out` lies at ``(y / step_y, x / step_x)`` of `coarse`, inside it."""
    n_y, n_x = out.shape
    row, left, part = np.empty(coarse.shape[1], np.float32), np.empty(n_x, np.int64), np.empty(n_x, np.float32)
    for x in range(n_x):
        left[x] = int(x / step_x)
        part[x] = x / step_x - left[x]
    for y in range(n_y):
        at = int(y / step_y)
        weight = np.float32(y / step_y - at)
        for k in range(row.size):
            row[k] = coarse[at, k] + weight * (coarse[at + 1, k] - coarse[at, k])
        target = out[y]
        for x in range(n_x):
            low = row[left[x]]
            target[x] = low + part[x] * (row[left[x] + 1] - low)

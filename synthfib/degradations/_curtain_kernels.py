"""Numerical kernels of curtains: streaks that run down the columns of one face, for one thread."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def run_curtains(starts: Any, top: Any, amplitude: Any, rows: int, grow: float, keep: float, curtains: Any) -> None:
    """Let curtains grow down the face.

    In each column a depth ``c`` follows a drive ``u``: ``c += grow (u - c)``, ``u *= keep`` per pixel, and at each start u gains the
    amplitude of that place.

    Parameters
    ----------
    starts : uint8 (y, x)
        A curtain starts wherever this differs from the pixel above.
    top : float32 (x,)
        Drive at the upper edge of the face.
    amplitude : float32 (row of blocks, x)
        Drive that a start adds; one row of blocks is `rows` pixels high.
    rows : int
        Height of a block.
    grow, keep : float
        Factors per pixel.
    curtains : float32 (y, x)
        The result.
    """
    n_y, n_x = starts.shape
    drive, depth = top.copy(), np.zeros(n_x, np.float32)
    grown, kept = np.float32(grow), np.float32(keep)
    for y in range(n_y):
        above, here, gain, out = starts[max(y - 1, 0)], starts[y], amplitude[y // rows], curtains[y]
        for x in range(n_x):
            drive[x] = drive[x] * kept + (gain[x] if here[x] != above[x] else np.float32(0))
            depth[x] += grown * (drive[x] - depth[x])
            out[x] = depth[x]


@nb.njit(cache=True, nogil=True)
def column_sums(image: Any, curtains: Any, labels: Any, sums: Any, counts: Any) -> None:
    """Add up ``image * curtains`` over the pixels of every column whose label is above 0, and count them."""
    n_y, n_x = image.shape
    for y in range(n_y):
        signal, streak, label = image[y], curtains[y], labels[y]
        for x in range(n_x):
            inside = np.float32(1) if label[x] > 0 else np.float32(0)
            sums[x] += inside * signal[x] * streak[x]
            counts[x] += inside


@nb.njit(cache=True, nogil=True)
def modulate(image: Any, scale: float, curtains: Any) -> None:
    """Replace ``curtains`` by ``image * max(1 + scale * curtains, 0)``."""
    n_y, n_x = image.shape
    factor, one, nothing = np.float32(scale), np.float32(1), np.float32(0)
    for y in range(n_y):
        signal, streak = image[y], curtains[y]
        for x in range(n_x):
            streak[x] = signal[x] * max(one + factor * streak[x], nothing)

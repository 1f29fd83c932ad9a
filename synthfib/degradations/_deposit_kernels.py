"""Numerical kernels of deposits in pores, for one thread."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def cover_largest(score: Any, labels: Any, wanted: int, covered: Any) -> int:
    """Mark the `wanted` pixels of label 0 that have the largest score, more where scores are equal, and return how many were marked.

    Numbers of 0 or more are in the order of their bits: one count finds the upper half of the bits of the last score that is wanted,
    another the lower half.

    Parameters
    ----------
    score : uint32 (y, x)
        Bits of float32 numbers of 0 or more.
    labels : uint8 (y, x)
        Phases.
    wanted : int
        Pixels to mark, 1 to those of label 0.
    covered : bool (y, x)
        The result, False before.
    """
    n_y, n_x = score.shape
    counts = np.zeros(1 << 16, np.int64)
    for y in range(n_y):
        for x in range(n_x):
            counts[score[y, x] >> 16] += labels[y, x] == 0
    upper, left = _last(counts, wanted)
    counts[:] = 0
    for y in range(n_y):
        for x in range(n_x):
            if score[y, x] >> 16 == upper:
                counts[score[y, x] & 0xFFFF] += labels[y, x] == 0
    lower, _ = _last(counts, left)
    threshold = (upper << 16) | lower
    marked = 0
    for y in range(n_y):
        for x in range(n_x):
            here = (labels[y, x] == 0) & (score[y, x] >= threshold)
            covered[y, x] = here
            marked += here
    return marked


@nb.njit(cache=True, nogil=True)
def _last(counts: Any, wanted: int) -> Any:
    """Return the bin that holds the last of the `wanted` largest, and how many of it are wanted."""
    left, at = wanted, counts.size - 1
    while at > 0 and counts[at] < left:
        left -= counts[at]
        at -= 1
    return at, left


@nb.njit(cache=True, nogil=True)
def mean_where(image: Any, chosen: Any) -> float:
    """Return the mean of the pixels where `chosen` is above 0; 0 if there are none."""
    n_y, n_x = image.shape
    sums, counts = np.zeros(n_x, np.float64), np.zeros(n_x, np.float64)  # by column, so that the loop runs along memory
    for y in range(n_y):
        signal, inside = image[y], chosen[y]
        for x in range(n_x):
            sums[x] += signal[x] if inside[x] else 0.0
            counts[x] += 1.0 if inside[x] else 0.0
    mean: float = sums.sum() / max(counts.sum(), 1.0)
    return mean


@nb.njit(cache=True, nogil=True)
def settle(image: Any, covered: Any, solid: float, density: float, grain: float, texture: Any) -> None:
    """Replace ``texture`` by the image, moved towards `solid` by ``density * (1 + grain * texture)`` where it is covered."""
    n_y, n_x = image.shape
    bright, most, uneven, one = np.float32(solid), np.float32(density), np.float32(grain), np.float32(1)
    for y in range(n_y):
        signal, inside, out = image[y], covered[y], texture[y]
        for x in range(n_x):
            share = min(max(most * (one + uneven * out[x]), np.float32(0)), one) if inside[x] else np.float32(0)
            out[x] = signal[x] + share * (bright - signal[x])

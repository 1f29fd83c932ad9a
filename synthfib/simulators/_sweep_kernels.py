"""Numerical kernels of the fast simulators: depth sums from the bottom up, and averages sideways.

No fastmath: it lets the compiler add in an order that depends on the processor, and images would differ in their last bits.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(parallel=True, cache=True)
def cross_layer(labels: Any, brightness: Any, passed: Any, kept: Any, below: Any, above: Any) -> None:
    """Carry weighted sums over depth from the lower to the upper side of one layer.

    Parameters
    ----------
    labels : uint8 (y, x)
        Phase of the layer.
    brightness : float32 (phase,)
        What each phase adds.
    passed : float32 (phase, stage)
        Chance to pass 0, 1, 2 ... stages in the layer: what carries the first sums, of which each has one stage less to go.
    kept : float32 (sum,)
        How much of what lies below is left of the other sums above the layer.
    below, above : float32 (y, x, stage + sum)
        Sums at the lower and the upper side; `above` may be `below`.
    """
    stages = passed.shape[1]
    for y in nb.prange(labels.shape[0]):
        for x in range(labels.shape[1]):
            phase = labels[y, x]
            own = brightness[phase]
            for k in range(stages):
                difference = np.float32(0)
                for j in range(stages - k):
                    difference += passed[phase, j] * (below[y, x, k + j] - own)
                above[y, x, k] = own + difference
            for k in range(kept.shape[0]):
                above[y, x, stages + k] = own + kept[k] * (below[y, x, stages + k] - own)


@nb.njit(parallel=True, cache=True)
def mix_sums(sums: Any, uneven: Any, weights: Any, mixed: Any) -> None:
    """Write mixtures of sums ``(y, x, sum)`` into images ``(mixture, y, x)``.

    The weights ``(sum, 2 mixture)`` are those in flat layers, and those that come on top per unit of `uneven` ``(y, x)``.
    """
    n_sums, n_mixed = weights.shape[0], mixed.shape[0]
    for y in nb.prange(sums.shape[0]):
        found = np.empty(2 * n_mixed, np.float32)
        for x in range(sums.shape[1]):
            found[:] = 0
            for k in range(n_sums):
                value = sums[y, x, k]
                for m in range(2 * n_mixed):
                    found[m] += value * weights[k, m]
            for m in range(n_mixed):
                mixed[m, y, x] = found[m] + uneven[y, x] * found[n_mixed + m]


def smooth(image: Any, along_y: float, along_x: float) -> None:
    """Average an image in place with two-sided exponentials along both axes, mirrored at its edges.

    Parameters
    ----------
    image : float32 (y, x)
        The image.
    along_y, along_x : float
        Share of the new pixel in a running average, see `exponential_share`; 1 leaves the image as it is.
    """
    if along_x < 1:
        smooth_rows(image, along_x)
    if along_y < 1:
        smooth_columns(image, along_y)


# Of the mirror image beyond an edge so much is neglected.
_NEGLIGIBLE = 1e-5
# Columns and rows that are averaged together, because within one each value waits for the one before.
_COLUMNS = 64
_ROWS = 16


@nb.njit(parallel=True, cache=True)
def smooth_rows(image: Any, along_x: float) -> None:
    """Average every row in place, see `smooth`."""
    n_y, n_x = image.shape
    for block in nb.prange((n_y + _ROWS - 1) // _ROWS):
        first, last = block * _ROWS, min(n_y, (block + 1) * _ROWS)
        lines = np.zeros((n_x, _ROWS), np.float32)
        for y in range(first, last):
            for x in range(n_x):
                lines[x, y - first] = image[y, x]
        _average(lines, along_x)
        for y in range(first, last):
            for x in range(n_x):
                image[y, x] = lines[x, y - first]


@nb.njit(parallel=True, cache=True)
def smooth_columns(image: Any, along_y: float) -> None:
    """Average every column in place, see `smooth`."""
    n_y, n_x = image.shape
    for block in nb.prange((n_x + _COLUMNS - 1) // _COLUMNS):
        first, last = block * _COLUMNS, min(n_x, (block + 1) * _COLUMNS)
        lines = np.zeros((n_y, _COLUMNS), np.float32)
        lines[:, : last - first] = image[:, first:last]
        _average(lines, along_y)
        image[:, first:last] = lines[:, : last - first]


@nb.njit(cache=True)
def _average(lines: Any, share: float) -> None:
    """Average each line of ``(place, line)`` in place, forward and back; it begins with the average of its mirror image."""
    n, width = lines.shape
    new, old = np.float32(share), np.float32(1 - share)
    running = np.empty(width, np.float32)
    running[:] = 0
    weight, total, place = new, np.float32(0), 0
    while place < n and weight > _NEGLIGIBLE:
        for line in range(width):
            running[line] += weight * lines[place, line]
        total += weight
        weight *= old
        place += 1
    running /= total
    for step in range(2 * n):
        place = step if step < n else 2 * n - 1 - step
        for line in range(width):
            running[line] = new * lines[place, line] + old * running[line]
            lines[place, line] = running[line]

"""Separable filters of one image, for one thread; mirrored at the border (the border pixel is not repeated)."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True, inline="always")
def mirrored(index: int, size: int) -> int:
    """Index inside an image of `size` pixels that a mirror at its border shows at `index`."""
    if size == 1:
        return 0
    period = 2 * size - 2
    index = abs(index) % period
    return index if index < size else period - index


@nb.njit(cache=True, nogil=True, fastmath={"contract"})
def filter_separably(image: Any, weights_y: Any, first_y: int, weights_x: Any, first_x: int, out: Any) -> None:
    """Correlate an image with ``weights_y`` along y and ``weights_x`` along x.

    ``out[y, x] = sum_j sum_k weights_y[j] weights_x[k] image[y + first_y + j, x + first_x + k]``; a column of rows is summed first, so that
    both loops run along memory.

    Parameters
    ----------
    image : float32 (y, x)
        Source.
    weights_y, weights_x : float32 (tap)
        Weights.
    first_y, first_x : int
        Offset of the first tap in pixels.
    out : float32 (y, x)
        Result, not `image`.
    """
    n_y, n_x = image.shape
    taps_y, taps_x = weights_y.size, weights_x.size
    margin = max(-first_x, first_x + taps_x - 1, 0)
    row = np.empty(n_x + 2 * margin, np.float32)
    for y in range(n_y):
        middle = row[margin : margin + n_x]
        middle[:] = 0
        for j in range(taps_y):
            weight = weights_y[j]
            source = image[mirrored(y + first_y + j, n_y)]
            for x in range(n_x):
                middle[x] += weight * source[x]
        for m in range(1, margin + 1):
            row[margin - m] = middle[mirrored(-m, n_x)]
            row[margin + n_x - 1 + m] = middle[mirrored(n_x - 1 + m, n_x)]
        target = out[y]
        target[:] = 0
        for k in range(taps_x):
            weight = weights_x[k]
            shifted = row[margin + first_x + k : margin + first_x + k + n_x]
            for x in range(n_x):
                target[x] += weight * shifted[x]


@nb.njit(cache=True, nogil=True)
def cubic_weight(distance: float) -> float:
    """Keys' cubic convolution kernel with a = -1/2 (doi 10.1109/TASSP.1981.1163711)."""
    distance = abs(distance)
    if distance < 1:
        return (1.5 * distance - 2.5) * distance * distance + 1
    if distance < 2:
        return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return 0.0


@nb.njit(cache=True, nogil=True)
def resample(image: Any, yy: float, yx: float, xy: float, xx: float, y0: float, x0: float, out: Any) -> None:
    """Show an image through an affine map, interpolated by cubic convolution.

    Pixel ``(y, x)`` of `out` shows `image` at ``(yy y + yx x + y0, xy y + xx x + x0)``, in pixels.
    """
    n_y, n_x = image.shape
    weights_y, weights_x = np.empty(4, np.float32), np.empty(4, np.float32)
    for y in range(n_y):
        for x in range(n_x):
            at_y, at_x = yy * y + yx * x + y0, xy * y + xx * x + x0
            low_y, low_x = int(np.floor(at_y)), int(np.floor(at_x))
            for k in range(4):
                weights_y[k] = cubic_weight(at_y - low_y + 1 - k)
                weights_x[k] = cubic_weight(at_x - low_x + 1 - k)
            inside = 1 <= low_y < n_y - 2 and 1 <= low_x < n_x - 2
            value = np.float32(0)
            for j in range(4):
                source = image[low_y - 1 + j if inside else mirrored(low_y - 1 + j, n_y)]
                line = np.float32(0)
                for k in range(4):
                    line += weights_x[k] * source[low_x - 1 + k if inside else mirrored(low_x - 1 + k, n_x)]
                value += weights_y[j] * line
            out[y, x] = value

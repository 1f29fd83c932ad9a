"""Numerical kernels that spread what is on a face by exponential tails, for one thread."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def spread(field: Any, keep_y: float, keep_forward: float, keep_backward: float) -> None:
    """Replace a field by its convolution with tails: ``exp(-|dy|/a)`` along y; ``exp(-dx/b)`` and ``exp(dx/c)`` one after the other along x.

    Sums of weights are 1; beyond the border the field goes on as it is there.

    Parameters
    ----------
    field : float32 (y, x)
        Changed in place.
    keep_y, keep_forward, keep_backward : float
        What of a tail is left after one pixel, ``exp(-pixel / length)``, 0 to below 1.
    """
    n_y, n_x = field.shape
    keep, add = np.float32(keep_y), np.float32(1 - keep_y)
    forward, backward = np.float32(keep_forward), np.float32(keep_backward)
    add_forward, add_backward = np.float32(1 - keep_forward), np.float32(1 - keep_backward)
    for y in range(n_y):
        above, here = field[max(y - 1, 0)], field[y]
        for x in range(n_x):
            here[x] = add * here[x] + keep * above[x]
    for i in range(n_y):
        y = n_y - 1 - i
        below, here = field[min(y + 1, n_y - 1)], field[y]
        for x in range(n_x):
            here[x] = add * here[x] + keep * below[x]
    for y in range(n_y):
        here = field[y]
        held = here[0]
        for x in range(n_x):
            held = add_forward * here[x] + forward * held
            here[x] = held
        held = here[n_x - 1]
        for k in range(n_x):
            x = n_x - 1 - k
            held = add_backward * here[x] + backward * held
            here[x] = held


@nb.njit(cache=True, nogil=True)
def charge(image: Any, labels: Any, response: Any, strength: float, white: float, potential: Any) -> None:
    """Replace ``potential`` by the image, moved by ``strength * response[label] * potential`` of the way to white, to black where negative."""
    n_y, n_x = image.shape
    most, full, one, nothing = np.float32(strength), np.float32(white), np.float32(1), np.float32(0)
    for y in range(n_y):
        signal, label, field = image[y], labels[y], potential[y]
        for x in range(n_x):
            share = min(max(most * response[label[x]] * field[x], -one), one)
            target = full - signal[x] if share > nothing else signal[x]
            field[x] = signal[x] + share * target

"""Numerical kernel that fills small holes in sections along z, for one thread."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def fill_small_holes(solid: Any, measured: Any, most_pixels: int) -> None:
    """Fill, in every zx section of `solid` ``(z, y, x)``, the pores of up to `most_pixels` that solid encloses from four sides.

    A pore that touches the border, or a plane that is `measured`, is no hole. Each pore is entered at its first pixel in the order z, x, and left
    again as soon as it is too large, so that large ones cost next to nothing.
    """
    n_z, n_y, n_x = solid.shape
    found = np.empty((most_pixels + 4, 2), np.int64)
    for z in range(1, n_z - 1):
        if measured[z]:
            continue
        for y in range(n_y):
            for x in range(1, n_x - 1):
                if solid[z, y, x] or not (solid[z - 1, y, x] and solid[z, y, x - 1]):
                    continue
                size = _explore(solid, measured, z, y, x, found, most_pixels)
                for k in range(size):
                    solid[found[k, 0], y, found[k, 1]] = True


@nb.njit(cache=True, nogil=True)
def _explore(solid: Any, measured: Any, z: int, y: int, x: int, found: Any, most_pixels: int) -> int:
    """Write the pixels of the pore at (z, x) to `found` and return how many there are, 0 if it is no hole."""
    n_z, _, n_x = solid.shape
    found[0, 0], found[0, 1] = z, x
    size, done = 1, 0
    while done < size:
        here_z, here_x = found[done, 0], found[done, 1]
        done += 1
        for side in range(4):
            next_z = here_z + (1 if side == 0 else -1 if side == 1 else 0)
            next_x = here_x + (1 if side == 2 else -1 if side == 3 else 0)
            if solid[next_z, y, next_x] or _known(found, size, next_z, next_x):
                continue
            if next_z == 0 or next_z == n_z - 1 or next_x == 0 or next_x == n_x - 1 or measured[next_z] or size == most_pixels:
                return 0
            found[size, 0], found[size, 1] = next_z, next_x
            size += 1
    return size


@nb.njit(cache=True, nogil=True)
def _known(found: Any, size: int, z: int, x: int) -> bool:
    for k in range(size):  # noqa: SIM110 - a compiled loop
        if found[k, 0] == z and found[k, 1] == x:
            return True
    return False

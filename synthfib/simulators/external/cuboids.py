"""Equal neighbours merged into cuboids."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray


def merged_cuboids(codes: NDArray[np.int32], *, flat: bool = False) -> NDArray[np.int32]:
    """Return cuboids that cover every voxel with a code other than 0 exactly once.

    Greedy: from the first voxel not yet covered, as far as the code stays the same along x, then y, then z. Not the fewest cuboids that
    there could be, but as few for a block, a layer or a checkerboard.

    Parameters
    ----------
    codes : ndarray of int32, shape (z, y, x)
        Voxels; only equal ones are merged, 0 is left out.
    flat : bool
        Whether not to merge along z.

    Returns
    -------
    ndarray of int32, shape (cuboid, 7)
        First and one past the last index along z, y and x, and the code.
    """
    found = np.empty((256, 7), np.int32)
    free = codes != 0
    count, at = 0, 0
    while at < codes.size:
        count, at = _merge(codes, free, flat, found, count, at)
        if at < codes.size:
            found = np.concatenate([found, np.empty_like(found)])
    return found[:count]


@nb.njit(cache=True)
def _merge(codes: Any, free: Any, flat: bool, found: Any, count: int, at: int) -> Any:
    """Go on merging from voxel number `at` until `found` is full; return the number of cuboids and the next voxel."""
    nz, ny, nx = codes.shape
    while at < nz * ny * nx:
        z, y, x = at // (ny * nx), at // nx % ny, at % nx
        if free[z, y, x]:
            if count == found.shape[0]:
                return count, at
            code = codes[z, y, x]
            x1 = x + 1
            while x1 < nx and free[z, y, x1] and codes[z, y, x1] == code:
                x1 += 1
            y1 = y + 1
            while y1 < ny and _all_equal(codes, free, z, z + 1, y1, y1 + 1, x, x1, code):
                y1 += 1
            z1 = z + 1
            while not flat and z1 < nz and _all_equal(codes, free, z1, z1 + 1, y, y1, x, x1, code):
                z1 += 1
            free[z:z1, y:y1, x:x1] = False
            found[count] = np.array((z, z1, y, y1, x, x1, np.int64(code)))
            count += 1
        at += 1
    return count, at


@nb.njit(cache=True)
def _all_equal(codes: Any, free: Any, z0: int, z1: int, y0: int, y1: int, x0: int, x1: int, code: int) -> bool:
    """Whether every voxel of a cuboid is still free and has `code`."""
    for z in range(z0, z1):
        for y in range(y0, y1):
            for x in range(x0, x1):
                if not free[z, y, x] or codes[z, y, x] != code:
                    return False
    return True

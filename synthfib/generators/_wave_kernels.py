"""Numerical kernel of the plane-wave sum."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True)
def tile_operands(along_z: Any, at_centre: Any, cos_y: Any, sin_y: Any) -> Any:
    """Return the left operands of a tile for the parts even and odd in x, two float32 ``(2 * z * half_y, wave)``.

    With ``a`` the phase along z and at the tile's centre, ``b`` and ``c`` those along y and x from there, each wave is
    ``cos(a + b + c) = (cos a cos b - sin a sin b) cos c - (sin a cos b + cos a sin b) sin c``.
    The first half of the rows is even in y, the second odd.

    Parameters
    ----------
    along_z : complex128 (z, wave)
        Factors along z, with phase and norm.
    at_centre : complex128 (wave,)
        Factors of the tile's centre in y and x.
    cos_y, sin_y : float32 (half_y, wave)
        Cosine and sine along y, on one side of the centre.
    """
    n_z, n_y, n_waves = along_z.shape[0], cos_y.shape[0], along_z.shape[1]
    even, odd = np.empty((2 * n_z * n_y, n_waves), np.float32), np.empty((2 * n_z * n_y, n_waves), np.float32)
    cos_a, sin_a = np.empty(n_waves, np.float32), np.empty(n_waves, np.float32)
    for z in range(n_z):
        for wave in range(n_waves):
            value = along_z[z, wave] * at_centre[wave]
            cos_a[wave], sin_a[wave] = value.real, value.imag
        for y in range(n_y):
            row, mirrored = z * n_y + y, (n_z + z) * n_y + y
            for wave in range(n_waves):
                even[row, wave] = cos_a[wave] * cos_y[y, wave]
                even[mirrored, wave] = -sin_a[wave] * sin_y[y, wave]
                odd[row, wave] = -sin_a[wave] * cos_y[y, wave]
                odd[mirrored, wave] = -cos_a[wave] * sin_y[y, wave]
    return even, odd


@nb.njit(nogil=True, cache=True)
def paste_tile(even: Any, odd: Any, corner: Any, origin: Any, block: Any) -> None:
    """Write the part of a tile that lies inside a block.

    Parameters
    ----------
    even, odd : float32 (2, z, half_y, half_x)
        Parts even and odd in x; first those even, then those odd in y; distances from the centre increase.
    corner, origin : tuple of int
        First voxels ``(z, y, x)`` of the tile and of the block.
    block : float32 (z, y, x)
        Field of the block.
    """
    n_z, half_y, half_x = even.shape[1:]
    for z in range(max(corner[0], origin[0]), min(corner[0] + n_z, origin[0] + block.shape[0])):
        for y in range(max(corner[1], origin[1]), min(corner[1] + 2 * half_y, origin[1] + block.shape[1])):
            dz, dy = z - corner[0], y - corner[1] - half_y
            sign = np.float32(1 if dy >= 0 else -1)
            dy = dy if dy >= 0 else -1 - dy
            target = block[z - origin[0], y - origin[1]]
            for x in range(max(corner[2], origin[2]), min(corner[2] + half_x, origin[2] + block.shape[2])):
                dx = half_x - 1 - (x - corner[2])
                target[x - origin[2]] = (even[0, dz, dy, dx] + sign * even[1, dz, dy, dx]) - (odd[0, dz, dy, dx] + sign * odd[1, dz, dy, dx])
            for x in range(max(corner[2] + half_x, origin[2]), min(corner[2] + 2 * half_x, origin[2] + block.shape[2])):
                dx = x - corner[2] - half_x
                target[x - origin[2]] = (even[0, dz, dy, dx] + sign * even[1, dz, dy, dx]) + (odd[0, dz, dy, dx] + sign * odd[1, dz, dy, dx])


@nb.njit(parallel=True, cache=True)
def sum_waves(points_nm: Any, wave_vectors: Any, phases: Any) -> Any:
    """Return the sum of ``cos(k.r + phase)`` at each point, float64 ``(point,)``.

    Parameters
    ----------
    points_nm : float64 (point, 3)
        Positions.
    wave_vectors : float64 (wave, 3)
        Wave vectors in rad/nm.
    phases : float64 (wave,)
        Phases in rad.
    """
    total = np.empty(points_nm.shape[0])
    for i in nb.prange(points_nm.shape[0]):
        z, y, x = points_nm[i, 0], points_nm[i, 1], points_nm[i, 2]
        value = 0.0
        for n in range(phases.size):
            value += np.cos(wave_vectors[n, 0] * z + wave_vectors[n, 1] * y + wave_vectors[n, 2] * x + phases[n])
        total[i] = value
    return total

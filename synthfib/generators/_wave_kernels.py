"""Numerical kernel of the plane-wave sum."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True)
def plane_waves(along_z: Any, along_y: Any) -> Any:
    """Return the left operand of the sum over waves: ``[Re(z y), -Im(z y)]``, float32 ``(z * y, 2 wave)``.

    Parameters
    ----------
    along_z, along_y : complex64 (voxel, wave)
        Factors along z and y.
    """
    n_z, n_y, n_waves = along_z.shape[0], along_y.shape[0], along_z.shape[1]
    left = np.empty((n_z * n_y, 2 * n_waves), np.float32)
    for z in range(n_z):
        for y in range(n_y):
            row = left[z * n_y + y]
            for wave in range(n_waves):
                value = along_z[z, wave] * along_y[y, wave]
                row[wave] = value.real
                row[n_waves + wave] = -value.imag
    return left


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

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

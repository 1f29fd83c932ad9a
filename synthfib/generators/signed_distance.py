"""Distance of every voxel to the surface of the solid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthfib.generators._distance_kernels import lower_envelopes

_FAR_NM2 = np.float32(1e12)


def signed_distance_nm(solid: NDArray[np.bool_], voxel_size_nm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return the distance to the nearest pore in solid voxels, and minus the distance to the nearest solid in pores.

    Distances are exact, from centre to centre of voxels, so that neighbours on two sides of a surface have opposite values.

    Parameters
    ----------
    solid : ndarray of bool, shape (z, y, x)
        The solid; both phases must occur.
    voxel_size_nm : tuple of float
        Edge lengths ``(z, y, x)`` in nm.
    """
    inside = _distance_nm(~solid, voxel_size_nm)
    inside -= _distance_nm(solid, voxel_size_nm)
    return inside


def _distance_nm(target: NDArray[np.bool_], voxel_size_nm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance to the nearest voxel of `target`, one axis after the other."""
    squares = np.where(target, np.float32(0), _FAR_NM2)
    for axis, size_nm in enumerate(voxel_size_nm):
        lines = np.ascontiguousarray(np.moveaxis(squares, axis, -1))
        lower_envelopes(lines.reshape(-1, lines.shape[-1]), size_nm)
        squares = np.moveaxis(lines, -1, axis)
    distances: NDArray[np.float32] = np.sqrt(np.ascontiguousarray(squares))
    return distances

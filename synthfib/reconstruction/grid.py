"""From depths in nm to depths in planes: where faces lie in the volume that is filled in between them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.reconstruction.repositioning import check_positions_nm, reposition


def depths_in_planes(positions_nm: ArrayLike, grid_nm: float, *, slice_grid_nm: float | None = None) -> NDArray[np.float64]:
    """Return the depth of every face in units of planes of the volume.

    Parameters
    ----------
    positions_nm : array_like of float, shape (slice,)
        Depth of each face in nm, none above the one before.
    grid_nm : float
        Distance of the planes of the volume in nm.
    slice_grid_nm : float, optional
        Distance of the planes that slices are put on, a whole multiple of `grid_nm`; `grid_nm` by default. The usual practice is the
        target thickness, 10 nm say, on a volume of 2.5 nm.

    Returns
    -------
    ndarray of float64, shape (slice,)
        Whole numbers, strictly increasing.

    Raises
    ------
    InputError
        If positions cannot be depths in nm, a grid is out of range, or one is no multiple of the other.
    """
    check_voxel_size_nm((grid_nm,) * 3)
    coarse_nm = grid_nm if slice_grid_nm is None else slice_grid_nm
    check_voxel_size_nm((coarse_nm,) * 3)
    step = round(coarse_nm / grid_nm)
    if step < 1 or not math.isclose(step * grid_nm, coarse_nm, rel_tol=1e-6):
        raise InputError(f"The grid of slices must be a whole multiple of that of the volume, got {coarse_nm:g} nm and {grid_nm:g} nm.")
    return reposition(positions_nm, coarse_nm).astype(np.float64) * step


def nominal_depths(n_slices: int, thickness_nm: float, grid_nm: float) -> NDArray[np.float64]:
    """Return depths in planes if every slice had the same thickness, without putting any on the grid.

    Raises
    ------
    InputError
        If there are fewer than two slices, or a length cannot be nm.
    """
    check_voxel_size_nm((thickness_nm, grid_nm, grid_nm))
    return check_positions_nm(np.arange(n_slices) * thickness_nm) / grid_nm

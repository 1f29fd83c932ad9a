"""From depths in nm to depths in planes: where faces lie in the volume that is filled in between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.reconstruction.repositioning import check_positions_nm, one_slice_per_plane, reposition


@dataclass(frozen=True, slots=True, eq=False)
class ChosenFaces:
    """Some of the faces of an array or of a dataset, each read when it is asked for."""

    faces: Any
    chosen: NDArray[np.intp]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes ``(face, y, x)``."""
        return (self.chosen.size, int(self.faces.shape[1]), int(self.faces.shape[2]))

    def __getitem__(self, index: slice, /) -> NDArray[np.bool_]:
        found = [np.asarray(self.faces[face : face + 1]) != 0 for face in self.chosen[index].tolist()]
        return np.concatenate(found) if found else np.empty((0, *self.shape[1:]), np.bool_)


def depths_in_planes(
    positions_nm: ArrayLike, grid_nm: float, *, slice_grid_nm: float | None = None, drop: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the depth of faces in units of planes of the volume, and which faces these are.

    Parameters
    ----------
    positions_nm : array_like of float, shape (slice,)
        Depth of each face in nm, none above the one before.
    grid_nm : float
        Distance of the planes of the volume in nm.
    slice_grid_nm : float, optional
        Distance of the planes that slices are put on, a whole multiple of `grid_nm`; `grid_nm` by default. The usual practice is the
        target thickness, 10 nm say, on a volume of 2.5 nm.
    drop : bool
        Of several slices next to one plane keep the nearest one, instead of moving the others to free planes.

    Returns
    -------
    depths : ndarray of float64, shape (face,)
        Whole numbers, strictly increasing.
    chosen : ndarray of int, shape (face,)
        Numbers of the faces; all of them unless some are dropped.

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
    if drop:
        planes, chosen = one_slice_per_plane(positions_nm, coarse_nm)
    else:
        planes = reposition(positions_nm, coarse_nm)
        chosen = np.arange(planes.size)
    return planes.astype(np.float64) * step, chosen


def nominal_depths(n_slices: int, thickness_nm: float, grid_nm: float) -> NDArray[np.float64]:
    """Return depths in planes if every slice had the same thickness, without putting any on the grid.

    Raises
    ------
    InputError
        If there are fewer than two slices, or a length cannot be nm.
    """
    check_voxel_size_nm((thickness_nm, grid_nm, grid_nm))
    return check_positions_nm(np.arange(n_slices) * thickness_nm) / grid_nm

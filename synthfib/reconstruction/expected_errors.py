r"""What copying faces must misplace: a law without anything fitted.

A voxel copied from a face at a distance h is wrong with the probability :math:`2(\phi - S_2(h))`, one end of the distance being solid and the other
not; so is the solid that is missed, :math:`1 - S_2(h)/\phi`. Both are averages over the distances, and near zero
:math:`\langle h \rangle S_v / 2` of all voxels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.generators.level_cut import expected_correlation, specific_surface_per_nm
from synthfib.generators.leveled_wave import LeveledWave


def copied_errors_percent(structure: LeveledWave, distances_nm: ArrayLike) -> dict[str, float]:
    """Return the misplaced share of all voxels and the missed share of the solid, if voxels are copied over these distances.

    Parameters
    ----------
    structure : LeveledWave
        A structure whose two-point correlation is known.
    distances_nm : array_like of float
        Distance of each plane to the face that it is copied from, in nm.

    Returns
    -------
    dict of str to float
        ``mp_percent``, ``mgp_percent``, and ``mp_small_distance_percent``, the limit for distances much smaller than ligaments.
    """
    distances, counts = np.unique(np.asarray(distances_nm, np.float64), return_counts=True)
    joint = float(np.average(expected_correlation(structure, distances), weights=counts))
    return {
        "mp_percent": 200 * (structure.solid_fraction - joint),
        "mgp_percent": 100 * (1 - joint / structure.solid_fraction),
        "mp_small_distance_percent": 50 * specific_surface_per_nm(structure) * float(np.mean(np.asarray(distances_nm))),
    }


def nearest_distances(faces: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many planes each plane, down to the last face, is away from the nearest face."""
    planes = np.arange(faces[-1] + 1)
    below = np.searchsorted(faces, planes)
    return np.minimum(faces[below] - planes, np.abs(planes - faces[np.maximum(below - 1, 0)]))


def distances_above(faces: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many planes each plane, down to the last face, is away from the last face that is not below it."""
    planes = np.arange(faces[-1] + 1)
    return np.asarray(planes - faces[np.searchsorted(faces, planes, side="right") - 1], np.intp)


def drifted_distances(faces: NDArray[np.intp], planes_per_slice: float) -> NDArray[np.intp]:
    """Return how far each plane is from the face that it is copied from if all slices are taken for equally thick."""
    believed = np.arange(faces.size) * planes_per_slice
    planes = np.arange(min(int(believed[-1]), int(faces[-1])) + 1)
    copied = np.searchsorted((believed[:-1] + believed[1:]) / 2, planes, side="left")
    return np.asarray(np.abs(planes - faces[copied]), np.intp)

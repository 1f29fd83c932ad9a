"""Slices put in their places: measured positions become whole planes of a grid, and no two slices share one."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError

#: A mean slice thickness outside this range is taken for a mistake in the unit.
_THICKNESS_RANGE_NM = (0.5, 1e5)


def reposition(positions_nm: ArrayLike, grid_nm: float) -> NDArray[np.intp]:
    r"""Return the plane of a grid that every slice is put on.

    Each slice goes to the plane next to its position. Where that is one plane for several slices, they are distributed to free planes
    nearby: order is kept, no slice is lost, none lies above the first plane of the grid, and the sum of all movements,
    :math:`\sum_i |k_i g - z_i|`, is the least that there is.
    With :math:`q_i = k_i - i` this is a least-absolute-deviations isotonic regression of :math:`z_i/g - i` in whole numbers, which
    pooling adjacent violators solves exactly: slices that get in each other's way form a run without gaps, placed by its median.

    Parameters
    ----------
    positions_nm : array_like of float, shape (slice,)
        Depth of each face in nm, 0 or more, none above the one before.
    grid_nm : float
        Distance of the planes in nm. A grid as fine as the pixels keeps positions best; one of the target thickness is the usual practice.

    Returns
    -------
    ndarray of int, shape (slice,)
        Plane of each slice, strictly increasing; plane k lies at ``k * grid_nm``.

    Raises
    ------
    InputError
        If positions cannot be depths in nm, or the grid is not above 0.
    """
    positions = check_positions_nm(positions_nm)
    _check_grid(grid_nm)
    ranks = np.arange(positions.size)
    runs: list[tuple[int, list[float]]] = []
    for wanted in (positions / grid_nm - ranks).tolist():
        place, members = _place([wanted]), [wanted]
        while runs and runs[-1][0] > place:
            members = _merged(runs.pop()[1], members)
            place = _place(members)
        runs.append((place, members))
    pooled = np.repeat([place for place, _ in runs], [len(members) for _, members in runs])
    return np.asarray(np.maximum(pooled, 0) + ranks, np.intp)


def one_slice_per_plane(positions_nm: ArrayLike, grid_nm: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the planes that slices are next to, and the slice that each of them keeps: the nearest one; the others are lost.

    On a grid of the target thickness nearly every plane has its slice. Moving those that collide to free planes then
    pushes whole runs of others out of their places, which costs more than what is lost.

    Parameters
    ----------
    positions_nm : array_like of float, shape (slice,)
        Depth of each face in nm, 0 or more, none above the one before.
    grid_nm : float
        Distance of the planes in nm.

    Raises
    ------
    InputError
        If positions cannot be depths in nm, the grid is not above 0, or all slices are next to one plane.
    """
    positions = check_positions_nm(positions_nm)
    _check_grid(grid_nm)
    wanted = np.floor(positions / grid_nm + 0.5).astype(np.intp)
    order = np.lexsort((np.abs(positions - wanted * grid_nm), wanted))
    planes, first = np.unique(wanted[order], return_index=True)
    if planes.size < 2:
        raise InputError(f"Slices must be next to two planes or more, all {positions.size} are next to one of {grid_nm:g} nm; take a finer grid.")
    return planes, np.asarray(order[first], np.intp)


def check_positions_nm(positions_nm: ArrayLike) -> NDArray[np.float64]:
    """Return positions of slices as float64 after checking that they can be depths in nm.

    Raises
    ------
    InputError
        If there are fewer than two, they are not finite, negative or stepping back, or their mean distance cannot be nm.
    """
    positions = np.asarray(positions_nm, np.float64)
    if positions.ndim != 1 or positions.size < 2:
        raise InputError(f"Positions of two slices or more are required, got {positions.size}; a single slice has nothing to be put between.")
    if not np.isfinite(positions).all() or positions[0] < 0:
        raise InputError("Positions of slices must be finite depths of 0 nm or more; measure them from the first slice.")
    backwards = np.flatnonzero(np.diff(positions) < 0)
    if backwards.size:
        first = int(backwards[0])
        raise InputError(
            f"Positions of slices must not step back, slice {first + 1} is at {positions[first + 1]:g} nm after {positions[first]:g} nm; "
            "sort the slices, or correct the measurement."
        )
    low, high = _THICKNESS_RANGE_NM
    thickness_nm = float(positions[-1] - positions[0]) / (positions.size - 1)
    if not low <= thickness_nm <= high:
        raise InputError(
            f"Positions of slices must be in nanometres and increase, their mean distance is {thickness_nm:g} nm; "
            "if they are in micrometres, multiply by 1000."
        )
    return positions


def _check_grid(grid_nm: float) -> None:
    if not (math.isfinite(grid_nm) and grid_nm > 0):
        raise InputError(f"The grid of planes must be above 0 nm, got {grid_nm!r}.")


def _merged(one: list[float], other: list[float]) -> list[float]:
    """Return both sorted lists as one."""
    few, many = sorted((one, other), key=len)
    for value in few:
        insort(many, value)
    return many


def _place(wanted: list[float]) -> int:
    """Return the least whole number with the least sum of absolute distances to sorted values: one of the two about the median."""
    low = math.floor(wanted[(len(wanted) - 1) // 2])
    upper = bisect_left(wanted, low + 1)
    below = bisect_right(wanted, low, hi=upper)
    # What the sum changes by from `low` to the next whole number.
    change = below - (len(wanted) - upper) + sum(1 - 2 * (value - low) for value in wanted[below:upper])
    return low + 1 if change < -1e-9 else low

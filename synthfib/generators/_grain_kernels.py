"""Numerical kernels that put convex grains into a voxel block, row by row.

A grain is a quadric cut by a slab: the points with ``d.A.d <= 1`` and ``(b.d)^2 <= 1``, where ``d`` is the distance from the centre.
``A`` is stored as ``(zz, yy, xx, zy, zx, yx)``; ``b = 0`` cuts nothing off. Every row of voxels along x meets a grain in one interval,
so a grain costs as much as the voxels that it covers.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

_PARALLEL = 1e-12  # a quadric this flat along x is a cylinder along x


@nb.njit(cache=True)
def _row_interval(dz: float, dy: float, quadric: Any, slab: Any, half_x: float) -> Any:
    """Return the ends of the interval along x, relative to the centre, of one row at a distance (dz, dy) from it; empty if the first is larger."""
    a = quadric[2]
    b = quadric[4] * dz + quadric[5] * dy
    c = quadric[0] * dz * dz + quadric[1] * dy * dy + 2 * quadric[3] * dz * dy - 1
    low, high = -half_x, half_x
    if a > _PARALLEL * (quadric[0] + quadric[1]):
        discriminant = b * b - a * c
        if discriminant < 0:
            return 1.0, 0.0
        root = np.sqrt(discriminant)
        low, high = (-b - root) / a, (-b + root) / a
    elif c > 0:
        return 1.0, 0.0
    offset = slab[0] * dz + slab[1] * dy
    if slab[2] != 0:
        one, other = (-1 - offset) / slab[2], (1 - offset) / slab[2]
        low, high = max(low, min(one, other)), min(high, max(one, other))
    elif abs(offset) > 1:
        return 1.0, 0.0
    return low, high


@nb.njit(cache=True)
def _voxels(low: float, high: float, size: float, n: int) -> Any:
    """Return the first and one past the last of the `n` voxels whose centres lie between two positions."""
    first = max(0, int(np.ceil(low / size - 0.5)))
    return first, max(first, min(n, int(np.floor(high / size - 0.5)) + 1))


@nb.njit(cache=True)
def _count_new(labels: Any, mark: int, grain: Any, size: Any, box: Any, hard: bool) -> int:
    """Count the voxels of a grain inside `box` that are not `mark` yet; -1 for a `hard` grain on the way of another."""
    new = 0
    centre, quadric, slab, half = grain
    z0, z1 = _voxels(centre[0] - half[0], centre[0] + half[0], size[0], labels.shape[0])
    y0, y1 = _voxels(centre[1] - half[1], centre[1] + half[1], size[1], labels.shape[1])
    for z in range(z0, z1):
        for y in range(y0, y1):
            low, high = _row_interval((z + 0.5) * size[0] - centre[0], (y + 0.5) * size[1] - centre[1], quadric, slab, half[2])
            if low > high:
                continue
            x0, x1 = _voxels(centre[2] + low, centre[2] + high, size[2], labels.shape[2])
            if hard:
                for x in range(x0, x1):
                    if labels[z, y, x] == mark:
                        return -1
            if box[0, 0] <= z < box[0, 1] and box[1, 0] <= y < box[1, 1]:
                for x in range(max(x0, box[2, 0]), min(x1, box[2, 1])):
                    new += labels[z, y, x] != mark
    return new


@nb.njit(cache=True)
def _paint(labels: Any, mark: int, grain: Any, size: Any) -> None:
    """Make every voxel of a grain `mark`."""
    centre, quadric, slab, half = grain
    z0, z1 = _voxels(centre[0] - half[0], centre[0] + half[0], size[0], labels.shape[0])
    y0, y1 = _voxels(centre[1] - half[1], centre[1] + half[1], size[1], labels.shape[1])
    for z in range(z0, z1):
        for y in range(y0, y1):
            low, high = _row_interval((z + 0.5) * size[0] - centre[0], (y + 0.5) * size[1] - centre[1], quadric, slab, half[2])
            if low <= high:
                x0, x1 = _voxels(centre[2] + low, centre[2] + high, size[2], labels.shape[2])
                labels[z, y, x0:x1] = mark


@nb.njit(cache=True)
def add_grains(labels: Any, mark: int, grains: Any, size: Any, box: Any, wanted: int, hard: bool, refused: int, patience: int) -> Any:
    """Add grains one after the other while at most `wanted` voxels of `box` become `mark`.

    Parameters
    ----------
    labels : uint8 (z, y, x)
        The block, changed in place.
    mark : int
        Label of the grains.
    grains : tuple of float64 (grain, 3), (grain, 6), (grain, 3), (grain, 3)
        Centre, ``A``, ``b`` and half the edges of the box around each grain, in nm.
    size : float64 (3,)
        Voxel size in nm.
    box : int64 (3, 2)
        First and one past the last voxel, along each axis, of the part whose voxels count.
    wanted : int
        How many voxels may change.
    hard : bool
        Leave out a grain that would touch a voxel of `mark`.
    refused, patience : int
        How many grains in a row were left out before, and after how many to give up.

    Returns
    -------
    tuple of int
        How many grains are done with, how many voxels of `box` changed, and how many grains in a row were left out at the end. If not
        all are done with, the next one has too many voxels, or patience is at its end.
    """
    changed = 0
    centres, quadrics, slabs, halves = grains
    for i in range(centres.shape[0]):
        grain = (centres[i], quadrics[i], slabs[i], halves[i])
        new = _count_new(labels, mark, grain, size, box, hard)
        refused = refused + 1 if new < 0 else 0
        if new > wanted - changed or (hard and refused >= patience):
            return i, changed, refused
        if new >= 0:
            _paint(labels, mark, grain, size)
            changed += new
    return centres.shape[0], changed, refused


@nb.njit(cache=True)
def new_voxels(labels: Any, mark: int, grain: Any, size: Any, box: Any) -> Any:
    """Return the flat index of each voxel of a grain inside `box` that is not `mark`, and its place between centre (0) and surface (1).

    `grain` is one of the `grains` of `add_grains`.
    """
    n = _count_new(labels, mark, grain, size, box, False)
    indices, places = np.empty(n, np.int64), np.empty(n)
    n = 0
    centre, quadric, slab, half = grain
    z0, z1 = _voxels(centre[0] - half[0], centre[0] + half[0], size[0], labels.shape[0])
    y0, y1 = _voxels(centre[1] - half[1], centre[1] + half[1], size[1], labels.shape[1])
    for z in range(max(z0, box[0, 0]), min(z1, box[0, 1])):
        dz = (z + 0.5) * size[0] - centre[0]
        for y in range(max(y0, box[1, 0]), min(y1, box[1, 1])):
            dy = (y + 0.5) * size[1] - centre[1]
            low, high = _row_interval(dz, dy, quadric, slab, half[2])
            if low > high:
                continue
            x0, x1 = _voxels(centre[2] + low, centre[2] + high, size[2], labels.shape[2])
            for x in range(max(x0, box[2, 0]), min(x1, box[2, 1])):
                if labels[z, y, x] != mark:
                    dx = (x + 0.5) * size[2] - centre[2]
                    even = quadric[0] * dz * dz + quadric[1] * dy * dy + quadric[2] * dx * dx
                    mixed = quadric[3] * dz * dy + quadric[4] * dz * dx + quadric[5] * dy * dx
                    cut = slab[0] * dz + slab[1] * dy + slab[2] * dx
                    indices[n] = (z * labels.shape[1] + y) * labels.shape[2] + x
                    places[n] = max(even + 2 * mixed, cut * cut)
                    n += 1
    return indices, places

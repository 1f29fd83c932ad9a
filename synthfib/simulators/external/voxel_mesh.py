"""Voxels as the triangles between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.simulators.external.cuboids import merged_cuboids


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles, each with a material on either side.

    Parameters
    ----------
    corners_nm : ndarray of float64, shape (triangle, corner, xyz)
        Corners.
    sides : ndarray of int32, shape (triangle, 2)
        Material that the normal ``(r1 - r0) x (r2 - r0)`` points out of, and the one that it points into.
    """

    corners_nm: NDArray[np.float64]
    sides: NDArray[np.int32]


def voxel_mesh(
    materials: NDArray[np.int32], edges_nm: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], *, outside: tuple[int, ...] = ()
) -> Mesh:
    """Return the faces between voxels of different materials, coplanar ones merged into rectangles of two triangles.

    Edges of small rectangles may end inside those of large ones. No gap opens there: all corners lie on the same planes.

    Parameters
    ----------
    materials : ndarray of int32, shape (z, y, x)
        Material of each voxel.
    edges_nm : tuple of ndarray of float64
        Where voxels begin and end along z, y and x, one more than voxels.
    outside : tuple of int
        Materials that electrons are never in; faces between two of these are left out.
    """
    parts = [_rectangles_across(axis, materials, edges_nm, outside) for axis in range(3)]
    corners = np.concatenate([corners for corners, _ in parts])
    sides = np.concatenate([sides for _, sides in parts])
    triangles = corners[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, 3)
    return Mesh(triangles, sides.repeat(2, axis=0))


def _rectangles_across(
    axis: int, materials: NDArray[np.int32], edges_nm: tuple[NDArray[np.float64], ...], outside: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return corners (rectangle, corner, xyz), counter-clockwise seen from further along `axis`, and materials before and behind."""
    # Axes b and c follow a cyclically in (x, y, z), so that the edges along b and c span a normal along a.
    b, c = (axis - 1) % 3, (axis - 2) % 3
    layers = np.transpose(materials, (axis, b, c)).astype(np.int64) - materials.min()
    before, behind = layers[:-1], layers[1:]
    n_materials = int(layers.max()) + 1
    is_outside = np.isin(np.arange(n_materials) + materials.min(), outside)
    apart = (before != behind) & ~(is_outside[before] & is_outside[behind])
    found = merged_cuboids(np.where(apart, before * n_materials + behind, 0).astype(np.int32), flat=True)
    corners = np.empty((len(found), 4, 3))
    corners[:, :, 2 - axis] = edges_nm[axis][found[:, 0] + 1, None]
    corners[:, :, 2 - b] = edges_nm[b][found[:, [2, 3, 3, 2]]]
    corners[:, :, 2 - c] = edges_nm[c][found[:, [4, 4, 5, 5]]]
    return corners, np.stack(np.divmod(found[:, 6], n_materials), axis=1) + materials.min()

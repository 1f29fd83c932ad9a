"""Surfaces of phases by marching cubes, on a grid that is made coarser first where there are too many voxels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from synthfib.report.block import Block

# Rounds off the steps of voxels; of a stack also those between slices.
_SMOOTHING_VOXELS, _SMOOTHING_SLICES = 0.7, 0.5
# A surface is drawn where a cell belongs to the phase to a share between these.
_LEVELS = (0.25, 0.75)
# A tenth more cells than asked for is better than half as many.
_SLACK = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A closed surface.

    Parameters
    ----------
    vertices_nm : ndarray of float32, shape (vertex, xyz)
        Corners: x to the right and y up in the image, z towards the viewer; 0 is the upper left corner of the first face.
    normals : ndarray of float32, shape (vertex, xyz)
        Outward directions of length 1.
    triangles : ndarray of int32, shape (triangle, corner)
        Corners, anticlockwise seen from outside.
    """

    vertices_nm: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class CoarseGrid:
    """Cells of whole voxels, about `finest` of them along the longest edge at most; what is left over at the far ends is cut off.

    Parameters
    ----------
    block : Block
        What the cells are made of.
    face : int
        Slice at which the grid begins.
    finest : int
        Largest number of cells along the longest edge, a tenth more at most.
    """

    block: Block
    face: int
    finest: int

    @property
    def factors(self) -> tuple[int, int, int]:
        """Number of voxels ``(z, y, x)`` of a cell, which comes as close to a cube as whole voxels allow."""
        sizes = self.block.layer_size_nm
        coarsest_nm = max(n * size for n, size in zip(self._voxels, sizes, strict=True)) / self.finest
        z, y, x = (max(1, math.ceil(coarsest_nm / size - _SLACK)) for size in sizes)
        return (min(z, self._voxels[0]), min(y, self._voxels[1]), min(x, self._voxels[2]))

    @property
    def cell_nm(self) -> tuple[float, float, float]:
        """Edge lengths ``(z, y, x)`` of a cell in nm."""
        z, y, x = (factor * size for factor, size in zip(self.factors, self.block.layer_size_nm, strict=True))
        return (z, y, x)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of cells ``(z, y, x)``."""
        z, y, x = (n // factor for n, factor in zip(self._voxels, self.factors, strict=True))
        return (z, y, x)

    @property
    def depth_nm(self) -> float:
        """Depth of the first cell below the first face of the block in nm."""
        return self.block.first_layer(self.face) * self.block.layer_size_nm[0]

    @property
    def _voxels(self) -> tuple[int, int, int]:
        z, y, x = self.block.shape
        return (z - self.block.first_layer(self.face), y, x)

    def share(self, label: int) -> NDArray[np.float32]:
        """Return the share of each cell that belongs to a phase, float32 ``(z, y, x)``; one layer of cells in memory at a time."""
        assert self.block.labels is not None
        (dz, dy, dx), (n_z, n_y, n_x) = self.factors, self.shape
        start = self.block.first_layer(self.face)
        share = np.empty(self.shape, np.float32)
        for z in range(n_z):
            slices = self.block.slice_of_layer[start + z * dz : start + (z + 1) * dz]
            voxels = self.block.labels[slices, : n_y * dy, : n_x * dx] == label
            share[z] = voxels.reshape(dz, n_y, dy, n_x, dx).mean(axis=(0, 2, 4))
        return share

    def surface(self, label: int) -> Surface | None:
        """Return where a phase ends, closed at the faces of the block; None if there is nothing of it."""
        from skimage.measure import marching_cubes

        smoothing = [_SMOOTHING_VOXELS if factor == 1 else 0.0 for factor in self.factors]
        smoothing[0] = max(smoothing[0], _SMOOTHING_SLICES * self.block.slice_thickness_nm / self.cell_nm[0] if self._is_sliced else 0.0)
        share = gaussian_filter(self.share(label), smoothing, mode="nearest")
        # The level that keeps the volume: where cells are as coarse as ligaments, few are filled by half.
        level = float(np.clip(np.quantile(share, 1 - share.mean()), *_LEVELS))
        if share.max() <= level:
            return None
        marched: tuple[NDArray[Any], ...] = marching_cubes(_closed(share, level), level, spacing=self.cell_nm)  # type: ignore[no-untyped-call]
        vertices, triangles, normals, _ = marched
        vertices += (np.array((self.depth_nm, 0, 0)) - 0.5 * np.array(self.cell_nm)).astype(np.float32)  # the padding, and centres of cells
        to_view = np.array((1, -1, -1), np.float32)
        return Surface(
            np.ascontiguousarray(vertices[:, ::-1] * to_view),
            np.ascontiguousarray(normals[:, ::-1] * to_view, np.float32),
            np.ascontiguousarray(triangles, np.int32),
        )

    @property
    def _is_sliced(self) -> bool:
        """Whether slices are thicker than layers."""
        return self.block.slice_thickness_nm > 1.5 * self.block.layer_size_nm[0]


def _closed(share: NDArray[np.float32], level: float) -> NDArray[np.float32]:
    """Add a layer of cells around the block that brings the level to its faces, half-way between centres, wherever the phase meets them."""
    padded = np.pad(share, 1, mode="edge")
    closed: NDArray[np.float32] = np.minimum(padded, np.float32(2 * level) - padded)
    closed[1:-1, 1:-1, 1:-1] = share
    return closed

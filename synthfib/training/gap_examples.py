"""Examples for networks that fill the gaps between faces, cut out of structures that are known everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling import SliceThickness
from synthfib.errors import InputError
from synthfib.training.cubic_lines import cubic_lines
from synthfib.training.networks.inpainting import MISSING
from synthfib.training.networks.neural_spline import END_GAP, FACES

#: Planes of a gap that one example asks for.
DEPTHS = 3
#: Chance that a gap is taken for the first or the last one of a stack, where the face beyond it is missing.
END_CHANCE = 0.05
#: Chance that a structure runs straight through all faces, as random structures hardly do, and real ones may.
_STRAIGHT_CHANCE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class GapExamples:
    """Draws examples; the same `rng` draws the same ones.

    Parameters
    ----------
    volumes : sequence of ndarray of bool, shape (z, y, x)
        True in the solid. Structures must look the same along all axes: examples are turned in all directions.
    thickness : SliceThickness
        Law of the distances between faces, on the grid of the voxels.

    Raises
    ------
    InputError
        If the law does not keep to a grid, or there is no volume.
    """

    volumes: Sequence[NDArray[np.bool_]]
    thickness: SliceThickness

    def __post_init__(self) -> None:
        if not self.volumes:
            raise InputError("Examples of gaps need one volume or more, got none.")
        if self.thickness.grid_nm is None:
            raise InputError("Faces of examples must lie on voxels; give the slice thickness the voxel size as grid_nm.")

    def between(
        self, n: int, size: int, *, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return gaps seen along the milling direction.

        Returns
        -------
        faces : ndarray of float32, shape (n, 4, size, size)
            Two faces on either side of a gap, 1 in the solid and -1 in the pores.
        gaps : ndarray of float32, shape (n, 3)
            Planes from face to face.
        shares : ndarray of float32, shape (n, 3)
            Where in the middle gap missing planes lie, 0 to 1; one plane may come twice.
        solid : ndarray of float32, shape (n, 3, size, size)
            1 where these planes are solid.
        """
        drawn = [self._between(size, rng) for _ in range(n)]
        faces, gaps, shares, solid = (np.stack(parts).astype(np.float32) for parts in zip(*drawn, strict=True))
        return faces, gaps, shares, solid

    def across(self, n: int, size: int, *, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return sections across the faces, as the published network sees them.

        Returns
        -------
        planes, interpolated, solid : ndarray of float32, shape (n, 1, size, size)
            Sections ``(z, x)`` whose missing lines are 0.5, the same filled by cubic interpolation along z, and the truth.
        """
        drawn = [self._across(size, rng) for _ in range(n)]
        planes, interpolated, solid = (np.stack(parts).astype(np.float32)[:, None] for parts in zip(*drawn, strict=True))
        return planes, interpolated, solid

    def _between(self, size: int, rng: np.random.Generator) -> tuple[NDArray[np.generic], ...]:
        faces = self._faces(FACES, rng)
        above, below = faces[FACES // 2 - 1 : FACES // 2 + 1]
        block = self._block((int(faces[-1]) + 1, size, size), rng)
        if rng.random() < _STRAIGHT_CHANCE:
            block[:] = block[0]
        missing = rng.integers(above + 1, below, DEPTHS)
        shown, gaps = block[faces], np.diff(faces).astype(np.float32)
        end = rng.random()
        if end < END_CHANCE:
            shown[0], gaps[0] = shown[1], END_GAP
        elif end > 1 - END_CHANCE:
            shown[-1], gaps[-1] = shown[-2], END_GAP
        return 2.0 * shown - 1, gaps, (missing - above) / (below - above), block[missing]

    def _across(self, size: int, rng: np.random.Generator) -> tuple[NDArray[np.generic], ...]:
        faces = self._faces(None, rng, depth=2 * size)
        offset = int(rng.integers(size // 2))
        faces = faces[(faces >= offset) & (faces < offset + size)] - offset
        section = self._block((size, 1, size), rng)[:, 0]
        planes = np.full(section.shape, MISSING, np.float32)
        planes[faces] = section[faces]
        return planes, cubic_lines(section[faces].astype(np.float32), faces.astype(np.float64), (0, size)), section

    def _faces(self, count: int | None, rng: np.random.Generator, depth: int = 0) -> NDArray[np.intp]:
        """Draw planes of faces, the first at 0; of a number of faces, the two in the middle have something between them."""
        grid = self.thickness.grid_nm or 1.0
        while True:
            plan = self.thickness.plan(pixel_size_nm=(grid, grid), rng=rng, n_slices=count, depth_nm=None if count else depth * grid)
            faces = plan.voxel_index(grid)
            if count is None or faces[count // 2] - faces[count // 2 - 1] > 1:
                return faces

    def _block(self, shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Cut a block out of a random volume, turned in a random direction."""
        volume = self.volumes[int(rng.integers(len(self.volumes)))]
        volume = volume.transpose(rng.permutation(3))[tuple(slice(None, None, step) for step in rng.choice([-1, 1], 3))]
        if any(wanted > there for wanted, there in zip(shape, volume.shape, strict=True)):
            raise InputError(f"Examples of {shape} voxels do not fit into a volume of {volume.shape}; make larger volumes.")
        corner = [int(rng.integers(there - wanted + 1)) for wanted, there in zip(shape, volume.shape, strict=True)]
        return np.ascontiguousarray(volume[tuple(slice(start, start + wanted) for start, wanted in zip(corner, shape, strict=True))])

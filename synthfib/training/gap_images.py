"""Examples for a network that fills gaps and sees what shines through from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.training.augmentation import Augmentation
from synthfib.training.gap_examples import DEPTHS, END_CHANCE
from synthfib.training.networks.neural_spline import END_GAP, FACES

_USUAL_CHANGES = Augmentation(contrast=0.05, brightness=0.05)


@dataclass(frozen=True, slots=True, eq=False)
class ImagedStructure:
    """A structure that is known everywhere, and images of some of its planes.

    Parameters
    ----------
    solid : ndarray of bool, shape (z, y, x)
        True in the solid; z is the milling direction.
    planes : ndarray of int, shape (face,)
        Planes that are faces, strictly increasing.
    images : ndarray of float32, shape (channel, face, y, x)
        Scaled grey values, -1 in dark pores and 1 on bare solid.
    """

    solid: NDArray[np.bool_]
    planes: NDArray[np.intp]
    images: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class GapImageExamples:
    """Draws examples; the same `rng` draws the same ones.

    Parameters
    ----------
    structures : sequence of ImagedStructure
        What to learn from.
    augmentation : Augmentation
        How grey values are changed.

    Raises
    ------
    InputError
        If there is no structure, or one has too few faces or nothing between them.
    """

    structures: Sequence[ImagedStructure]
    augmentation: Augmentation = _USUAL_CHANGES

    def __post_init__(self) -> None:
        if not self.structures or any(_gaps(structure).size == 0 for structure in self.structures):
            raise InputError(f"Examples need structures with {FACES} faces or more and planes between them; mill deeper.")

    def between(
        self, n: int, size: int, *, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return gaps seen along the milling direction.

        Returns
        -------
        faces : ndarray of float32, shape (n, 4 * (1 + channel), size, size)
            Two faces on either side of a gap, 1 in the solid and -1 in the pores, then their images, channel by channel, -1 to 1.
        gaps, shares, solid : ndarray of float32
            As for `GapExamples.between`.
        """
        drawn = [self._between(size, rng) for _ in range(n)]
        faces, gaps, shares, solid = (np.stack(parts).astype(np.float32) for parts in zip(*drawn, strict=True))
        return faces, gaps, shares, solid

    def _between(self, size: int, rng: np.random.Generator) -> tuple[NDArray[np.generic], ...]:
        structure = self.structures[int(rng.integers(len(self.structures)))]
        if size > min(structure.solid.shape[1:]):
            raise InputError(f"Examples of {size} pixels do not fit into faces of {structure.solid.shape[1:]}; make larger ones.")
        gap = int(rng.choice(_gaps(structure)))
        shown = np.arange(gap + 1 - FACES // 2, gap + 1 + FACES // 2)
        planes = structure.planes[shown]
        above, below = planes[FACES // 2 - 1 : FACES // 2 + 1]
        missing = rng.integers(above + 1, below, DEPTHS)
        top, left = (int(rng.integers(side - size + 1)) for side in structure.solid.shape[1:])
        window = (slice(top, top + size), slice(left, left + size))
        change = self.augmentation.draw(rng=rng)
        faces = 2.0 * change.turn(structure.solid[planes][:, *window].astype(np.float32)) - 1
        images = change.light(change.turn(structure.images[(slice(None), shown, *window)]))
        gaps, end = np.diff(planes).astype(np.float32), rng.random()
        for cut, last, inner in ((end < END_CHANCE, 0, 1), (end > 1 - END_CHANCE, -1, -2)):
            if cut:
                faces[last], images[:, last], gaps[last] = faces[inner], images[:, inner], END_GAP
        solid = change.turn(structure.solid[missing][:, *window].astype(np.float32))
        return np.concatenate([faces, images.reshape(-1, size, size)]), gaps, (missing - above) / (below - above), solid


def _gaps(structure: ImagedStructure) -> NDArray[np.intp]:
    """Faces with something missing below them, and enough faces around."""
    faces = np.arange(FACES // 2 - 1, structure.planes.size - FACES // 2)
    return faces[np.diff(structure.planes)[faces] > 1] if faces.size else faces

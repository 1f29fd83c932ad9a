"""Random training patches: crops with their neighbouring faces or whole blocks, turned, mirrored, stretched and re-lit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.training.augmentation import Augmentation
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.stacks import InputStack, neighbours


class PatchSampler:
    """Draws patches from labelled stacks; the same `rng` draws the same patches.

    Parameters
    ----------
    stacks : sequence of InputStack
        Labelled stacks.
    view : FieldOfView
        What a patch is: a labelled face in the middle of its neighbours along the milling direction, or a block.
    patch_size : int
        Edge length in pixels, reduced to what the smallest face holds.
    patch_slices : int, optional
        Slices of a block, reduced to what the thinnest stack holds; by default as many as pixels along an edge.
    augmentation : Augmentation
        Changes of the patches.

    Raises
    ------
    InputError
        If a stack has no labels, or is too small for the network.
    """

    def __init__(
        self,
        stacks: Sequence[InputStack],
        view: FieldOfView,
        *,
        patch_size: int,
        patch_slices: int | None = None,
        augmentation: Augmentation = Augmentation(),  # noqa: B008  (frozen)
    ) -> None:
        side = min(min(stack.images.shape[2:]) for stack in stacks)
        self.patch_slices, self.patch_size = view.patch(patch_size, patch_slices, min(stack.n_slices for stack in stacks), side)
        self.view, self.augmentation = view, augmentation
        self._stacks = tuple((stack, _truth(stack)) for stack in stacks)
        pixels = np.array([solid.size for _, solid in self._stacks], np.float64)
        self._shares = pixels / pixels.sum()

    def draw(self, n: int, *, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return `n` patches and their truth.

        Returns
        -------
        inputs : ndarray of float32, shape (n, channel * adjacent_slices, patch, patch) or (n, channel, patch_slices, patch, patch)
            Scaled grey values, the neighbours of one channel together.
        solid : ndarray of float32, shape (n, 1, patch, patch) or (n, 1, patch_slices, patch, patch)
            1 where the middle face, or the block, is solid.
        """
        chosen = rng.choice(len(self._stacks), size=n, p=self._shares)
        patches = [self._patch(*self._stacks[index], rng=rng) for index in chosen]
        return np.stack([image for image, _ in patches]), np.stack([solid for _, solid in patches])

    def _patch(self, stack: InputStack, solid: NDArray[np.bool_], *, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        size = (self.patch_slices, self.patch_size, self.patch_size)
        first, top, left = (int(rng.integers(room + 1)) for room in np.subtract(solid.shape, size))
        window = (slice(top, top + self.patch_size), slice(left, left + self.patch_size))
        block = np.arange(first, first + self.patch_slices)
        flat = self.view.dimensions == 2
        faces = neighbours(first, stack.n_slices, self.view.adjacent_slices) if flat else block
        change = self.augmentation.draw(rng=rng)
        image = change.light(change.warp(change.turn(stack.scaled(stack.images[:, faces, *window])), smooth=True))
        truth = change.warp(change.turn(solid[block, *window].astype(np.float32)), smooth=False)
        return (image.reshape(-1, self.patch_size, self.patch_size), truth) if flat else (image, truth[None])


def _truth(stack: InputStack) -> NDArray[np.bool_]:
    if stack.solid is None:
        raise InputError("Patches can be drawn only from stacks with labels, got one without.")
    return stack.solid

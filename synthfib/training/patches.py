"""Random training patches: crops with their neighbouring faces, turned, mirrored and re-lit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.training.augmentation import Augmentation
from synthfib.training.stacks import InputStack, neighbours

#: Four poolings leave one pixel of 16, and instance normalisation needs more than one.
SMALLEST_PATCH = 32


class PatchSampler:
    """Draws patches from labelled stacks; the same `rng` draws the same patches.

    Parameters
    ----------
    stacks : sequence of InputStack
        Labelled stacks.
    patch_size : int
        Edge length in pixels, reduced to what the smallest face holds.
    adjacent_slices : int
        Faces per patch: the labelled one in the middle and its neighbours along the milling direction.
    contrast, brightness : float
        Largest relative change of contrast and largest change of brightness, on the scale of `InputStack.scaled`.

    Raises
    ------
    InputError
        If a stack has no labels or a face is smaller than 32 x 32 pixels.
    """

    def __init__(
        self, stacks: Sequence[InputStack], *, patch_size: int, adjacent_slices: int, contrast: float = 0.1, brightness: float = 0.1
    ) -> None:
        smallest = min(min(stack.images.shape[2:]) for stack in stacks)
        if smallest < SMALLEST_PATCH:
            raise InputError(f"Training needs faces of at least {SMALLEST_PATCH} x {SMALLEST_PATCH} pixels, the smallest side is {smallest}.")
        self.patch_size = min(patch_size, smallest) // 16 * 16
        self.adjacent_slices = adjacent_slices
        self.augmentation = Augmentation(contrast, brightness)
        self._stacks = tuple((stack, _truth(stack)) for stack in stacks)
        pixels = np.array([solid.size for _, solid in self._stacks], np.float64)
        self._shares = pixels / pixels.sum()

    def draw(self, n: int, *, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return `n` patches and their truth.

        Returns
        -------
        inputs : ndarray of float32, shape (n, channel * adjacent_slices, patch, patch)
            Scaled grey values, the neighbours of one channel together.
        solid : ndarray of float32, shape (n, 1, patch, patch)
            1 where the middle face is solid.
        """
        chosen = rng.choice(len(self._stacks), size=n, p=self._shares)
        patches = [self._patch(*self._stacks[index], rng=rng) for index in chosen]
        return np.stack([image for image, _ in patches]), np.stack([solid for _, solid in patches])

    def _patch(self, stack: InputStack, solid: NDArray[np.bool_], *, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        face, top, left = (int(rng.integers(room + 1)) for room in np.subtract(solid.shape, (1, self.patch_size, self.patch_size)))
        window = (slice(top, top + self.patch_size), slice(left, left + self.patch_size))
        faces = neighbours(face, stack.n_slices, self.adjacent_slices)
        change = self.augmentation.draw(rng=rng)
        image = change.light(change.turn(stack.scaled(stack.images[:, faces, *window])))
        return image.reshape(-1, self.patch_size, self.patch_size), change.turn(solid[face, *window].astype(np.float32))[None]


def _truth(stack: InputStack) -> NDArray[np.bool_]:
    if stack.solid is None:
        raise InputError("Patches can be drawn only from stacks with labels, got one without.")
    return stack.solid

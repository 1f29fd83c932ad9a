"""Changes of a training image that leave its truth the truth: turned, mirrored and re-lit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Change:
    """One change that was drawn.

    Parameters
    ----------
    turns : int
        Quarter turns within the face.
    mirrored : bool
        Whether x runs backwards after that.
    gain, offset : float
        What grey values are multiplied with, and what is added then.
    """

    turns: int
    mirrored: bool
    gain: float
    offset: float

    def turn(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Turn and mirror an array whose last axes are ``(y, x)``; one that is not square is turned by half a turn or not at all."""
        square = pixels.shape[-1] == pixels.shape[-2]
        turned = np.rot90(pixels, self.turns if square else self.turns // 2 * 2, axes=(-2, -1))
        return np.flip(turned, axis=-1) if self.mirrored else turned

    def light(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Change the contrast and the brightness of an image."""
        return image * np.float32(self.gain) + np.float32(self.offset)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Draws changes. The milling direction is never reversed: electrons come from one side only. Within the face no direction is special.

    Parameters
    ----------
    contrast, brightness : float
        Largest relative change of contrast and largest change of brightness, on the scale of the images.
    """

    contrast: float = 0.1
    brightness: float = 0.1

    def draw(self, *, rng: np.random.Generator) -> Change:
        """Return a change."""
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        return Change(turns, mirrored, 1 + self.contrast * rng.uniform(-1, 1), self.brightness * rng.uniform(-1, 1))

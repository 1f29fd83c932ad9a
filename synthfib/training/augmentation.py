"""Changes of a training image that leave its truth the truth: turned, mirrored, stretched and re-lit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform


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
    angle_rad : float
        Turn by any angle within the face, after the quarter turns.
    stretch : (float, float)
        How much larger everything becomes along ``(y, x)``, about the centre.
    """

    turns: int
    mirrored: bool
    gain: float
    offset: float
    angle_rad: float = 0.0
    stretch: tuple[float, float] = (1.0, 1.0)

    def turn(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Turn and mirror an array whose last axes are ``(y, x)``; one that is not square is turned by half a turn or not at all."""
        square = pixels.shape[-1] == pixels.shape[-2]
        turned = np.rot90(pixels, self.turns if square else self.turns // 2 * 2, axes=(-2, -1))
        return np.flip(turned, axis=-1) if self.mirrored else turned

    def warp(self, pixels: NDArray[Any], *, smooth: bool) -> NDArray[Any]:
        """Turn by any angle and stretch an array whose last axes are ``(y, x)``, mirrored beyond its edges; between pixels if `smooth`."""
        if self.angle_rad == 0 and self.stretch == (1.0, 1.0):
            return pixels
        matrix = np.eye(pixels.ndim)
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        matrix[-2:, -2:] = np.array([[cos, sin], [-sin, cos]]) / np.array(self.stretch)
        centre = (np.array(pixels.shape) - 1) / 2
        offset: Any = centre - matrix @ centre
        warped: NDArray[Any] = affine_transform(pixels, matrix, offset, order=int(smooth), mode="mirror")
        return warped

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
    stretch : float
        Largest relative change of length along y and along x, each for itself.
    rotation_deg : float
        Largest turn beside the quarter turns.
    """

    contrast: float = 0.1
    brightness: float = 0.1
    stretch: float = 0.0
    rotation_deg: float = 0.0

    def draw(self, *, rng: np.random.Generator) -> Change:
        """Return a change."""
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        gain, offset = 1 + self.contrast * rng.uniform(-1, 1), self.brightness * rng.uniform(-1, 1)
        angle = np.deg2rad(self.rotation_deg * rng.uniform(-1, 1)) if self.rotation_deg else 0.0
        stretch = 1 + self.stretch * rng.uniform(-1, 1, 2) if self.stretch else (1.0, 1.0)
        return Change(turns, mirrored, gain, offset, float(angle), (float(stretch[0]), float(stretch[1])))

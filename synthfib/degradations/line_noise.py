"""Line noise: mains and amplifier lift or lower whole scan lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthfib.degradations.base import Face, NoiseParameters, Run, Stage, draw_seed
from synthfib.degradations.ranges import check_range


@dataclass(frozen=True, slots=True)
class LineNoise:
    """Adds an independent Gaussian offset of mean 0 to every line along x, the direction of the fast scan.

    Parameters
    ----------
    sigma : float
        Standard deviation on the scale where black is 0 and white is 1, 0 to 1.

    Raises
    ------
    InputError
        If the standard deviation is out of range.
    """

    stage: ClassVar[Stage] = Stage.DETECTOR
    sigma: float = 0.0

    def __post_init__(self) -> None:
        check_range("The standard deviation of line noise", self.sigma, 0, 1)

    def draw(self, run: Run, *, rng: np.random.Generator) -> NoiseParameters:
        """Draw the key of the noise."""
        return NoiseParameters(draw_seed(rng))

    def apply(self, face: Face, parameters: NoiseParameters, /) -> Face:
        """Return the face with an offset on every line."""
        if self.sigma == 0:
            return face
        offsets = face.random(parameters.seed).standard_normal((face.image.shape[0], 1), dtype=np.float32)
        offsets *= np.float32(self.sigma)
        return face.with_image(face.image + offsets)

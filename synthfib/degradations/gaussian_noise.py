"""Gaussian noise: the amplifier adds an error of one strength to every pixel, bright or dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthfib.degradations.base import Face, NoiseParameters, Run, Stage, draw_seed
from synthfib.degradations.ranges import check_range


@dataclass(frozen=True, slots=True)
class GaussianNoise:
    """Adds independent Gaussian noise of mean 0 to every pixel.

    Parameters
    ----------
    variance : float
        Variance on the scale where black is 0 and white is 1, 0 to 1. Published synthetic stacks used 0.001, chosen heuristically
        (Sardhara et al. 2022, doi 10.3389/fmats.2022.837006).

    Raises
    ------
    InputError
        If the variance is out of range.
    """

    stage: ClassVar[Stage] = Stage.DETECTOR
    variance: float = 0.0

    def __post_init__(self) -> None:
        check_range("The variance of Gaussian noise", self.variance, 0, 1)

    def draw(self, run: Run, *, rng: np.random.Generator) -> NoiseParameters:
        """Draw the key of the noise."""
        return NoiseParameters(draw_seed(rng))

    def apply(self, face: Face, parameters: NoiseParameters, /) -> Face:
        """Return the face with noise added."""
        if self.variance == 0:
            return face
        noise = face.random(parameters.seed).standard_normal(face.image.shape, dtype=np.float32)
        noise *= np.float32(math.sqrt(self.variance))
        noise += face.image
        return face.with_image(noise)

"""Poisson noise of images that are recorded already: its variance grows with the grey value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthfib.degradations.base import Face, NoiseParameters, Run, Stage, draw_seed
from synthfib.degradations.counting import poisson
from synthfib.degradations.ranges import check_range

_BRIGHTEST = 1.25  # brighter signal is white whatever it counts


@dataclass(frozen=True, slots=True)
class PoissonNoise:
    """Replaces every grey value by a Poisson count of that mean.

    The grey value v becomes ``gain Poisson(v / gain)``: mean v, variance ``gain v``; a white pixel counts ``1 / gain`` electrons. For an
    expected yield there is `DoseNoise`, which knows how many electrons landed.

    Parameters
    ----------
    gain : float
        Variance per grey value on the scale where black is 0 and white is 1, 0 to 1. Published synthetic stacks used
        scikit-image's noise, which for 8-bit images has 1 / 256 (Sardhara et al. 2022, doi 10.3389/fmats.2022.837006).

    Raises
    ------
    InputError
        If the gain is out of range.
    """

    stage: ClassVar[Stage] = Stage.DETECTOR
    gain: float = 0.0

    def __post_init__(self) -> None:
        check_range("The gain of Poisson noise", self.gain, 0, 1)

    def draw(self, run: Run, *, rng: np.random.Generator) -> NoiseParameters:
        """Draw the key of the noise."""
        return NoiseParameters(draw_seed(rng))

    def apply(self, face: Face, parameters: NoiseParameters, /) -> Face:
        """Return the face as counted."""
        if self.gain == 0:
            return face
        # A grey value has no more than 1e9 electrons, with which no noise is seen in 16 bits.
        gain = max(self.gain, 1e-9)
        counts = poisson(face.image * np.float32(1 / gain), _BRIGHTEST / gain, face.random(parameters.seed))
        counts *= np.float32(gain)
        return face.with_image(counts)

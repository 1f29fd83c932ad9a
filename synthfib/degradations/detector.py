"""Detector and amplifier: gain and floor are not quite the same from image to image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.degradations.base import Face, Run, Stage
from synthfib.degradations.ranges import check_range


@dataclass(frozen=True, slots=True, eq=False)
class DetectorParameters:
    """Gain and floor of every image, float64 ``(channel, slice)``."""

    gain: NDArray[np.float64]
    floor: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detector:
    """Makes grey values ``floor + gain value``, with a gain and a floor of every image.

    Parameters
    ----------
    gain_spread : float
        Standard deviation of the logarithm of the gain, 0 to 1; its median is 1.
    floor_spread : float
        Standard deviation of the floor on the scale where black is 0 and white is 1, 0 to 1.
    floor : float
        Mean floor, -1 to 1.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.DETECTOR
    gain_spread: float = 0.0
    floor_spread: float = 0.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        check_range("The spread of the detector's gain", self.gain_spread, 0, 1)
        check_range("The spread of the detector's floor", self.floor_spread, 0, 1)
        check_range("The detector's floor", self.floor, -1, 1)

    def draw(self, run: Run, *, rng: np.random.Generator) -> DetectorParameters:
        """Draw gain and floor of every image."""
        shape = (run.n_channels, run.n_slices)
        return DetectorParameters(np.exp(self.gain_spread * rng.standard_normal(shape)), self.floor + self.floor_spread * rng.standard_normal(shape))

    def apply(self, face: Face, parameters: DetectorParameters, /) -> Face:
        """Return the face as this detector shows it."""
        gain, floor = (np.float32(values[face.channel, face.index]) for values in (parameters.gain, parameters.floor))
        if gain == 1 and floor == 0:
            return face
        return face.with_image(face.image * gain + floor)

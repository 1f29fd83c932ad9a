"""Brightness, contrast and gamma: what the operator turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthfib.degradations.base import Face, NothingDrawn, Run, Stage
from synthfib.degradations.ranges import check_range


@dataclass(frozen=True, slots=True)
class Contrast:
    """Makes grey values ``((1 + contrast) (value - 1/2) + 1/2 + brightness) ** gamma``, cut to black and white before the power.

    Parameters
    ----------
    contrast : float
        Relative change of contrast, -1 (none is left) to 10; 0 leaves it alone.
    brightness : float
        Change of brightness on the scale where black is 0 and white is 1, -1 to 1; 0 leaves it alone.
    gamma : float
        Exponent, 0.1 to 10; 1 leaves values alone, less brightens dark ones.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.DISPLAY
    contrast: float = 0.0
    brightness: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        check_range("The change of contrast", self.contrast, -1, 10)
        check_range("The change of brightness", self.brightness, -1, 1)
        check_range("Gamma", self.gamma, 0.1, 10)

    def draw(self, run: Run, *, rng: np.random.Generator) -> NothingDrawn:
        """Draw nothing: the operator sets the knobs once for a run."""
        return NothingDrawn()

    def apply(self, face: Face, parameters: NothingDrawn, /) -> Face:
        """Return the face with other knobs."""
        image = face.image
        if self.contrast or self.brightness:
            offset = np.float32(0.5 + self.brightness - 0.5 * (1 + self.contrast))
            image = image * np.float32(1 + self.contrast)
            image += offset
        if self.gamma != 1:
            image = np.clip(image, 0, 1)
            np.power(image, np.float32(self.gamma), out=image)
        return face if image is face.image else face.with_image(image)

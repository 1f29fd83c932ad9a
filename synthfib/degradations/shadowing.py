"""Shadowing: the walls of the trench keep electrons from the detector, more at the bottom of the face."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.degradations.base import Face, Run, Stage
from synthfib.degradations.ranges import check_range

# Half waves along (y, x) that make a shadow uneven.
_MODES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
_COARSE = 65  # places along each axis at which the range of a shadow is found


@dataclass(frozen=True, slots=True)
class ShadowingParameters:
    """The smooth part of a shadow.

    Parameters
    ----------
    amplitudes, phases_rad, periods_nm : tuple of float
        Each wave has the weight ``amplitude * cos(2 pi depth / period + phase)`` at a depth below the top.
    """

    amplitudes: tuple[float, ...]
    phases_rad: tuple[float, ...]
    periods_nm: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Shadowing:
    """Multiplies a face by a smooth shadow ``1 - loss * q``, with q from 0 at the brightest to 1 at the darkest place.

    ``q`` is a straight ramp towards one side plus `unevenness` times a random sum of half waves ``cos(pi m y) cos(pi n x)``, ``m + n`` at
    most 2, brought to the range from 0 to 1 on every face; the darkest place keeps ``1 - loss`` of its signal within 0.001. Waves
    change with depth over distances of `period_nm` to twice that, so that neighbouring slices are alike. All channels share the shadow.

    Parameters
    ----------
    loss : float
        Share of the signal that is lost at the darkest place, 0 to 0.95.
    direction_deg : float
        Where it gets dark: 0 the bottom of the image, 90 its right side, -90 its left side; -180 to 180.
    unevenness : float
        Weight of the waves against the ramp, 0 to 10.
    period_nm : float
        Depth over which the waves change in nm, 1 to 1e9.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.CHARGING
    loss: float = 0.0
    direction_deg: float = 0.0
    unevenness: float = 0.3
    period_nm: float = 2000.0

    def __post_init__(self) -> None:
        check_range("The loss in the shadow", self.loss, 0, 0.95)
        check_range("The direction of the shadow in degrees", self.direction_deg, -180, 180)
        check_range("The unevenness of the shadow", self.unevenness, 0, 10)
        check_range("The period of the shadow in nm", self.period_nm, 1, 1e9)

    def draw(self, run: Run, *, rng: np.random.Generator) -> ShadowingParameters:
        """Draw the waves."""
        amplitudes = rng.standard_normal(len(_MODES)) / [m + n for m, n in _MODES]
        phases_rad = rng.uniform(0, 2 * math.pi, len(_MODES))
        periods_nm = self.period_nm * rng.uniform(1, 2, len(_MODES))
        return ShadowingParameters(tuple(amplitudes.tolist()), tuple(phases_rad.tolist()), tuple(periods_nm.tolist()))

    def apply(self, face: Face, parameters: ShadowingParameters, /) -> Face:
        """Return the face in its shadow."""
        if self.loss == 0:
            return face
        weights = self._weights(face.position_nm, parameters)
        coarse = _waves(_COARSE).T @ weights @ _waves(_COARSE)
        low, high = float(coarse.min()), float(coarse.max())
        if high == low:
            return face
        slope = -self.loss / (high - low)
        weights *= slope
        weights[0, 0] += 1 - slope * low
        n_y, n_x = face.image.shape
        shadow: NDArray[np.float32] = (_waves(n_y).T @ weights).astype(np.float32) @ _waves(n_x).astype(np.float32)
        shadow *= face.image
        return face.with_image(shadow)

    def _weights(self, position_nm: float, parameters: ShadowingParameters) -> NDArray[np.float64]:
        """Weight of each product of two of the functions in `_waves`, at a depth."""
        weights = np.zeros((4, 4))
        angle = math.radians(self.direction_deg)
        weights[3, 0], weights[0, 3] = math.cos(angle), math.sin(angle)
        for (m, n), amplitude, phase, period_nm in zip(_MODES, parameters.amplitudes, parameters.phases_rad, parameters.periods_nm, strict=True):
            weights[m, n] += self.unevenness / 2 * amplitude * math.cos(2 * math.pi * position_nm / period_nm + phase)
        return weights


def _waves(n: int) -> NDArray[np.float64]:
    """One, one and two half waves, and a ramp from 0 to 1, at the centres of `n` pixels."""
    at = np.linspace(0, 1, n) if n > 1 else np.zeros(1)
    return np.stack([np.ones(n), np.cos(math.pi * at), np.cos(2 * math.pi * at), at])

"""Materials and energy as the fast simulators see them: brightness from 0 to 1, lengths in units of how deep electrons look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.volume import LabelVolume
from synthfib.physics.backscatter import backscatter_coefficient
from synthfib.physics.ranges import backscatter_depth_nm

#: What `Conditions.numbers` are.
NUMBERS = (
    "logarithm of the depth in pixels",
    "logarithm of the energy in keV",
    "coefficient of the darkest phase",
    "coefficient of the brightest phase",
    "opacity of the least opaque phase over that of the most opaque one",
)


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Materials at one landing energy. They depend on the phases alone, so that every part of a volume is treated alike.

    Parameters
    ----------
    darkest, brightest : float
        Backscatter coefficients between which all phases lie.
    brightness : ndarray of float32, shape (phase,)
        Where each phase lies between them.
    depth_nm : float
        Unit of length: the median backscatter depth in a medium halfway between the least and the most opaque phase.
    opacity : ndarray of float32, shape (phase,)
        Inverse median backscatter depths in that unit; 0 for vacuum, at most 2.
    numbers : ndarray of float32, shape (5,)
        `NUMBERS`.
    """

    darkest: float
    brightest: float
    brightness: NDArray[np.float32]
    depth_nm: float
    opacity: NDArray[np.float32]
    numbers: NDArray[np.float32]

    @property
    def contrast(self) -> float:
        """Coefficient of the brightest phase minus that of the darkest."""
        return self.brightest - self.darkest


def conditions_of(volume: LabelVolume, energy_kev: float) -> Conditions:
    """Return the conditions of the phases of `volume`.

    Raises
    ------
    InputError
        If the energy is outside 0.5-20 keV.
    """
    eta, opacity_per_nm = _properties(volume.phases, energy_kev)
    darkest, brightest, contrast = float(eta.min()), float(eta.max()), float(np.ptp(eta))
    brightness = (eta - darkest) / contrast if contrast > 0 else np.zeros_like(eta)
    least, most = float(opacity_per_nm.min()), float(opacity_per_nm.max())
    depth_nm = 2 / (least + most) if most > 0 else 1.0
    pixel_size_nm = math.sqrt(volume.voxel_size_nm[1] * volume.voxel_size_nm[2])
    numbers = (math.log(depth_nm / pixel_size_nm), math.log(energy_kev), darkest, brightest, least / most if most > 0 else 1.0)
    opacity = (opacity_per_nm * depth_nm).astype(np.float32)
    return Conditions(darkest, brightest, brightness.astype(np.float32), depth_nm, opacity, np.array(numbers, np.float32))


def _properties(phases: Sequence[Material], energy_kev: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    eta = np.array([backscatter_coefficient(phase, energy_kev) for phase in phases])
    return eta, np.array([1 / backscatter_depth_nm(phase, energy_kev) for phase in phases])

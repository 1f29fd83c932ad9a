"""Electrons that left the sample, seen by detectors afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.simulators.monte_carlo.detectors import Detector


@dataclass(frozen=True, eq=False)
class Exits:
    """Electrons that left through a face.

    Parameters
    ----------
    energy : ndarray of float64, shape (electron,)
        Energies as fractions of the landing energy.
    polar_deg : ndarray of float64, shape (electron,)
        Angles to the outward normal of the face.
    primary : ndarray of intp, shape (electron,)
        Numbers of the primaries, those of the first pixel first.
    """

    energy: NDArray[np.float64]
    polar_deg: NDArray[np.float64]
    primary: NDArray[np.intp]

    @classmethod
    def together(cls, parts: Sequence[Exits]) -> Exits:
        """Return all electrons of several lists."""
        energy, polar_deg = (np.concatenate([getattr(part, name) for part in parts]) for name in ("energy", "polar_deg"))
        return cls(energy, polar_deg, np.concatenate([part.primary for part in parts]))


def chances_of_acceptance(detector: Detector, energy: NDArray[np.float64], polar_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance that `detector` accepts each electron.

    Parameters
    ----------
    detector : Detector
        Windows and table.
    energy : ndarray
        Energies as fractions of the landing energy.
    polar_deg : ndarray
        Angles to the outward normal of the face.
    """
    table = np.asarray(detector.acceptance, np.float64)
    indices = []
    inside = np.ones(energy.shape, bool)
    for values, (low, high), steps in zip((energy, polar_deg), (detector.energy_window, detector.polar_window_deg), table.shape, strict=True):
        inside &= (values >= low) & (values <= high)
        indices.append(np.clip((values - low) / (high - low) * steps, 0, steps - 1).astype(np.intp))
    return np.where(inside, table[tuple(indices)], 0.0)


def yields_per_pixel(
    detectors: Sequence[Detector], exits: Exits, *, n_pixels: int, electrons_per_pixel: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard error per incident electron, ``(detector, pixel)``.

    Several electrons can leave for one primary. A primary counts once, with the largest chance among its electrons, so that yields stay
    within [0, 1].
    """
    means, errors = np.empty((2, len(detectors), n_pixels))
    for detector, mean, error in zip(detectors, means, errors, strict=True):
        chances = np.zeros(n_pixels * electrons_per_pixel)
        np.maximum.at(chances, exits.primary, chances_of_acceptance(detector, exits.energy, exits.polar_deg))
        per_pixel = chances.reshape(n_pixels, electrons_per_pixel)
        mean[:] = per_pixel.mean(axis=1)
        error[:] = per_pixel.std(axis=1) / np.sqrt(max(electrons_per_pixel - 1, 1))
    return means, errors

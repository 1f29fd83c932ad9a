"""Electron counts of a whole run, and the images and maps they make."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.simulators.monte_carlo._imaging import BELOW, DEEPEST, ELSEWHERE, N_TRUTHS, SPREAD
from synthfib.simulators.monte_carlo.face_store import FaceSums

_LOST_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class TruthMaps:
    """Where the signal of the first detector came from, float32 ``(energy, slice, y, x)`` each; NaN where it saw nothing.

    Parameters
    ----------
    deepest_nm : ndarray
        Mean of the greatest depth below the face that its electrons reached.
    shine_through : ndarray
        Share of its electrons that were scattered in a phase other than the one exposed at the pixel.
    spread_nm : ndarray
        Mean lateral distance from entry to exit.
    """

    deepest_nm: NDArray[np.float32]
    shine_through: NDArray[np.float32]
    spread_nm: NDArray[np.float32]


class Sums:
    """Sums over the electrons of each pixel.

    Parameters
    ----------
    shape : tuple of int
        Sizes ``(energy, slice, y, x, detector)``.
    """

    def __init__(self, shape: tuple[int, int, int, int, int]) -> None:
        self.signal = np.zeros(shape, np.float32)
        self.squares = np.zeros(shape, np.float32)
        self.truth = np.zeros((*shape[:4], N_TRUTHS), np.float32)

    def at(self, energy: int, face: int) -> FaceSums:
        """Return views of one face."""
        return self.signal[energy, face], self.squares[energy, face], self.truth[energy, face]

    def put(self, energy: int, face: int, sums: FaceSums) -> None:
        """Fill in one face."""
        for own, given in zip(self.at(energy, face), sums, strict=True):
            own[:] = given

    def yields(self, electrons: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return mean and standard error per electron, float32 ``(channel, slice, y, x)``; channels run over energies, then detectors."""
        mean, mean_square = self.signal / np.float32(electrons), self.squares / np.float32(electrons)
        error = np.sqrt(np.maximum(mean_square - mean**2, 0) / np.float32(max(electrons - 1, 1)))
        return _channels_first(mean), _channels_first(error)

    def truth_maps(self) -> TruthMaps:
        """Return the maps of the first detector."""
        seen = np.where(self.signal[..., 0] > 0, self.signal[..., 0], np.float32(np.nan))
        deepest_nm, shine_through, spread_nm = (np.asarray(self.truth[..., kind] / seen, np.float32) for kind in (DEEPEST, ELSEWHERE, SPREAD))
        return TruthMaps(deepest_nm, shine_through, spread_nm)

    def warn_of_losses(self, electrons: int, enough_nm: float) -> None:
        """Warn if too many electrons left below, where a deeper volume could have sent some back."""
        lost = float(self.truth[..., BELOW].mean(axis=(2, 3)).max()) / electrons
        if lost > _LOST_SHARE:
            warnings.warn(
                f"The volume is too shallow: {lost:.1%} of the electrons of one face leave it below, from where some would return; "
                + ("make it deeper." if math.isinf(enough_nm) else f"{enough_nm:.0f} nm below the last face are always enough."),
                stacklevel=3,
            )


def _channels_first(values: NDArray[np.float32]) -> NDArray[np.float32]:
    energies, _, _, _, detectors = values.shape
    return np.ascontiguousarray(np.moveaxis(values, -1, 1)).reshape(energies * detectors, *values.shape[1:4])

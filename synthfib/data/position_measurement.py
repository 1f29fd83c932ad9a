"""What instruments believe about the depth of faces: a ruler beside the sample, and the estimate that software makes on the fly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError

#: Slices that the estimate on the fly takes for still are at most this thick, in nm.
STILL_NM = 1.0


@dataclass(frozen=True, slots=True)
class PositionMeasurement:
    """How two methods err that were compared on one sample of nanoporous gold.

    The publication (T. Sardhara et al., Ultramicroscopy 256 (2024) 113878, doi 10.1016/j.ultramic.2023.113878) says of the ruler that its
    errors are minimal, and of the estimate on the fly that "an unrealistically large number of slices" came out at 1 nm or less. How many,
    and how large errors are, it shows in histograms without numbers: the defaults are chosen, not read.

    Parameters
    ----------
    ruler_error_nm : float
        Standard deviation of each position read from the ruler, in nm; errors do not add up from slice to slice.
    automatic_error_nm : float
        Standard deviation of each slice thickness estimated on the fly, in nm; these errors add up.
    still_chance : float
        Chance that the estimate on the fly sees no motion: it says 0 to 1 nm, and the rest of the slice is lost for good, so that the
        measured depth falls short by about this share.

    Raises
    ------
    InputError
        If an error is negative or the chance is not in [0, 1).
    """

    ruler_error_nm: float = 0.5
    automatic_error_nm: float = 2.0
    still_chance: float = 0.2

    def __post_init__(self) -> None:
        for name in ("ruler_error_nm", "automatic_error_nm"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise InputError(f"{name} must be 0 nm or more, got {getattr(self, name)!r}.")
        if not 0 <= self.still_chance < 1:
            raise InputError(f"still_chance must be in [0, 1), got {self.still_chance!r}.")

    def measure(self, positions_nm: NDArray[np.float64], *, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Return the positions by method, ``ruler`` and ``automatic``, in nm.

        Both start at the true depth of the first face and never step back: a face that seems to lie above the one before is put there.

        Parameters
        ----------
        positions_nm : ndarray of float64, shape (slice,)
            True depths in nm, increasing.
        rng : Generator
            Each method has random numbers of its own, and a longer run begins with the shorter one.
        """
        ruler_rng, still_rng, automatic_rng = rng.spawn(3)
        read = positions_nm + self.ruler_error_nm * ruler_rng.standard_normal(positions_nm.size)
        read[:1] = positions_nm[:1]
        still = still_rng.random((positions_nm.size - 1, 2))
        estimate = np.diff(positions_nm) + self.automatic_error_nm * automatic_rng.standard_normal(positions_nm.size - 1)
        estimate = np.where(still[:, 0] < self.still_chance, STILL_NM * still[:, 1], estimate.clip(0))
        return {
            "ruler": np.maximum.accumulate(read),
            "automatic": positions_nm[0] + np.concatenate([[0.0], np.cumsum(estimate)]),
        }

"""What goes wrong while slices are milled: a thickness that drifts, cuts that remove nothing, cuts between two images."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synthfib.errors import InputError

# Of a missed cut a trace is removed all the same, so that faces never coincide.
_TRACE = 0.01


@dataclass(frozen=True, slots=True)
class MillingFaults:
    """How a run of cuts departs from independent slices of one mean thickness.

    Publications name the causes (beam shape, charging, roughness, drift of the sample) but give no rates: all defaults are 0.

    Parameters
    ----------
    drift_std_nm : float
        Standard deviation of the slowly varying mean thickness in nm, 0 or more.
    drift_slices : float
        Number of slices over which that mean forgets itself (correlation 1/e), above 0.
    missed_cut_chance : float
        Chance per slice that a cut removes a hundredth of the slice only; the next cut removes the rest with its own slice.
    double_cut_chance : float
        Chance per slice that two cuts lie between two images.

    Raises
    ------
    InputError
        If a length is out of its range, or a chance not in [0, 0.5].
    """

    drift_std_nm: float = 0.0
    drift_slices: float = 50.0
    missed_cut_chance: float = 0.0
    double_cut_chance: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.drift_std_nm) and self.drift_std_nm >= 0):
            raise InputError(f"The drift of the slice thickness must be 0 nm or more, got {self.drift_std_nm!r}.")
        if not (math.isfinite(self.drift_slices) and self.drift_slices > 0):
            raise InputError(f"The drift of the slice thickness must last more than 0 slices, got {self.drift_slices!r}.")
        for name in ("missed_cut_chance", "double_cut_chance"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise InputError(f"{name} must be in [0, 0.5], got {getattr(self, name)!r}.")

    def apply(self, cuts_nm: Iterator[float], mean_nm: float, *, rng: np.random.Generator) -> Iterator[float]:
        r"""Yield slice thicknesses in nm without end.

        Slice i of the thickness t drawn by the law becomes :math:`t\,\exp(s g_i - s^2/2)`, with s the drift over the mean and g an
        autoregressive Gaussian series of first order and standard deviation 1, so that the mean stays and nothing gets negative.

        Parameters
        ----------
        cuts_nm : iterator of float
            Thickness that each cut removes, in nm.
        mean_nm : float
            Its mean.
        rng : Generator
            Three numbers are drawn for each slice.
        """
        spread, memory = self.drift_std_nm / mean_nm, math.exp(-1 / self.drift_slices)
        state, left_nm = float(rng.standard_normal()), 0.0
        while True:
            fate, step = float(rng.random()), float(rng.standard_normal())
            scale = math.exp(spread * state - spread**2 / 2)
            cut_nm = left_nm + next(cuts_nm) * scale
            left_nm = 0.0
            if fate < self.missed_cut_chance:
                left_nm = (1 - _TRACE) * cut_nm
                cut_nm -= left_nm
            elif fate > 1 - self.double_cut_chance:
                cut_nm += next(cuts_nm) * scale
            yield cut_nm
            state = memory * state + math.sqrt(1 - memory**2) * step

"""Numbers that a simulation of flat layers is compared by, with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from synthfib.simulators.monte_carlo.detectors import Detector
from synthfib.simulators.monte_carlo.layers import Electrons

Estimate = tuple[float, float]

_ABOVE_200_EV = 0.2


def eta(electrons: Electrons) -> Estimate:
    """Return the backscatter coefficient."""
    return electrons.eta()


def eta_below_200_ev(electrons: Electrons) -> Estimate:
    """Return the share of electrons that come back with less than 200 eV: what a higher cut-off would miss."""
    return electrons.eta(Detector("slow", energy_window=(0.0, _ABOVE_200_EV / electrons.landing_kev)))


def median_depth(electrons: Electrons) -> Estimate:
    """Return the median of the deepest points of backscattered electrons in nm."""
    return quantile(electrons.deepest_nm[electrons.escaped], 0.5)


def ninth_depth(electrons: Electrons) -> Estimate:
    """Return the depth in nm that a tenth of the backscattered electrons exceed."""
    return quantile(electrons.deepest_nm[electrons.escaped], 0.9)


def median_spread(electrons: Electrons) -> Estimate:
    """Return the median lateral distance from entry to exit in nm."""
    return quantile(electrons.lateral_nm[electrons.escaped], 0.5)


def ninth_spread(electrons: Electrons) -> Estimate:
    """Return the lateral distance in nm that a tenth of the backscattered electrons exceed."""
    return quantile(electrons.lateral_nm[electrons.escaped], 0.9)


def mean_energy(electrons: Electrons) -> Estimate:
    """Return the mean energy of backscattered electrons as a share of the landing energy."""
    share = electrons.energy_kev[electrons.escaped] / electrons.landing_kev
    return float(share.mean()), float(share.std()) / math.sqrt(max(share.size - 1, 1))


def quantile(values: NDArray[np.float32], share: float) -> Estimate:
    """Return a quantile and its standard error, from the ranks one standard deviation to either side."""
    half = math.sqrt(share * (1 - share) / values.size)
    low, middle, high = np.quantile(values, [max(share - half, 0.0), share, min(share + half, 1.0)])
    return float(middle), float(high - low) / 2


#: By the name that cases use.
QUANTITIES: dict[str, Callable[[Electrons], Estimate]] = {
    "η": eta,
    "η below 200 eV": eta_below_200_ev,
    "median depth (nm)": median_depth,
    "90 % depth (nm)": ninth_depth,
    "median spread (nm)": median_spread,
    "90 % spread (nm)": ninth_spread,
    "mean energy share": mean_energy,
}

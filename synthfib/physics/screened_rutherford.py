"""Elastic scattering of electrons by atoms: screened Rutherford, the classic closed form.

``dsigma/dOmega = sigma alpha (1 + alpha) / pi / (1 - cos theta + 2 alpha)^2`` with the screening parameter
``alpha = 3.4e-3 Z^0.67 / E`` (E in keV) of H. E. Bishop (1976) and ``sigma = 5.21e-21 (Z/E)^2 4 pi / (alpha (1 + alpha))
((E + 511)/(E + 1022))^2`` in cm2, as collected in D. C. Joy, *Monte Carlo Modeling for Electron Microscopy and Microanalysis*
(1995). A first Born approximation: good for light atoms above a few keV. Transport cross-sections of gold are five times too large at
1 keV and half as large again at 20 keV; it is here to be compared with, and for tests.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_NM2_PER_CM2 = 1e14


def screening_parameter(z: int, energy_kev: float) -> float:
    """Return the screening parameter ``alpha = 3.4e-3 Z^0.67 / E``."""
    return float(3.4e-3 * math.pow(z, 0.67) / energy_kev)


def total_cross_section_nm2(z: int, energy_kev: float) -> float:
    """Return the total cross-section of an atom in nm2."""
    alpha = screening_parameter(z, energy_kev)
    relativity = (energy_kev + 511) / (energy_kev + 1022)
    return 5.21e-21 * (z / energy_kev) ** 2 * 4 * math.pi / (alpha * (1 + alpha)) * relativity**2 * _NM2_PER_CM2


def mean_deflection(alpha: float) -> float:
    """Return the mean of ``1 - cos theta`` for a screening parameter."""
    return 2 * alpha * ((1 + alpha) * math.log((1 + alpha) / alpha) - 1)


def angular_density_per_sr(alpha: float, deflection: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance per solid angle of deflections ``1 - cos theta`` for a screening parameter."""
    return alpha * (1 + alpha) / math.pi / (np.asarray(deflection, np.float64) + 2 * alpha) ** 2


def differential_cross_section_nm2_sr(z: int, energies_kev: NDArray[np.float64], deflection: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the differential cross-section in nm2/sr, float64 (energy, angle), at deflections ``1 - cos theta``."""
    energies = np.asarray(energies_kev, np.float64).tolist()
    return np.array([total_cross_section_nm2(z, e) * angular_density_per_sr(screening_parameter(z, e), deflection) for e in energies])

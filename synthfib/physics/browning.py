"""Elastic scattering of electrons by atoms: Browning's empirical form of the Mott cross-sections.

Source: R. Browning, T. Z. Li, B. Chui, J. Ye, R. F. W. Pease, Z. Czyzewski, D. C. Joy, J. Appl. Phys. 76 (1994) 2016,
doi 10.1063/1.357669. Valid from 0.1 to 30 keV. Transport cross-sections are within 14 % of relativistic partial-wave
values for carbon to gold between 1 and 4 keV; total ones are up to 1.7 times too large for gold, which no transport
quantity feels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.errors import InputError
from synthfib.physics.elements import ATOMIC_WEIGHT
from synthfib.physics.screened_rutherford import angular_density_per_sr, mean_deflection

#: Landing energies in keV for which the formulas hold.
ENERGY_RANGE_KEV = (0.1, 30.0)
AVOGADRO_PER_MOL = 6.02214076e23
_NM2_PER_CM2 = 1e14
_NM_PER_CM = 1e7


def elastic_cross_section_nm2(z: int, energy_kev: float) -> float:
    """Return the total elastic cross-section of an atom in nm2.

    ``sigma = 3e-18 Z^1.7 / (E + 0.005 Z^1.7 E^0.5 + 0.0007 Z^2 E^-0.5)`` in cm2, E in keV.

    Raises
    ------
    InputError
        If the energy is outside 0.1-30 keV.
    """
    _check_energy(energy_kev)
    return _total_nm2(z, energy_kev)


def transport_cross_section_nm2(z: int, energy_kev: float) -> float:
    """Return the first transport cross-section ``integral (1 - cos theta) dsigma`` of an atom in nm2.

    Browning's angular law mixes screened Rutherford scattering, screening parameter ``7e-3/E``, and isotropic scattering,
    in the ratio ``300 E^(1 - Z/2000)/Z + Z^3/(3e5 E)``.

    Raises
    ------
    InputError
        If the energy is outside 0.1-30 keV.
    """
    total = elastic_cross_section_nm2(z, energy_kev)
    rutherford = _rutherford_share(z, energy_kev)
    return float(total * (rutherford * mean_deflection(_screening(energy_kev)) + (1 - rutherford)))


def differential_cross_section_nm2_sr(z: int, energies_kev: NDArray[np.float64], deflection: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the differential cross-section in nm2/sr, float64 (energy, angle), at deflections ``1 - cos theta``.

    The same formulas as above, without their check of the energy: below 0.1 keV they are an extrapolation.
    """
    rows = []
    for energy_kev in np.asarray(energies_kev, np.float64).tolist():
        rutherford = _rutherford_share(z, energy_kev)
        density = rutherford * angular_density_per_sr(_screening(energy_kev), deflection) + (1 - rutherford) / (4 * math.pi)
        rows.append(_total_nm2(z, energy_kev) * density)
    return np.array(rows)


def transport_mean_free_path_nm(material: Material, energy_kev: float) -> float:
    """Return the transport mean free path in nm, infinite in vacuum.

    ``1/lambda = N_A rho sum_i c_i sigma_i / A_i`` with mass fractions c.

    Raises
    ------
    InputError
        If the energy is outside 0.1-30 keV.
    """
    _check_energy(energy_kev)
    if material.is_vacuum:
        return math.inf
    per_gram = sum(fraction * transport_cross_section_nm2(z, energy_kev) / ATOMIC_WEIGHT[z] for z, fraction in material.composition)
    return _NM_PER_CM / (AVOGADRO_PER_MOL * material.density_g_cm3 * per_gram / _NM2_PER_CM2)


def _total_nm2(z: int, energy_kev: float) -> float:
    E, zp = energy_kev, math.pow(z, 1.7)
    return 3.0e-18 * zp / (E + 0.005 * zp * math.sqrt(E) + 0.0007 * z**2 / math.sqrt(E)) * _NM2_PER_CM2


def _rutherford_share(z: int, energy_kev: float) -> float:
    """Chance of screened Rutherford rather than isotropic scattering."""
    ratio = 300 * math.pow(energy_kev, 1 - z / 2000) / z + z**3 / (3e5 * energy_kev)
    return ratio / (1 + ratio)


def _screening(energy_kev: float) -> float:
    return 7.0e-3 / energy_kev


def _check_energy(energy_kev: float) -> None:
    low, high = ENERGY_RANGE_KEV
    if not low <= energy_kev <= high:
        raise InputError(f"Browning's cross-sections hold from {low:g} to {high:g} keV, got {energy_kev!r} keV.")

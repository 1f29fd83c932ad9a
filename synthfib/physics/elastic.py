"""Elastic scattering of electrons by atoms and materials, by the model of your choice.

``"partial-waves"``
    Relativistic partial waves in a Dirac-Hartree-Fock-Slater potential with exchange, see `partial_waves`. The default.
``"browning"``
    Browning's fit of 1994, see `browning`: no tables, transport cross-sections within about 14 % from 1 to 4 keV.
``"screened-rutherford"``
    First Born approximation of a screened nucleus, see `screened_rutherford`: for comparison and for tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from synthfib.data.material import Material
from synthfib.errors import InputError, UnknownNameError
from synthfib.physics import browning, screened_rutherford
from synthfib.physics.elastic_tables import DEFLECTION, ENERGIES_KEV, OnProgress, tabulated
from synthfib.physics.elements import ATOMIC_WEIGHT

#: Names of the models.
MODELS = ("partial-waves", "browning", "screened-rutherford")

_HEAVIEST = 92
# Avogadro's number times 1 g/cm3 / (1 g/mol), in nm-3.
_ATOMS_PER_NM3 = 6.02214076e2


# Tables already read or computed, by atomic number and model; they never change.
_KNOWN: dict[tuple[int, str], ElasticScattering] = {}


@dataclass(frozen=True, eq=False)
class ElasticScattering:
    """Elastic cross-sections of one element.

    Parameters
    ----------
    z : int
        Atomic number.
    energies_kev : float64 (energy,)
        Kinetic energies in keV, ascending, evenly spaced in their logarithm.
    deflection : float64 (angle,)
        Nodes of ``1 - cos theta`` from 0 to 2, dense in the forward direction.
    differential_nm2_sr : float64 (energy, angle)
        Differential cross-section in nm2/sr.
    """

    z: int
    energies_kev: NDArray[np.float64]
    deflection: NDArray[np.float64]
    differential_nm2_sr: NDArray[np.float64]

    @cached_property
    def total_nm2(self) -> NDArray[np.float64]:
        """Total cross-section in nm2, float64 (energy,)."""
        return self._integrate(np.ones_like(self.deflection))

    @cached_property
    def transport_nm2(self) -> NDArray[np.float64]:
        """First transport cross-section ``integral (1 - cos theta) dsigma`` in nm2, float64 (energy,)."""
        return self._integrate(self.deflection)

    @cached_property
    def second_transport_nm2(self) -> NDArray[np.float64]:
        """Second transport cross-section ``integral 3/2 sin^2 theta dsigma`` in nm2, float64 (energy,)."""
        return self._integrate(1.5 * self.deflection * (2 - self.deflection))

    def _integrate(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = scattering_angle(self.deflection)
        density = 2 * np.pi * np.sin(angle) * weight * self.differential_nm2_sr
        return np.asarray(CubicSpline(angle, density, axis=1).integrate(angle[0], angle[-1]), np.float64)


def scattering_angle(deflection: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the angle theta in rad that belongs to ``1 - cos theta``, exact for small angles too."""
    return np.asarray(2 * np.arcsin(np.sqrt(np.asarray(deflection) / 2)), np.float64)


def elastic_scattering(z: int, *, model: str = "partial-waves", on_progress: OnProgress | None = None) -> ElasticScattering:
    """Return the elastic cross-sections of an element from 50 eV to 30 keV.

    Parameters
    ----------
    z : int
        Atomic number, 1 to 92.
    model : str
        One of `MODELS`.
    on_progress : callable, optional
        Called with the number of energies done and their total, if there is anything to compute.

    Raises
    ------
    InputError
        If the atomic number is outside 1-92 or the model is not known.
    """
    if model not in MODELS:
        raise UnknownNameError("elastic scattering model", model, MODELS)
    if z not in range(1, _HEAVIEST + 1):
        raise InputError(f"Elastic cross-sections are known for atomic numbers 1 to {_HEAVIEST}, got {z!r}.")
    if (z, model) not in _KNOWN:
        differential = tabulated(z, on_progress=on_progress).astype(np.float64) if model == "partial-waves" else _closed_form(z, model)
        differential.flags.writeable = False
        _KNOWN[z, model] = ElasticScattering(z, ENERGIES_KEV, DEFLECTION, differential)
    return _KNOWN[z, model]


def inverse_mean_free_path_per_nm(
    material: Material, energies_kev: NDArray[np.float64], *, model: str = "partial-waves", on_progress: OnProgress | None = None
) -> NDArray[np.float64]:
    """Return the elastic collisions per path length in 1/nm, of the shape of `energies_kev`; 0 in vacuum.

    ``1/lambda = N_A rho sum_i c_i sigma_i / A_i`` with mass fractions c; log-log interpolation between tabulated energies.

    Raises
    ------
    InputError
        If an energy is outside 0.05-30 keV, an element outside 1-92, or the model is not known.
    """
    elements = [(scattering.total_nm2, density) for scattering, density in constituents(material, model=model, on_progress=on_progress)]
    return _at_energies(elements, energies_kev)


def inverse_transport_mean_free_path_per_nm(
    material: Material, energies_kev: NDArray[np.float64], *, model: str = "partial-waves", on_progress: OnProgress | None = None
) -> NDArray[np.float64]:
    """Return the same with transport cross-sections: directions forgotten per path length, in 1/nm.

    Raises
    ------
    InputError
        As `inverse_mean_free_path_per_nm`.
    """
    elements = [(scattering.transport_nm2, density) for scattering, density in constituents(material, model=model, on_progress=on_progress)]
    return _at_energies(elements, energies_kev)


def constituents(
    material: Material, *, model: str = "partial-waves", on_progress: OnProgress | None = None
) -> tuple[tuple[ElasticScattering, float], ...]:
    """Return the cross-sections of each element of a material with its number of atoms per nm3; empty for vacuum."""
    return tuple(
        (
            elastic_scattering(z, model=model, on_progress=on_progress),
            _ATOMS_PER_NM3 * material.density_g_cm3 * fraction / ATOMIC_WEIGHT[z],
        )
        for z, fraction in material.composition
    )


def _at_energies(elements: list[tuple[NDArray[np.float64], float]], energies_kev: NDArray[np.float64]) -> NDArray[np.float64]:
    energies_kev = np.asarray(energies_kev, np.float64)
    low, high = ENERGIES_KEV[0], ENERGIES_KEV[-1]
    if energies_kev.size and not (energies_kev.min() >= low and energies_kev.max() <= high):
        raise InputError(f"Elastic cross-sections are known from {low:g} to {high:g} keV, got {energies_kev.min():g} to {energies_kev.max():g} keV.")
    if not elements:
        return np.zeros_like(energies_kev)
    rate = np.sum([cross_section * density for cross_section, density in elements], axis=0)
    return np.asarray(np.exp(np.interp(np.log(energies_kev), np.log(ENERGIES_KEV), np.log(rate))), np.float64)


def _closed_form(z: int, model: str) -> NDArray[np.float64]:
    if model == "screened-rutherford":
        return screened_rutherford.differential_cross_section_nm2_sr(z, ENERGIES_KEV, DEFLECTION)
    return browning.differential_cross_section_nm2_sr(z, ENERGIES_KEV, DEFLECTION)

"""Elastic scattering of electrons by free atoms: relativistic partial waves.

The Dirac equation is solved for each angular momentum in the potential of the atom; phase shifts give the direct and the spin-flip
amplitude, and these the differential cross-section of an unpolarised beam, ``|f|^2 + |g|^2`` (F. Salvat, A. Jablonski, C. J. Powell,
Comput. Phys. Commun. 165 (2005) 157, doi 10.1016/j.cpc.2004.09.006). Partial waves are summed as differences to the first Born
approximation of Yukawa terms close to the potential, which is known in closed form: what remains converges fast.

Hartree atomic units inside: lengths in Bohr radii, energies in Hartree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import spherical_jn, spherical_yn

from synthfib.errors import InputError
from synthfib.physics._dirac_kernels import SPEED_OF_LIGHT
from synthfib.physics._partial_wave_kernels import radial_solutions, sum_partial_waves
from synthfib.physics.atomic_potential import AtomicPotential
from synthfib.physics.born_approximation import FreeWave, born_amplitudes, born_phase_shifts, exchange_enhanced
from synthfib.physics.free_atom import free_atom

Floats = NDArray[np.float64]

#: Energies in keV that the method is meant for.
ENERGY_RANGE_KEV = (0.05, 30.0)
HARTREE_KEV = 0.027211386246
BOHR_NM = 0.052917721090

# Steps: a constant ratio of radii near the nucleus, a constant phase far from it.
_LOG_STEP = 0.03
_PHASE_STEP = 0.35
_INNERMOST = 1e-6
_BLOCK = 32  # orders integrated at a time
_CONVERGED = 1e-8


def differential_cross_section_nm2_sr(z: int, energy_kev: float, deflection: Floats) -> Floats:
    """Return the differential cross-section of an element in nm2/sr, float64 (angle,), at deflections ``1 - cos theta``.

    Raises
    ------
    InputError
        If the atomic number is outside 1-92, or the energy outside 0.05-30 keV.
    """
    low, high = ENERGY_RANGE_KEV
    if not low * (1 - 1e-9) <= energy_kev <= high * (1 + 1e-9):
        raise InputError(f"Partial-wave cross-sections hold from {low:g} to {high:g} keV, got {energy_kev!r} keV.")
    f, g = amplitudes(free_atom(z).potential(), energy_kev / HARTREE_KEV, deflection)
    return np.asarray((np.abs(f) ** 2 + np.abs(g) ** 2) * BOHR_NM**2, np.float64)


def amplitudes(potential: AtomicPotential, energy: float, deflection: Floats) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return direct and spin-flip amplitudes in Bohr radii, complex128 (angle,), at an energy in Hartree."""
    wave = FreeWave(energy)
    deflection = np.asarray(deflection, np.float64)
    terms = exchange_enhanced(potential.terms, energy)
    equation = RadialEquation.of(lambda r: potential.energy(r, energy), wave, potential.reach)
    lower, upper = _beyond_born(equation, *born_phase_shifts(terms, wave, equation.orders))
    order = np.arange(lower.size)
    direct, flip = (order + 1) * lower + order * upper, upper - lower
    f, g = sum_partial_waves(direct / wave.wave_number, flip / wave.wave_number, 1 - deflection)
    born_f, born_g = born_amplitudes(terms, wave, deflection)
    return f + born_f, g + born_g


def _beyond_born(equation: RadialEquation, born_lower: Floats, born_upper: Floats) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return what each order adds to its Born term, for ``kappa = -l - 1`` and ``kappa = l``, until it adds nothing."""
    lower, upper = np.empty(0, np.complex128), np.zeros(1, np.complex128)
    while lower.size < equation.orders:
        orders = np.arange(lower.size, min(lower.size + _BLOCK, equation.orders))
        lower = np.append(lower, _excess(equation.phase_shifts(-orders - 1), born_lower[orders]))
        orders = orders[orders > 0]
        upper = np.append(upper, _excess(equation.phase_shifts(orders), born_upper[orders]))
        if np.abs([lower[-4:], upper[-4:]]).max() < _CONVERGED:
            break
    return lower, upper


def _excess(phase: Floats, born: Floats) -> NDArray[np.complex128]:
    return np.asarray((np.exp(2j * phase) - 1 - 2j * born) / 2j, np.complex128)


@dataclass(frozen=True)
class RadialEquation:
    """The radial Dirac equation of one potential and energy, sampled where the integrator wants it."""

    wave: FreeWave
    reach: float
    width: Floats
    inverse_r: Floats
    up: Floats
    down: Floats

    @classmethod
    def of(cls, potential: Callable[[Floats], Floats], wave: FreeWave, reach: float) -> RadialEquation:
        """Sample a potential energy, a function of radius, out to the radius `reach` where it has vanished."""
        edges = _radii(wave, reach)
        width = np.diff(edges)
        nodes = edges[:-1, None] + width[:, None] * (0.5 + np.sqrt(0.15) * np.array([-1.0, 0.0, 1.0]))
        kinetic = wave.energy - potential(nodes)
        return cls(wave, reach, width, 1 / nodes, kinetic / SPEED_OF_LIGHT + 2 * SPEED_OF_LIGHT, kinetic / SPEED_OF_LIGHT)

    @property
    def orders(self) -> int:
        """Number of orders that pass through the atom."""
        return max(int(self.wave.wave_number * self.reach), 8)

    def phase_shifts(self, kappas: NDArray[np.int64]) -> Floats:
        """Return the phase shift in rad of each quantum number kappa, between -pi/2 and pi/2."""
        P, Q = radial_solutions(np.asarray(kappas, np.int64), self.width, self.inverse_r, self.up, self.down).T
        order = np.where(kappas < 0, -kappas - 1, kappas)
        partner = np.where(kappas < 0, order + 1, order - 1)
        small = np.where(kappas < 0, -1, 1) * self.wave.small_component
        x = self.wave.wave_number * self.reach
        regular = Q * spherical_jn(order, x) - small * P * spherical_jn(partner, x)
        irregular = Q * spherical_yn(order, x) - small * P * spherical_yn(partner, x)
        return np.asarray(np.arctan(regular / irregular), np.float64)


def _radii(wave: FreeWave, reach: float) -> Floats:
    """Return the edges of the integration steps."""
    longest = _PHASE_STEP / wave.wave_number
    dense = np.geomspace(_INNERMOST, reach, 20_000)
    coordinate = np.log(dense) / _LOG_STEP + dense / longest
    steps = int(np.ceil(coordinate[-1] - coordinate[0]))
    edges = np.interp(np.linspace(coordinate[0], coordinate[-1], steps + 1), coordinate, dense)
    edges[0], edges[-1] = _INNERMOST, reach
    return np.asarray(edges, np.float64)

"""Elastic scattering of electrons by free atoms: relativistic partial waves.

The Dirac equation is solved for each angular momentum in the potential of `atomic_potential`; phase shifts give the direct and the
spin-flip amplitude, and these the differential cross-section of an unpolarised beam, ``|f|^2 + |g|^2`` (N. F. Mott; the notation is that
of F. Salvat, A. Jablonski, C. J. Powell, Comput. Phys. Commun. 165 (2005) 157, doi 10.1016/j.cpc.2004.09.006). Partial waves are summed
as differences to the first Born approximation of the same Yukawa terms, which is known in closed form for amplitudes and for phase
shifts alike: what remains converges fast, and the forward peak is exact.

Hartree atomic units inside: lengths in Bohr radii, energies in Hartree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import spherical_jn, spherical_yn

from synthfib.errors import InputError
from synthfib.physics._partial_wave_kernels import radial_solutions, sum_partial_waves
from synthfib.physics.atomic_potential import AtomicPotential, atomic_potential

Floats = NDArray[np.float64]

#: Energies in keV that the method is meant for.
ENERGY_RANGE_KEV = (0.05, 30.0)
HARTREE_KEV = 0.027211386246
BOHR_NM = 0.052917721090
SPEED_OF_LIGHT = 137.035999

# Steps: a constant ratio of radii near the nucleus, a constant phase far from it.
_LOG_STEP = 0.03
_PHASE_STEP = 0.35
_INNERMOST = 1e-6
_NEGLIGIBLE = 1e-9  # r V in Hartree Bohr where the atom ends
_BLOCK = 32  # orders integrated at a time
_CONVERGED = 1e-8


@dataclass(frozen=True)
class FreeWave:
    """Electron far from the atom: kinetic energy in Hartree, wave number per Bohr radius, ratio of small to large component."""

    energy: float

    @property
    def wave_number(self) -> float:
        """``k = sqrt(E (E + 2 c^2)) / c``."""
        return float(np.sqrt(self.energy * (self.energy + 2 * SPEED_OF_LIGHT**2)) / SPEED_OF_LIGHT)

    @property
    def small_component(self) -> float:
        """``b = c k / (E + 2 c^2)``."""
        return SPEED_OF_LIGHT * self.wave_number / (self.energy + 2 * SPEED_OF_LIGHT**2)

    @property
    def relativity(self) -> float:
        """Factor ``1 + E / 2c^2`` on first-order amplitudes of the large component."""
        return 1 + self.energy / (2 * SPEED_OF_LIGHT**2)


def differential_cross_section_nm2_sr(z: int, energy_kev: float, deflection: Floats) -> Floats:
    """Return the differential cross-section of an element in nm2/sr, float64 (angle,), at deflections ``1 - cos theta``.

    Raises
    ------
    InputError
        If the atomic number is outside 1-92, or the energy outside 0.05-30 keV.
    """
    if not ENERGY_RANGE_KEV[0] <= energy_kev <= ENERGY_RANGE_KEV[1] * (1 + 1e-9):
        raise InputError(f"Partial waves are meant for {ENERGY_RANGE_KEV[0]:g} to {ENERGY_RANGE_KEV[1]:g} keV, got {energy_kev!r} keV.")
    f, g = amplitudes(atomic_potential(z), energy_kev / HARTREE_KEV, deflection)
    return np.asarray((np.abs(f) ** 2 + np.abs(g) ** 2) * BOHR_NM**2, np.float64)


def amplitudes(potential: AtomicPotential, energy: float, deflection: Floats) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return direct and spin-flip amplitudes in Bohr radii, complex128 (angle,), at an energy in Hartree."""
    wave = FreeWave(energy)
    deflection = np.asarray(deflection, np.float64)
    born = BornTerms.of(potential, energy)
    lower, upper, born_lower, born_upper = _converged_phase_shifts(potential, wave, born)
    order = np.arange(lower.size)
    rest_lower, rest_upper = _beyond_born(lower, born_lower), _beyond_born(upper, born_upper)
    direct = (order + 1) * rest_lower + order * rest_upper
    flip = rest_upper - rest_lower
    flip[0] = 0
    f, g = sum_partial_waves(direct / wave.wave_number, flip / wave.wave_number, 1 - deflection)
    born_f, born_g = born.amplitudes(wave, deflection)
    return f + born_f, g + born_g


def _beyond_born(phase: Floats, born: Floats) -> NDArray[np.complex128]:
    return np.asarray((np.exp(2j * phase) - 1 - 2j * born) / 2j, np.complex128)


def _converged_phase_shifts(potential: AtomicPotential, wave: FreeWave, born: BornTerms) -> tuple[Floats, Floats, Floats, Floats]:
    reach = potential_reach(potential)
    equation = RadialEquation.of(lambda r: potential.total(r, wave.energy), wave, reach)
    most = max(int(wave.wave_number * reach) - 2, 4)
    born_lower, born_upper = born.phase_shifts(wave, most)
    lower, upper = np.empty(0), np.empty(0)
    while lower.size < most:
        orders = np.arange(lower.size, min(lower.size + _BLOCK, most))
        lower = np.append(lower, equation.phase_shifts(-orders - 1))
        upper = np.append(upper, equation.phase_shifts(np.maximum(orders, 1)))
        last = slice(lower.size - 4, lower.size)
        left = np.abs(_beyond_born(lower[last], born_lower[last])) + np.abs(_beyond_born(upper[last], born_upper[last]))
        if left.max() < _CONVERGED:
            break
    return lower, upper, born_lower[: lower.size], born_upper[: lower.size]


def potential_reach(potential: AtomicPotential) -> float:
    """Return the radius beyond which the potential cannot be felt, in Bohr radii."""
    return max(float(np.log(potential.z * abs(A) / _NEGLIGIBLE)) / a for A, a in zip(potential.strengths, potential.rates, strict=True))


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
        return cls(wave, reach, width, 1 / nodes, (kinetic + 2 * SPEED_OF_LIGHT**2) / SPEED_OF_LIGHT, kinetic / SPEED_OF_LIGHT)

    def phase_shifts(self, kappas: NDArray[np.int64]) -> Floats:
        """Return the phase shift of each quantum number kappa, between -pi/2 and pi/2."""
        P, Q = radial_solutions(np.asarray(kappas, np.int64), self.width, self.inverse_r, self.up, self.down).T
        order = np.where(kappas < 0, -kappas - 1, kappas)
        partner = np.where(kappas < 0, order + 1, order - 1)
        sign = np.where(kappas < 0, -1, 1) * self.wave.small_component
        regular, irregular = _spherical_bessel(self.wave.wave_number * self.reach, int(max(order.max(), partner.max())) + 1)
        return np.asarray(np.arctan((Q * regular[order] - sign * P * regular[partner]) / (Q * irregular[order] - sign * P * irregular[partner])))


def _radii(wave: FreeWave, reach: float) -> Floats:
    """Edges of the integration steps."""
    longest = _PHASE_STEP / wave.wave_number
    dense = np.geomspace(_INNERMOST, reach, 20_000)
    coordinate = np.log(dense) / _LOG_STEP + dense / longest
    steps = int(np.ceil(coordinate[-1] - coordinate[0]))
    edges = np.interp(np.linspace(coordinate[0], coordinate[-1], steps + 1), coordinate, dense)
    edges[0], edges[-1] = _INNERMOST, reach
    return np.asarray(edges, np.float64)


def _spherical_bessel(x: float, highest: int) -> tuple[Floats, Floats]:
    order = np.arange(highest + 1)
    return spherical_jn(order, x), spherical_yn(order, x)


@dataclass(frozen=True)
class BornTerms:
    """First Born approximation of Yukawa terms ``-s exp(-a r) / r`` for Dirac electrons."""

    strengths: Floats
    rates: Floats

    @classmethod
    def of(cls, potential: AtomicPotential, energy: float) -> BornTerms:
        """Take the terms of an atom; the outermost carry their share of exchange, ``a^2 / 4E``, as the true potential does far out."""
        rates = np.array(potential.rates)
        outer = rates < 1.5 * rates.min()
        return cls(potential.z * np.array(potential.strengths) * (1 + outer * rates**2 / (4 * energy)), rates)

    def amplitudes(self, wave: FreeWave, deflection: Floats) -> tuple[Floats, Floats]:
        """Return direct and spin-flip amplitudes in Bohr radii at deflections ``1 - cos theta``."""
        squared = self.rates[:, None] ** 2 + 2 * wave.wave_number**2 * deflection
        common = 2 * wave.relativity * (self.strengths[:, None] / squared).sum(axis=0)
        b2 = wave.small_component**2
        return common * (1 + b2 * (1 - deflection)), common * b2 * np.sqrt(deflection * (2 - deflection))

    def phase_shifts(self, wave: FreeWave, orders: int) -> tuple[Floats, Floats]:
        """Return phase shifts for ``kappa = -l - 1`` and ``kappa = l`` of the first `orders` orders l."""
        k, b2 = wave.wave_number, wave.small_component**2
        Q = sum(s * _legendre_q(a * a / (2 * k * k), orders + 1) for s, a in zip(self.strengths, self.rates, strict=True))
        scale = wave.relativity / k
        lower = scale * (Q[:-1] + b2 * Q[1:])
        upper = scale * (Q[:-1] + b2 * np.concatenate([[0.0], Q[:-2]]))
        return lower, upper


def _legendre_q(excess: float, orders: int) -> Floats:
    """Return Legendre functions of the second kind ``Q_l(1 + excess)`` of orders 0, 1, 2..., by their ratios from above."""
    x = 1 + excess
    decay = np.log1p(excess + np.sqrt(excess * (2 + excess)))
    highest = orders + int(40 / decay) + 1
    ratio = np.exp(-decay)
    ratios = np.empty(highest + 1)
    for order in range(highest, 0, -1):
        ratio = order / ((2 * order + 1) * x - (order + 1) * ratio)
        ratios[order] = ratio
    ratios[0] = 0.5 * np.log1p(2 / excess)
    return np.asarray(np.cumprod(ratios[:orders]), np.float64)

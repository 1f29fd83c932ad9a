"""What an electron feels near a free atom: nucleus, cloud and exchange, in Hartree atomic units.

Exchange with the cloud is the local potential of J. B. Furness, I. E. McCarthy, J. Phys. B 6 (1973) 2280,
doi 10.1088/0022-3700/6/11/021. The nucleus is a point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.physics._screening_parameters import SCREENING

Floats = NDArray[np.float64]

_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class YukawaTerms:
    """Potential energy ``-sum s exp(-a r) / r`` with strengths s in elementary charges and rates a per Bohr radius."""

    strengths: tuple[float, ...]
    rates: tuple[float, ...]

    def charge(self, r: Floats) -> Floats:
        """Return ``sum s exp(-a r)``: the charge felt at radii in Bohr radii."""
        return np.asarray(sum(s * np.exp(-a * r) for s, a in zip(self.strengths, self.rates, strict=True)), np.float64)

    def density(self, r: Floats) -> Floats:
        """Return the electrons per cubic Bohr radius that screen so, by Poisson's equation: ``sum s a^2 exp(-a r) / (4 pi r)``."""
        curvature = YukawaTerms(tuple(s * a * a for s, a in zip(self.strengths, self.rates, strict=True)), self.rates)
        return curvature.charge(r) / (4 * np.pi * r)

    @property
    def reach(self) -> float:
        """Radius beyond which nothing is felt, in Bohr radii."""
        return max(float(np.log(abs(s) / _NEGLIGIBLE)) / a for s, a in zip(self.strengths, self.rates, strict=True))


@dataclass(frozen=True)
class AtomicPotential:
    """Central potential of a neutral atom.

    Parameters
    ----------
    charge : callable
        Charge felt, nucleus less cloud, in elementary charges, as a function of radius in Bohr radii.
    density : callable
        Electrons per cubic Bohr radius as a function of radius.
    reach : float
        Radius beyond which nothing is felt, in Bohr radii.
    terms : YukawaTerms
        An approximation to the charge; partial waves are summed as differences to it.
    """

    charge: Callable[[Floats], Floats]
    density: Callable[[Floats], Floats]
    reach: float
    terms: YukawaTerms

    def exchange(self, r: Floats, energy: float) -> Floats:
        """Return the exchange part of the potential energy at a kinetic energy, both in Hartree.

        ``(T - sqrt(T^2 + 4 pi rho)) / 2`` with the local kinetic energy ``T = E - V``, written without cancellation.
        """
        local = energy + self.charge(r) / r
        pull = 4 * np.pi * np.maximum(self.density(r), 0)
        return np.asarray(-pull / (2 * (local + np.sqrt(local**2 + pull))), np.float64)

    def energy(self, r: Floats, energy: float) -> Floats:
        """Return the potential energy of an electron of a kinetic energy, both in Hartree."""
        return self.exchange(r, energy) - self.charge(r) / r


def screened_by(terms: YukawaTerms) -> AtomicPotential:
    """Return the potential of an atom that is screened exactly by such terms."""
    return AtomicPotential(terms.charge, terms.density, terms.reach, terms)


def analytic_screening(z: int) -> YukawaTerms:
    """Return the analytic Dirac-Hartree-Fock-Slater screening of an element.

    F. Salvat, J. D. Martinez, R. Mayol, J. Parellada, Phys. Rev. A 36 (1987) 467, doi 10.1103/PhysRevA.36.467. Within 10 % or so in
    cross-sections; `free_atom` starts from it and does better.

    Raises
    ------
    InputError
        If the atomic number is outside 1-92.
    """
    if z not in SCREENING:
        raise InputError(f"Atomic potentials are known for atomic numbers 1 to {max(SCREENING)}, got {z!r}.")
    first, second, *rates = SCREENING[z]
    shares = (first, second, 1 - first - second)
    kept = [(z * share, rate) for share, rate in zip(shares, rates, strict=True) if rate > 0]
    return YukawaTerms(tuple(strength for strength, _ in kept), tuple(rate for _, rate in kept))

"""What an electron feels near a free atom: nucleus, cloud and exchange, in Hartree atomic units.

The cloud screens the nucleus by a sum of at most three Yukawa terms fitted to Dirac-Hartree-Fock-Slater densities:
F. Salvat, J. D. Martinez, R. Mayol, J. Parellada, Phys. Rev. A 36 (1987) 467, doi 10.1103/PhysRevA.36.467. Exchange with the cloud is the
local potential of J. B. Furness, I. E. McCarthy, J. Phys. B 6 (1973) 2280, doi 10.1088/0022-3700/6/11/021. The nucleus is a point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.physics._screening_parameters import SCREENING

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AtomicPotential:
    """Potential of a neutral atom as a sum of Yukawa terms, plus exchange.

    Parameters
    ----------
    z : int
        Atomic number.
    strengths, rates : tuple of float
        Weight, summing to 1, and decay per Bohr radius of each term of the screening function.
    """

    z: int
    strengths: tuple[float, ...]
    rates: tuple[float, ...]

    def screening(self, r: Floats) -> Floats:
        """Return the unscreened share of the nuclear charge at radii in Bohr radii."""
        return np.asarray(sum(A * np.exp(-a * r) for A, a in zip(self.strengths, self.rates, strict=True)), np.float64)

    def density(self, r: Floats) -> Floats:
        """Return the number of cloud electrons per cubic Bohr radius: Poisson's equation applied to the screening."""
        curvature = sum(A * a * a * np.exp(-a * r) for A, a in zip(self.strengths, self.rates, strict=True))
        return np.asarray(self.z / (4 * np.pi * r) * curvature, np.float64)

    def electrostatic(self, r: Floats) -> Floats:
        """Return the potential energy of a point charge, ``-Z phi(r) / r``, in Hartree."""
        return -self.z * self.screening(r) / r

    def exchange(self, r: Floats, energy: float) -> Floats:
        """Return the exchange part of the potential energy at a kinetic energy, both in Hartree.

        ``(T - sqrt(T^2 + 4 pi rho)) / 2`` with the local kinetic energy ``T = E - V``, written without cancellation.
        """
        local = energy - self.electrostatic(r)
        pull = 4 * np.pi * np.maximum(self.density(r), 0)
        return np.asarray(-pull / (2 * (local + np.sqrt(local**2 + pull))), np.float64)

    def total(self, r: Floats, energy: float) -> Floats:
        """Return the potential energy of an electron of that kinetic energy, in Hartree."""
        return self.electrostatic(r) + self.exchange(r, energy)


def atomic_potential(z: int) -> AtomicPotential:
    """Return the potential of an element.

    Raises
    ------
    InputError
        If the atomic number is outside 1-92.
    """
    if z not in SCREENING:
        raise InputError(f"Atomic potentials are tabulated for atomic numbers 1 to {max(SCREENING)}, got {z!r}.")
    first, second, *rates = SCREENING[z]
    strengths = (first, second, 1 - first - second)
    kept = [(A, a) for A, a in zip(strengths, rates, strict=True) if a > 0]
    return AtomicPotential(z, tuple(A for A, _ in kept), tuple(a for _, a in kept))

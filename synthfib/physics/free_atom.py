"""Electron clouds of free atoms, from first principles: the Dirac-Kohn-Sham equations in the local-density approximation.

Each electron moves in the field of the nucleus and of the spherically averaged cloud (exchange: W. Kohn, L. J. Sham, Phys. Rev. 140
(1965) A1133, doi 10.1103/PhysRev.140.A1133; correlation: J. P. Perdew, Y. Wang, Phys. Rev. B 45 (1992) 13244,
doi 10.1103/PhysRevB.45.13244); the cloud is iterated until it reproduces itself. Hydrogen and helium, where the approximation is poor and
the exact answer simple, are done in the Hartree-Fock approximation: there an electron feels the other electron only.

Hartree atomic units: lengths in Bohr radii, energies in Hartree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from synthfib.physics._bound_state_kernels import bound_orbital
from synthfib.physics.atomic_potential import AtomicPotential, analytic_screening
from synthfib.physics.electron_configurations import dirac_orbitals

Floats = NDArray[np.float64]

_INNERMOST, _OUTERMOST, _EDGES = 1e-6, 60.0, 700
_MIXING = 0.4
_MOST_ITERATIONS = 300
_SELF_CONSISTENT = 1e-6  # largest change of the charge felt
_NEGLIGIBLE = 1e-9  # charge felt where the atom ends


@dataclass(frozen=True)
class FreeAtom:
    """A self-consistent atom.

    Parameters
    ----------
    z : int
        Atomic number.
    radii : float64 (edge,)
        Radii in Bohr radii, evenly spaced in their logarithm.
    charge : float64 (edge,)
        Charge of nucleus and cloud felt there, in elementary charges.
    density : float64 (edge,)
        Electrons per cubic Bohr radius.
    orbital_energies : dict of (int, int) to float
        Energy in Hartree by principal quantum number and kappa.
    """

    z: int
    radii: Floats
    charge: Floats
    density: Floats
    orbital_energies: dict[tuple[int, int], float]

    def potential(self) -> AtomicPotential:
        """Return the field of this atom for electrons from outside."""
        ends = int(np.flatnonzero(np.abs(self.charge) > _NEGLIGIBLE)[-1])
        charge = CubicSpline(np.log(self.radii), self.charge)
        log_density = CubicSpline(np.log(self.radii), np.log(np.maximum(self.density, 1e-300)))
        return AtomicPotential(
            charge=lambda r: charge(np.log(r)),
            density=lambda r: np.exp(log_density(np.log(r))),
            reach=float(self.radii[ends]),
            terms=analytic_screening(self.z),
        )


@lru_cache(maxsize=8)
def free_atom(z: int) -> FreeAtom:
    """Return the self-consistent atom of an element; a fraction of a second.

    Raises
    ------
    InputError
        If the atomic number is outside 1-92.
    """
    mesh = _Mesh.logarithmic()
    field = -analytic_screening(z).charge(mesh.radii)
    energies: dict[tuple[int, int], float] = {}
    for _ in range(_MOST_ITERATIONS):
        density, energies = _fill_orbitals(z, field, energies, mesh)
        cloud = mesh.cloud_charge(density)
        change = _mean_field(z, cloud, density, mesh) - field
        field = field + _MIXING * change
        if np.abs(change).max() < _SELF_CONSISTENT:
            return FreeAtom(z, mesh.radii, z - cloud, density, energies)
    raise RuntimeError(f"The atom of atomic number {z} did not become self-consistent.")


@dataclass(frozen=True)
class _Mesh:
    """Radii at which the cloud is known, and Gauss-Legendre nodes between them where orbitals are integrated."""

    log_radii: Floats
    radii: Floats
    width: Floats
    nodes: Floats

    @classmethod
    def logarithmic(cls) -> _Mesh:
        log_radii = np.linspace(np.log(_INNERMOST), np.log(_OUTERMOST), _EDGES)
        radii = np.exp(log_radii)
        width = np.diff(radii)
        nodes = radii[:-1, None] + width[:, None] * (0.5 + np.sqrt(0.15) * np.array([-1.0, 0.0, 1.0]))
        return cls(log_radii, radii, width, nodes)

    @property
    def weight(self) -> Floats:
        """Weights of the trapezoidal rule in the logarithm of the radius, which converges fast for orbitals."""
        return np.asarray(self.radii * (self.log_radii[1] - self.log_radii[0]), np.float64)

    def cloud_charge(self, density: Floats) -> Floats:
        """Return ``r`` times the electrostatic potential of a cloud: what it screens of a charge at the centre."""
        shells = CubicSpline(self.log_radii, 4 * np.pi * density * self.radii**3).antiderivative()(self.log_radii)
        outside = CubicSpline(self.log_radii, 4 * np.pi * density * self.radii**2).antiderivative()(self.log_radii)
        return np.asarray(shells + self.radii * (outside[-1] - outside), np.float64)


def _fill_orbitals(z: int, field: Floats, guesses: dict[tuple[int, int], float], mesh: _Mesh) -> tuple[Floats, dict[tuple[int, int], float]]:
    """Return the density of all orbitals in a field (``r V`` at the radii), and their energies."""
    potential = CubicSpline(mesh.log_radii, field)(np.log(mesh.nodes)) / mesh.nodes
    density, energies = np.zeros_like(field), {}
    lowest = -(float(z) ** 2)
    for n, kappa, electrons in dirac_orbitals(z):
        nodes = n - 1 - (kappa if kappa > 0 else -kappa - 1)
        guess = guesses.get((n, kappa), lowest / (2 * n**3))
        found = bound_orbital(nodes, float(kappa), lowest, guess, mesh.width, 1 / mesh.nodes, potential, mesh.weight)
        energies[n, kappa] = float(found[0])
        density += electrons * found[1:]
    return density / (4 * np.pi * mesh.radii**2), energies


def _mean_field(z: int, cloud: Floats, density: Floats, mesh: _Mesh) -> Floats:
    """Return ``r V`` for an electron of the atom."""
    if z <= 2:
        return np.asarray(cloud * (z - 1) / z - z, np.float64)
    return np.asarray(cloud - z + mesh.radii * (_exchange(density) + _correlation(density)), np.float64)


def _exchange(density: Floats) -> Floats:
    return np.asarray(-np.cbrt(3 / np.pi * density), np.float64)


def _correlation(density: Floats) -> Floats:
    """Perdew and Wang's correlation potential of the unpolarised electron gas, with their parameters."""
    A, alpha, b1, b2, b3, b4 = 0.0310907, 0.21370, 7.5957, 3.5876, 1.6382, 0.49294
    rs = np.cbrt(3 / (4 * np.pi * np.maximum(density, 1e-24)))
    root = np.sqrt(rs)
    q = 2 * A * (b1 * root + b2 * rs + b3 * rs * root + b4 * rs**2)
    slope = A * (b1 / root + 2 * b2 + 3 * b3 * root + 4 * b4 * rs)
    log = np.log1p(1 / q)
    energy = -2 * A * (1 + alpha * rs) * log
    energy_slope = -2 * A * alpha * log + 2 * A * (1 + alpha * rs) * slope / (q * q + q)
    return np.asarray(energy - rs / 3 * energy_slope, np.float64)

"""Self-consistent atoms against exact and published ones."""

import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.physics._screening_parameters import SCREENING
from synthfib.physics.atomic_potential import analytic_screening, screened_by
from synthfib.physics.electron_configurations import dirac_orbitals, electron_configuration
from synthfib.physics.free_atom import FreeAtom, free_atom

# Ground state of Dirac's hydrogen in Hartree, c^2 (sqrt(1 - 1/c^2) - 1).
GROUND_STATE = 137.035999**2 * (np.sqrt(1 - 137.035999**-2) - 1)


def moment(atom: FreeAtom, power: int) -> float:
    """Integral of ``r^power`` over the cloud."""
    return float(np.trapezoid(4 * np.pi * atom.density * atom.radii ** (3 + power), np.log(atom.radii)))


def test_hydrogen_is_exact() -> None:
    atom = free_atom(1)
    inner = (atom.radii > 1e-3) & (atom.radii < 10)  # closer to the nucleus relativity shows
    np.testing.assert_allclose(atom.density[inner], np.exp(-2 * atom.radii[inner]) / np.pi, rtol=5e-4)
    assert atom.orbital_energies[1, -1] == pytest.approx(GROUND_STATE, rel=2e-6)


def test_helium_is_hartree_fock() -> None:
    atom = free_atom(2)
    assert atom.orbital_energies[1, -1] == pytest.approx(-0.91796, abs=5e-5)
    assert moment(atom, 2) == pytest.approx(2.3697, rel=1e-3)


def test_carbon_is_that_of_the_local_density_approximation() -> None:
    """Non-relativistic eigenvalues are -9.9477, -0.5009 and -0.1992 Hartree; relativity binds the core by 4e-4 more."""
    energies = free_atom(6).orbital_energies
    assert energies[1, -1] == pytest.approx(-9.9477, rel=6e-4)
    assert energies[2, -1] == pytest.approx(-0.5009, rel=1e-3)
    assert energies[2, -2] == pytest.approx(-0.1992, rel=3e-3)
    assert energies[2, 1] < energies[2, -2]


@pytest.mark.parametrize("z", [1, 13, 46, 92])
def test_clouds_are_complete_and_neutral(z: int) -> None:
    atom = free_atom(z)
    assert moment(atom, 0) == pytest.approx(z, rel=1e-9)
    assert atom.charge[0] == pytest.approx(z, rel=1e-3)
    assert atom.charge[-1] == pytest.approx(0, abs=1e-6)
    assert np.all(np.diff(atom.charge) < 1e-6)


@pytest.mark.parametrize("z", [6, 18, 79])
def test_clouds_are_near_the_published_analytic_ones(z: int) -> None:
    radii = np.geomspace(0.01, 3, 50)
    ours, published = free_atom(z).potential(), screened_by(analytic_screening(z))
    np.testing.assert_allclose(ours.charge(radii), published.charge(radii), atol=0.03 * z)


def test_exchange_attracts_and_fades_with_energy() -> None:
    potential, radii = free_atom(29).potential(), np.geomspace(1e-4, 5, 40)
    slow, fast = potential.exchange(radii, 2.0), potential.exchange(radii, 100.0)
    assert np.all(slow < fast)
    assert np.all(fast < 0)
    local = 100.0 + potential.charge(radii) / radii
    np.testing.assert_allclose(fast[-1], (local - np.sqrt(local**2 + 4 * np.pi * potential.density(radii)))[-1] / 2, rtol=1e-6)


def test_configurations_hold_all_electrons() -> None:
    for z in SCREENING:
        assert sum(electron_configuration(z).values()) == z
        assert sum(electrons for _, _, electrons in dirac_orbitals(z)) == pytest.approx(z)
    assert electron_configuration(79)["5d"] == 10
    assert electron_configuration(79)["6s"] == 1


@pytest.mark.parametrize("z", [0, 93])
def test_unknown_elements_are_refused(z: int) -> None:
    with pytest.raises(InputError, match="1 to 92"):
        free_atom(z)
    with pytest.raises(InputError, match="1 to 92"):
        electron_configuration(z)


def test_analytic_screening_is_neutral_far_out_and_bare_at_the_nucleus() -> None:
    for z in SCREENING:
        terms = analytic_screening(z)
        assert terms.charge(np.array([0.0]))[0] == pytest.approx(z, rel=1e-9)
        assert terms.density(np.geomspace(1e-3, 5, 50)).min() > 0

"""Partial waves against closed forms, an independent integrator and published cross-sections."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import spherical_jn, spherical_yn

from synthfib.errors import InputError
from synthfib.physics.atomic_potential import AtomicPotential, YukawaTerms, analytic_screening, screened_by
from synthfib.physics.born_approximation import FreeWave, born_amplitudes, born_phase_shifts, legendre_q
from synthfib.physics.elastic import ElasticScattering, elastic_scattering
from synthfib.physics.elastic_tables import DEFLECTION
from synthfib.physics.free_atom import free_atom
from synthfib.physics.partial_waves import HARTREE_KEV, RadialEquation, amplitudes, differential_cross_section_nm2_sr

C = 137.035999
REFERENCE = Path(__file__).parents[2] / "shared" / "reference" / "elastic_transport.csv"


def yukawa(strength: float, rate: float) -> AtomicPotential:
    """Yukawa potential without exchange."""
    potential = screened_by(YukawaTerms((strength,), (rate,)))
    return replace(potential, density=np.zeros_like)


def integrated(f: np.ndarray, g: np.ndarray) -> float:
    """Total cross-section in square Bohr radii."""
    return float(ElasticScattering(1, np.array([1.0]), DEFLECTION, (np.abs(f) ** 2 + np.abs(g) ** 2)[None]).total_nm2[0])


def test_legendre_functions_of_the_second_kind() -> None:
    x = 1.02
    q0 = 0.5 * np.log((x + 1) / (x - 1))
    q1 = x * q0 - 1
    q2 = (3 * x * q1 - q0) / 2
    np.testing.assert_allclose(legendre_q(x - 1, 3), [q0, q1, q2], rtol=1e-12)


def test_weak_potentials_scatter_as_born_says() -> None:
    """Phase shifts of a fast electron; the next order is smaller by the strength."""
    wave, weak = FreeWave(800.0), yukawa(1e-3, 0.8)
    equation = RadialEquation.of(lambda r: weak.energy(r, wave.energy), wave, weak.reach)
    lower, upper = born_phase_shifts(weak.terms, wave, 60)
    orders = np.arange(60)
    np.testing.assert_allclose(equation.phase_shifts(-orders - 1), lower, rtol=1e-3, atol=5e-9)
    np.testing.assert_allclose(equation.phase_shifts(orders[1:]), upper[1:], rtol=1e-3, atol=5e-9)


@pytest.mark.parametrize("energy", [2.0, 40.0, 1000.0])
def test_sums_do_not_depend_on_the_born_terms_they_are_taken_against(energy: float) -> None:
    potential = replace(yukawa(5.0, 1.3), reach=25.0)
    other = replace(potential, terms=YukawaTerms((4.0, 0.5), (1.4, 2.0)))
    (f, g), (other_f, other_g) = amplitudes(potential, energy, DEFLECTION), amplitudes(other, energy, DEFLECTION)
    np.testing.assert_allclose(other_f, f, rtol=1e-4)
    np.testing.assert_allclose(other_g, g, atol=1e-5 * np.abs(f).min())


@pytest.mark.parametrize("kappa", [-1, 1, -2, 2, -6, 9])
def test_square_well(kappa: int) -> None:
    """Inside the well the electron is free with another momentum: logarithmic derivatives meet at its edge."""
    wave, depth, edge = FreeWave(20.0), 6.0, 1.5
    inside = FreeWave(wave.energy + depth)
    order = -kappa - 1 if kappa < 0 else kappa
    partner, sign = (order + 1, -1) if kappa < 0 else (order - 1, 1)
    x, y = inside.wave_number * edge, wave.wave_number * edge
    P, Q = spherical_jn(order, x), sign * inside.small_component * spherical_jn(partner, x)
    b = sign * wave.small_component
    tangent = (Q * spherical_jn(order, y) - b * P * spherical_jn(partner, y)) / (Q * spherical_yn(order, y) - b * P * spherical_yn(partner, y))
    equation = RadialEquation.of(lambda r: np.full_like(r, -depth), wave, edge)
    assert equation.phase_shifts(np.array([kappa]))[0] == pytest.approx(np.arctan(tangent), abs=2e-7)


@pytest.mark.parametrize(("z", "kappa", "energy_kev"), [(79, -1, 1.0), (79, 1, 1.0), (79, -4, 5.0), (6, -1, 0.1), (6, 2, 2.0)])
def test_phase_shifts_against_an_independent_integrator(z: int, kappa: int, energy_kev: float) -> None:
    wave, potential = FreeWave(energy_kev / HARTREE_KEV), screened_by(analytic_screening(z))

    def slope(r: float, y: np.ndarray) -> list[float]:
        kinetic = wave.energy - float(potential.energy(np.array(r), wave.energy))
        return [-kappa / r * y[0] + (kinetic / C + 2 * C) * y[1], -kinetic / C * y[0] + kappa / r * y[1]]

    start, end = 1e-5, potential.reach
    root = np.sqrt(kappa**2 - (z / C) ** 2)  # P, Q ~ r^root at the point nucleus
    initial = [1.0, (kappa + root) * C / z]
    P, Q = solve_ivp(slope, (start, end), initial, method="DOP853", rtol=1e-10, atol=1e-30).y[:, -1]
    order = -kappa - 1 if kappa < 0 else kappa
    partner, b = (order + 1, -wave.small_component) if kappa < 0 else (order - 1, wave.small_component)
    x = wave.wave_number * end
    tangent = (Q * spherical_jn(order, x) - b * P * spherical_jn(partner, x)) / (Q * spherical_yn(order, x) - b * P * spherical_yn(partner, x))
    equation = RadialEquation.of(lambda r: potential.energy(r, wave.energy), wave, end)
    difference = equation.phase_shifts(np.array([kappa]))[0] - np.arctan(tangent)
    assert np.sin(difference) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(("z", "energy_kev"), [(1, 0.05), (6, 30.0), (47, 2.0), (92, 0.5)])
def test_optical_theorem(z: int, energy_kev: float) -> None:
    """What is missing in the forward direction is what was scattered: ``sigma = 4 pi / k Im f(0)``."""
    energy = energy_kev / HARTREE_KEV
    f, g = amplitudes(free_atom(z).potential(), energy, DEFLECTION)
    assert integrated(f, g) == pytest.approx(4 * np.pi / FreeWave(energy).wave_number * f[0].imag, rel=1e-6)


def test_light_atoms_at_high_energy_are_nearly_born() -> None:
    energy = 30.0 / HARTREE_KEV
    terms = analytic_screening(2)
    born, _ = born_amplitudes(terms, FreeWave(energy), DEFLECTION)
    f, _ = amplitudes(screened_by(terms), energy, DEFLECTION)
    np.testing.assert_allclose(np.abs(f), born, rtol=0.02)


# Relativistic partial waves in Dirac-Fock atoms (ELSEPA): element, keV, total and first transport cross-section in 1e-3 nm2.
@pytest.mark.parametrize(
    ("z", "energy_kev", "total", "transport"),
    [
        (6, 0.5, 9.603, 1.228),
        (6, 2, 2.905, 0.11725),
        (6, 20, 0.3254, 0.001860),
        (14, 2, 8.270, 0.4619),
        (29, 1, 13.66, 3.258),
        (47, 5, 9.521, 0.6306),
        (79, 0.5, 35.49, 9.871),
        (79, 2, 18.33, 3.6015),
        (79, 20, 5.479, 0.16599),
    ],
)
def test_published_cross_sections(z: int, energy_kev: float, total: float, transport: float) -> None:
    differential = differential_cross_section_nm2_sr(z, energy_kev, DEFLECTION)
    scattering = ElasticScattering(z, np.array([energy_kev]), DEFLECTION, differential[None])
    assert scattering.transport_nm2[0] == pytest.approx(transport * 1e-3, rel=0.007)
    assert scattering.total_nm2[0] == pytest.approx(total * 1e-3, rel=0.03)


def test_shipped_elements_against_the_reference_tables() -> None:
    if not REFERENCE.is_file():
        pytest.skip("the reference figures elastic_transport.csv are not beside the project")
    with REFERENCE.open() as file:
        rows = [row for row in csv.DictReader(file) if 0.5 <= float(row["energy_kev"]) <= 4]
    for z in (1, 6, 8, 13, 14, 28, 29, 40, 47, 78, 79):
        own = elastic_scattering(z)
        mine = [row for row in rows if int(row["Z"]) == z]
        assert len(mine) > 15
        at = np.log([float(row["energy_kev"]) for row in mine])
        for ours, column, most in ((own.transport_nm2, "sigma_transport1_nm2", 0.015), (own.total_nm2, "sigma_elastic_nm2", 0.04)):
            interpolated = np.exp(np.interp(at, np.log(own.energies_kev), np.log(ours)))
            np.testing.assert_allclose(interpolated, [float(row[column]) for row in mine], rtol=most)


@pytest.mark.parametrize("energy_kev", [0.04, 31.0, float("nan")])
def test_energies_out_of_range_are_refused(energy_kev: float) -> None:
    with pytest.raises(InputError, match="keV"):
        differential_cross_section_nm2_sr(6, energy_kev, DEFLECTION)


@pytest.mark.parametrize("z", [0, 93, -1])
def test_unknown_elements_are_refused(z: int) -> None:
    with pytest.raises(InputError, match="1 to 92"):
        differential_cross_section_nm2_sr(z, 1.0, DEFLECTION)
    with pytest.raises(InputError, match="1 to 92"):
        elastic_scattering(z)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from synthfib.generators.level_cut import expected_correlation, level_cut_correlation, specific_surface_per_nm, wave_correlation
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.physics.materials import material

PHASES = (material("epoxy"), material("gold"))


@pytest.mark.parametrize("fraction", [0.1, 0.35, 0.5, 0.8])
@pytest.mark.parametrize("correlation", [-0.95, -0.22, 0.0, 0.4, 0.9, 0.999])
def test_both_above_the_level_is_an_orthant_of_the_bivariate_normal_law(fraction: float, correlation: float) -> None:
    covariance: Any = [[1, correlation], [correlation, 1]]
    law = multivariate_normal(cov=covariance)
    assert level_cut_correlation(correlation, fraction) == pytest.approx(law.cdf([norm.ppf(fraction)] * 2), abs=1e-9)


def test_limits_of_the_field_correlation() -> None:
    np.testing.assert_allclose(level_cut_correlation([1, 0, -1], 0.3), [0.3, 0.09, 0], atol=1e-11)


def test_at_the_median_the_integral_is_an_arc_sine() -> None:
    correlation = np.linspace(-1, 1, 21)
    np.testing.assert_allclose(level_cut_correlation(correlation, 0.5), 0.25 + np.arcsin(correlation) / (2 * math.pi), atol=1e-14)


def test_waves_are_in_phase_after_no_distance_and_out_of_it_after_half_a_wavelength() -> None:
    np.testing.assert_allclose(wave_correlation([0, 10, 20], 40.0), [1, 2 / math.pi, 0], atol=1e-15)


@pytest.mark.parametrize("diameters", [(25.0,), (110.0, 15.0), (200.0, 60.0, 20.0)])
def test_the_correlation_falls_at_first_by_a_quarter_of_the_surface(diameters: tuple[float, ...]) -> None:
    """Debye: S2 = phi - S_v r/4, whatever the shape; Rice's formula gives the surface, Berk's integral the fall."""
    structure = LeveledWave(diameters, 0.123, PHASES)
    fall = (structure.solid_fraction - expected_correlation(structure, 0.01)) / 0.01
    assert fall == pytest.approx(specific_surface_per_nm(structure) / 4, rel=1e-3)


def test_far_points_know_nothing_of_each_other() -> None:
    structure = LeveledWave((110.0, 15.0), 0.123, PHASES)
    assert expected_correlation(structure, 1e6) == pytest.approx(0.123**2, rel=1e-3)

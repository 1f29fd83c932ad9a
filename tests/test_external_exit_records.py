"""Detectors applied to lists of electrons see what they see in the embedded simulator."""

import numpy as np
import pytest

from synthfib.simulators.external.exit_records import Exits, chances_of_acceptance, yields_per_pixel
from synthfib.simulators.monte_carlo._imaging import accepted
from synthfib.simulators.monte_carlo.detectors import BSE, ICD, Detector, acceptance_tables

TABLE = Detector("table", (0.2, 0.9), (10, 70), ((0.1, 0.5, 0.3), (1.0, 0.0, 0.7)))


@pytest.mark.parametrize("detector", [BSE, ICD, TABLE])
def test_chances_are_those_of_the_embedded_simulator(detector: Detector) -> None:
    rng = np.random.default_rng(0)
    energy = np.concatenate([rng.random(2000), [0.0, 0.2, 0.9, 1.0]])
    polar_deg = np.concatenate([90 * rng.random(2000), [0.0, 10.5, 69.5, 89.9]])
    windows, tables = acceptance_tables([detector])
    embedded = [accepted(e, np.radians(p), windows[0], tables[0]) for e, p in zip(energy, polar_deg, strict=True)]
    np.testing.assert_allclose(chances_of_acceptance(detector, energy, polar_deg), embedded, rtol=1e-6)


def test_a_primary_counts_once_with_its_best_electron() -> None:
    exits = Exits(np.array([0.3, 0.8, 0.8]), np.array([20.0, 20.0, 20.0]), np.array([0, 0, 7]))
    mean, error = yields_per_pixel([BSE, TABLE], exits, n_pixels=3, electrons_per_pixel=4)
    np.testing.assert_allclose(mean, [[0.25, 0.25, 0], [0.25, 0.25, 0]])
    np.testing.assert_allclose(error[0], [0.25, 0.25, 0])
    alone, _ = yields_per_pixel([TABLE], Exits(exits.energy[:1], exits.polar_deg[:1], exits.primary[:1]), n_pixels=1, electrons_per_pixel=1)
    assert alone[0, 0] == pytest.approx(0.1)


def test_lists_are_joined_in_order() -> None:
    parts = [Exits(np.array([0.1 * n]), np.array([float(n)]), np.array([n])) for n in (1, 2)]
    joined = Exits.together(parts)
    assert joined.primary.tolist() == [1, 2]
    assert joined.energy.tolist() == [0.1, 0.2]
    assert joined.polar_deg.tolist() == [1, 2]

"""Leveled waves have the statistics that theory gives them, in the mean over seeds, along every axis alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t

from synthfib.evaluation.correlation import correlation_along
from synthfib.evaluation.isotropy import isotropy_errors
from synthfib.generators.level_cut import expected_correlation
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.physics.materials import material

PHASES = (material("epoxy"), material("gold"))
VOXEL_NM = (2.5, 2.5, 2.5)
LAGS = np.array([1, 2, 4, 8, 16])
#: Chance that one of these tests fails though nothing is wrong, for another set of seeds.
FALSE_ALARM = 1e-4

NPG = LeveledWave((25.0,), 0.3, PHASES)
HIERARCHICAL = LeveledWave((40.0, 15.0), 0.123, PHASES)


def correlations(structure: LeveledWave, n: int, seeds: int) -> NDArray[np.float64]:
    """Two-point correlation at `LAGS`, shape (seed, axis, lag)."""
    found = []
    for seed in range(seeds):
        labels = structure.generate((n, n, n), VOXEL_NM, rng=seed).labels
        found.append([correlation_along(labels, axis, VOXEL_NM).values[LAGS] for axis in range(3)])
    return np.array(found)


def assert_mean_is_zero(samples: Any) -> None:
    """Student's test at every lag, sharing `FALSE_ALARM` among lags; standard errors are those of the seeds themselves."""
    n, n_lags = samples.shape
    score = samples.mean(axis=0) / (samples.std(axis=0, ddof=1) / np.sqrt(n))
    assert np.abs(score).max() < t.isf(FALSE_ALARM / (2 * n_lags), n - 1), score


@pytest.mark.parametrize(("structure", "n", "resolution"), [(NPG, 64, 0.005), (HIERARCHICAL, 64, 0.01)], ids=["one level", "two levels"])
def test_two_point_correlation_is_the_closed_form_along_every_axis(structure: LeveledWave, n: int, resolution: float) -> None:
    """24 seeds. For two levels the closed form is the product over levels: the second cut, exact within the first, leaves them independent.

    At two voxels the standard error is below `resolution` of the value, so that a departure of six such errors would show.
    """
    found = correlations(structure, n, 24)
    expected = expected_correlation(structure, LAGS * VOXEL_NM[0])
    assert (found.mean(axis=1).std(axis=0, ddof=1) / np.sqrt(24) / expected)[1] < resolution
    assert_mean_is_zero(found.mean(axis=1) - expected)
    assert_mean_is_zero(found[:, 0] - found[:, 1:].mean(axis=1))
    assert_mean_is_zero(found[:, 1] - found[:, 2])


def test_wrong_ligaments_would_be_noticed() -> None:
    """The same test refuses ligaments two percent too thick."""
    found = correlations(NPG, 64, 24).mean(axis=1)
    thicker = LeveledWave((25.5,), 0.3, PHASES)
    with pytest.raises(AssertionError):
        assert_mean_is_zero(found - expected_correlation(thicker, LAGS * VOXEL_NM[0]))


def test_blocks_are_as_isotropic_as_their_size_allows() -> None:
    """64 voxels, a wavelength of 20 voxels: ideal isotropic fields have these errors from finite size alone.

    The mean of 16 seeds must not lie above them by more than four standard errors of its own (false alarm 1e-3 for each of four).
    """
    floor = {"tpcf": 0.109, "lpf": 0.086, "diameter": 0.055, "chord": 0.042}
    structure = LeveledWave((29.8,), 0.3, PHASES)
    errors = [isotropy_errors(structure.generate((64, 64, 64), VOXEL_NM, rng=seed).labels, VOXEL_NM) for seed in range(16)]
    for name, limit in floor.items():
        values = np.array([error[name] for error in errors])
        assert values.mean() < limit + 4 * values.std(ddof=1) / 4, name

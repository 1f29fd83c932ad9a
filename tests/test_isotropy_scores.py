from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter

from synthfib.errors import InputError
from synthfib.evaluation.isotropy import isotropy_errors
from synthfib.evaluation.isotropy_scores import ERRORS, curve_distances, isotropy_scores


def blobs(seed: int, sigma: tuple[float, float, float] = (2, 2, 2), n: int = 48) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((n, n, n)), sigma, mode="wrap")
    return np.asarray(field > np.quantile(field, 0.7))


def test_values_are_the_isotropy_errors_and_the_truth_is_no_farther_than_itself() -> None:
    block = blobs(1)
    found = isotropy_scores(block, (2, 2, 2), truth=block, n_resamples=100)
    expected = isotropy_errors(block, (2, 2, 2), max_distance_nm=16)
    for name in ERRORS:
        score = found[name]
        assert score.value == score.truth == expected[name]
        assert score.beyond_truth_low == score.beyond_truth_high == 0
        assert 0 <= score.low <= score.value <= score.high
        assert 0 < score.floor < score.floor_high
    assert isotropy_scores(block, (2, 2, 2), truth=block, n_resamples=100) == found


def test_isotropic_structures_lie_above_the_floor_no_more_often_than_stated() -> None:
    """At most 10 % of isotropic blocks lie above the 95 % quantile of the floor. False alarm at exactly 10 %: 1e-4 for each error."""
    count = 25
    scores = [isotropy_scores(blobs(seed, n=42), (1, 1, 1), n_resamples=100, rng=seed) for seed in range(count)]
    for name in ERRORS:
        above = sum(score[name].value > score[name].floor_high for score in scores)
        assert above <= stats.binom.ppf(1 - 1e-4, count, 0.10), name
        mean, floor = (np.mean([getattr(score[name], what) for score in scores]) for what in ("value", "floor"))
        assert floor == pytest.approx(mean, rel=0.35), name


def test_smear_along_the_milling_direction_is_seen_and_exceeds_the_truth() -> None:
    truth = blobs(3)
    smeared = np.logical_or.reduce([np.roll(truth, shift, axis=0) for shift in range(6)])
    found = isotropy_scores(smeared, (1, 1, 1), truth=truth, n_resamples=200)
    for name in ("lpf", "chord"):
        score = found[name]
        assert score.value > score.floor_high, name
        assert score.beyond_truth_low is not None
        assert score.beyond_truth_low > 0, name


def test_distances_to_the_curves_of_the_truth() -> None:
    truth = blobs(4)
    assert curve_distances(truth, truth, (1, 1, 1))["tpcf"] == 0
    grown = truth | np.roll(truth, 1, axis=0) | np.roll(truth, 1, axis=1) | np.roll(truth, 1, axis=2)
    found = curve_distances(grown, truth, (1, 1, 1), max_distance_nm=10)
    assert found["lpf"] == pytest.approx(np.mean([found["lpf_z"], found["lpf_y"], found["lpf_x"]]))
    assert min(found["lpf_z"], found["tpcf_x"]) > 0.2 > isotropy_errors(grown, (1, 1, 1))["lpf"]
    assert found["max_distance_nm"] == 10
    assert curve_distances(np.zeros((8, 8, 8)), np.zeros((8, 8, 8)), (1, 1, 1))["lpf"] == 0
    assert curve_distances(np.zeros((8, 8, 8)), np.ones((8, 8, 8)), (1, 1, 1))["lpf"] == 2


def test_thick_slices_are_served() -> None:
    block = blobs(5, (4, 4, 4))[::4]
    found = isotropy_scores(block, (4, 1, 1), pieces_per_axis=2, n_resamples=100)
    assert all(np.isfinite(score.high) for score in found.values())


def test_bad_input_is_one_sentence() -> None:
    block = blobs(6, n=12)
    with pytest.raises(InputError, match="must have the shape of the segmentation"):
        isotropy_scores(block, (1, 1, 1), truth=block[1:])
    with pytest.raises(InputError, match="2 pieces of 2 voxels or more per axis"):
        isotropy_scores(block, (1, 1, 1), pieces_per_axis=7)
    with pytest.raises(InputError, match="solid and pores"):
        isotropy_scores(np.ones((12, 12, 12)), (1, 1, 1))
    with pytest.raises(InputError, match="must have the shape of the segmentation"):
        curve_distances(block, block[1:], (1, 1, 1))
    with pytest.raises(InputError, match=r"block of voxels \(z, y, x\)"):
        curve_distances(block[0], block[0], (1, 1, 1))

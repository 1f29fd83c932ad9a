from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from synthfib.errors import InputError
from synthfib.evaluation.paired_comparison import paired_comparison, sign_flip_p_value


def test_the_exact_test_is_that_of_scipy() -> None:
    differences = np.random.default_rng(1).normal(0.3, 1, 9)
    expected = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)  # pyright: ignore[reportArgumentType]
    assert sign_flip_p_value(differences) == pytest.approx(expected.pvalue)


def test_many_units_are_drawn_and_agree_with_the_t_test() -> None:
    differences = np.random.default_rng(2).normal(0.35, 1, 40)
    expected = float(stats.ttest_1samp(differences, 0)[1])  # pyright: ignore[reportArgumentType]
    assert sign_flip_p_value(differences) == pytest.approx(expected, abs=0.01)


def test_methods_that_are_alike_are_told_apart_no_more_often_than_promised() -> None:
    """Volumes of very different difficulty, seeds that share it: at most 5 % of 1000 comparisons. False alarm of this test: 1e-4."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(1000):
        of_volume = rng.normal(0, 1, 8)  # the same difference for all seeds of a volume
        wrong += sign_flip_p_value(of_volume + rng.normal(0, 0.1, (5, 8)).mean(axis=0)) <= 0.05
    assert wrong <= stats.binom.ppf(1 - 1e-4, 1000, 0.05)


def test_a_steady_difference_is_found_and_its_interval_holds_it() -> None:
    rng = np.random.default_rng(4)
    difficulty = rng.normal(0.8, 0.1, (8, 1))
    scores = [difficulty + gain + rng.normal(0, 0.004, (8, 3)) for gain in (0.02, 0.0)]
    found = paired_comparison(*scores)
    assert found.mean_difference == pytest.approx(0.02, abs=0.005)
    assert found.low < 0.02 < found.high
    assert found.high - found.low < 0.02
    assert found.p_value == found.smallest_p_value == 2 / 2**8
    assert found.seed_sd == pytest.approx(0.004 * np.sqrt(2), rel=0.5)
    assert (found.n_volumes, found.n_seeds) == (8, 3)
    swapped = paired_comparison(scores[1], scores[0])
    assert swapped.p_value == found.p_value
    assert swapped.mean_difference == -found.mean_difference


def test_few_volumes_say_how_little_they_can_show() -> None:
    better, worse = np.full((2, 3), 0.9), np.full((2, 3), 0.8)
    assert paired_comparison(better, worse).p_value == 0.5
    assert paired_comparison(better, worse, unit="seed").p_value == 0.25
    assert paired_comparison(better, worse, unit="pair").smallest_p_value == 2 / 64
    same = paired_comparison(worse, worse)
    assert (same.p_value, same.low, same.high) == (1, 0, 0)


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"at least 3 seeds, got shapes \(4, 2\)"):
        paired_comparison(np.ones((4, 2)), np.ones((4, 2)))
    with pytest.raises(InputError, match="finite scores"):
        paired_comparison(np.full((4, 3), np.nan), np.ones((4, 3)))
    with pytest.raises(InputError, match="by volume, seed or pair"):
        paired_comparison(np.ones((4, 3)), np.ones((4, 3)), unit="patch")  # type: ignore[arg-type]

"""Tabulated counts follow the laws of textbooks."""

import numpy as np
import pytest
from scipy import stats

from synthfib.degradations.counting import MOST_TABULATED, binomial, poisson

N = 400_000


def chi_square(counts: np.ndarray[tuple[int, ...], np.dtype[np.float32]], expected: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Chance of a worse fit; outcomes expected fewer than 20 times are one."""
    observed = np.bincount(counts.ravel().astype(np.int64), minlength=expected.size)[: expected.size].astype(np.float64)
    often = expected >= 20
    rest = max(float(expected[~often].sum()), 1e-9)
    total = (((observed - expected) ** 2)[often] / expected[often]).sum() + (observed[~often].sum() - rest) ** 2 / rest * (rest > 5)
    return float(stats.chi2(max(int(often.sum()) - 1, 1)).sf(total))


@pytest.mark.parametrize(
    ("n", "chance"),
    [
        (1, 0.3),
        (20, 0.77),
        (312, 0.0004),
        (312, 0.4001),
        (312, 0.5),
        (312, 0.9999),
        (3000, 0.123),
        (MOST_TABULATED, 0.4321),
        (MOST_TABULATED + 1, 0.2),
    ],
)
def test_binomial(n: int, chance: float) -> None:
    """Chi-square of 400000 draws, at a false-alarm rate of 1e-3 each, seed fixed."""
    counts = binomial(n, np.full(N, chance, np.float32), np.random.default_rng(5))
    assert chi_square(counts, N * stats.binom.pmf(np.arange(n + 1), n, float(np.float32(chance)))) > 1e-3


@pytest.mark.parametrize(("mean", "highest"), [(0.02, 320.0), (7.77, 40.0), (100.123, 320.0), (319.9, 320.0), (8000.5, 16000.0), (3.0, 40000.0)])
def test_poisson(mean: float, highest: float) -> None:
    """Chi-square of 400000 draws, at a false-alarm rate of 1e-3 each, seed fixed."""
    counts = poisson(np.full(N, mean, np.float32), highest, np.random.default_rng(5))
    outcomes = np.arange(int(mean + 12 * mean**0.5 + 40))
    assert chi_square(counts, N * stats.poisson.pmf(outcomes, float(np.float32(mean)))) > 1e-3


def test_certain_outcomes() -> None:
    rng = np.random.default_rng(1)
    chance = np.array([[-0.5, 0.0, 1.0, 2.0]], np.float32)
    assert binomial(312, chance, rng).tolist() == [[0, 0, 312, 312]]
    assert poisson(np.array([-1.0, 0.0], np.float32), 10.0, rng).tolist() == [0, 0]


def test_neighbours_are_independent() -> None:
    counts = binomial(312, np.full(N, 0.4, np.float32), np.random.default_rng(2))
    assert abs(np.corrcoef(counts[1:], counts[:-1])[0, 1]) < 5 / N**0.5

"""Whether one method is better than another: differences on the same volumes and seeds, and how likely chance makes them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError

_FEWEST_SEEDS = 3
_EXACT_UP_TO = 16
_DRAWN_FLIPS = 100_000


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """How two methods compare, in units of the score.

    Parameters
    ----------
    mean_difference : float
        First minus second, mean over volumes and seeds.
    low, high : float
        Ends of the bootstrap interval of the mean difference.
    level : float
        Confidence of the interval.
    p_value : float
        Chance of a mean difference as large, of either sign, if the methods were alike.
    smallest_p_value : float
        The smallest one that so few units can give; no difference is significant below it.
    n_volumes, n_seeds : int
        What was compared.
    seed_sd : float
        Standard deviation of the difference between seeds of one volume, root mean square over volumes.
    """

    mean_difference: float
    low: float
    high: float
    level: float
    p_value: float
    smallest_p_value: float
    n_volumes: int
    n_seeds: int
    seed_sd: float


def paired_comparison(
    first: ArrayLike,
    second: ArrayLike,
    *,
    unit: Literal["volume", "seed", "pair"] = "volume",
    level: float = 0.95,
    n_resamples: int = 10_000,
    rng: np.random.Generator | int = 0,
) -> PairedComparison:
    """Compare the scores of two methods on the same volumes, each trained with the same seeds.

    The test flips the signs of the differences, all ways of doing so up to 16 units, else 100 000 drawn ones (R. A. Fisher, The Design of
    Experiments, 1935). The interval resamples volumes and seeds, both with replacement.

    Parameters
    ----------
    first, second : array_like of float, shape (volume, seed)
        Scores; at least 3 seeds.
    unit : {"volume", "seed", "pair"}
        What is independent, and so flipped as a whole: volumes (seeds averaged; the question is whether it holds for other volumes), seeds
        (volumes averaged; whether it holds for other trainings on these volumes), or every pair, which takes both for independent and is
        too sure of itself where volumes differ in difficulty.
    level : float
        Confidence of the interval in (0, 1).
    n_resamples : int
        Resamples of the interval.
    rng : Generator or int
        Decides resamples and drawn flips.

    Raises
    ------
    InputError
        If shapes differ, there are fewer than 3 seeds, or a number is out of range or not finite.
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != other.shape or one.ndim != 2 or one.shape[1] < _FEWEST_SEEDS or one.shape[0] < 1:
        raise InputError(f"A comparison needs scores (volume, seed) of both methods, at least 3 seeds, got shapes {one.shape} and {other.shape}.")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise InputError("A comparison needs finite scores, got one that is not; leave out the volume for both methods.")
    if unit not in ("volume", "seed", "pair") or not 0 < level < 1 or n_resamples < 100:
        raise InputError(
            f"A comparison is by volume, seed or pair, with a confidence in (0, 1) and 100 resamples, got {unit!r}, {level!r}, {n_resamples!r}."
        )
    generator = np.random.default_rng(rng)
    differences = one - other
    units = {"volume": differences.mean(axis=1), "seed": differences.mean(axis=0), "pair": differences.ravel()}[unit]
    means = _resampled_means(differences, n_resamples, generator)
    low, high = np.quantile(means, [0.5 - level / 2, 0.5 + level / 2])
    return PairedComparison(
        mean_difference=float(differences.mean()),
        low=float(low),
        high=float(high),
        level=level,
        p_value=sign_flip_p_value(units, rng=generator),
        smallest_p_value=2.0 ** (1 - units.size) if units.size <= _EXACT_UP_TO else 1 / (_DRAWN_FLIPS + 1),
        n_volumes=differences.shape[0],
        n_seeds=differences.shape[1],
        seed_sd=float(np.sqrt(differences.var(axis=1, ddof=1).mean())),
    )


def sign_flip_p_value(differences: NDArray[np.float64], *, rng: np.random.Generator | int = 0) -> float:
    """Return the share of ways to flip signs that make the mean of differences as large, of either sign, as it is."""
    observed = abs(float(differences.sum()))
    tolerance = 1e-12 * float(np.abs(differences).sum())
    if differences.size <= _EXACT_UP_TO:
        signs = np.array(list(product((1.0, -1.0), repeat=differences.size)))
        return float(np.mean(np.abs(signs @ differences) >= observed - tolerance))
    generator = np.random.default_rng(rng)
    as_large = 0
    for _ in range(100):
        signs = 2.0 * generator.integers(0, 2, (_DRAWN_FLIPS // 100, differences.size)) - 1
        as_large += int(np.count_nonzero(np.abs(signs @ differences) >= observed - tolerance))
    return (as_large + 1) / (_DRAWN_FLIPS + 1)


def _resampled_means(differences: NDArray[np.float64], n_resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    volumes, seeds = (rng.multinomial(n, np.full(n, 1 / n), size=n_resamples) / n for n in differences.shape)
    return np.asarray(np.einsum("rv,vs,rs->r", volumes, differences, seeds), np.float64)

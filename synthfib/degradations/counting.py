"""Random counts of electrons, several times as fast as one by one: laws of some thousand strengths are tabulated, the rest is inverted."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

from synthfib.degradations._counting_kernels import alias_tables, binomial_counts, poisson_counts

_SIGMAS = 8.0  # beyond them lies 1e-15 of a law
#: With more electrons tables grow large; numpy's own way is taken then.
MOST_TABULATED = 16384

Counts: TypeAlias = NDArray[np.float32]
_Tables: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int16]]


def binomial(n: int, chance: NDArray[np.float32], rng: np.random.Generator) -> Counts:
    """Return how many of `n` trials succeed, with a chance of its own for every pixel.

    Parameters
    ----------
    n : int
        Number of trials.
    chance : ndarray of float32
        Chance of each, cut to [0, 1].
    rng : numpy.random.Generator
        Random numbers.

    Returns
    -------
    ndarray of float32
        Counts, exactly binomial up to the rounding of `chance` and of 32 random bits.
    """
    chance = np.clip(chance, 0, 1)
    if n > MOST_TABULATED:
        return np.asarray(rng.binomial(n, chance.astype(np.float64)), np.float32)
    out = np.empty(chance.shape, np.float32)
    binomial_counts(chance.ravel(), n, *_binomial_tables(n), _bits(rng, chance.size), out.reshape(-1))
    return out


def poisson(mean: NDArray[np.float32], highest: float, rng: np.random.Generator) -> Counts:
    """Return Poisson counts with a mean of its own for every pixel.

    Parameters
    ----------
    mean : ndarray of float32
        Means, cut to [0, highest].
    highest : float
        The highest mean that matters.
    rng : numpy.random.Generator
        Random numbers.

    Returns
    -------
    ndarray of float32
        Counts.
    """
    mean = np.clip(mean, 0, np.float32(highest))
    if highest > MOST_TABULATED:
        return np.asarray(rng.poisson(mean), np.float32)
    out = np.empty(mean.shape, np.float32)
    poisson_counts(mean.ravel(), highest / _levels(highest), *_poisson_tables(highest), _bits(rng, mean.size), out.reshape(-1))
    return out


def _bits(rng: np.random.Generator, size: int) -> NDArray[np.uint64]:
    return rng.integers(0, 2**64, size, dtype=np.uint64)


@lru_cache(maxsize=4)
def _binomial_tables(n: int) -> _Tables:
    levels = _levels(n)
    chance = np.arange(levels, dtype=np.float64)[:, None] / levels
    first, counts = _window(np.asarray(n * chance, np.float64), np.sqrt(n * chance * (1 - chance)), n)
    inside = np.minimum(counts, n)
    logarithm = gammaln(n + 1) - gammaln(inside + 1) - gammaln(n - inside + 1) + xlogy(inside, chance) + xlog1py(n - inside, -chance)
    return _tables(first, np.where(counts <= n, np.exp(logarithm), 0.0))


@lru_cache(maxsize=4)
def _poisson_tables(highest: float) -> _Tables:
    mean = np.arange(_levels(highest), dtype=np.float64)[:, None] * (highest / _levels(highest))
    first, counts = _window(mean, np.sqrt(mean), None)
    return _tables(first, np.exp(xlogy(counts, mean) - mean - gammaln(counts + 1)))


def _levels(highest: float) -> int:
    """Return the number of tabulated means, at best a quarter of a count apart."""
    return min(max(256, math.ceil(4 * highest)), 4096)


def _window(mean: NDArray[np.float64], sigma: NDArray[np.float64], most: int | None) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First count of every level, and all counts within reach of it, as many for each level."""
    # A skew law reaches further up than its standard deviation says where the mean is small.
    reach = _SIGMAS * sigma.max() + 20
    first = np.maximum(np.floor(mean - reach), 0).astype(np.int64)
    width = math.ceil(2 * reach) + 1 if most is None else min(math.ceil(2 * reach) + 1, most + 1)
    if most is not None:
        first = np.minimum(first, most + 1 - width)
    return first[:, 0].copy(), first + np.arange(width, dtype=np.float64)


def _tables(first: NDArray[np.int64], chances: NDArray[np.float64]) -> _Tables:
    chances /= chances.sum(axis=1, keepdims=True)
    share, alias = np.empty(chances.shape, np.float32), np.empty(chances.shape, np.int16)
    alias_tables(chances, share, alias)
    return first, share, alias

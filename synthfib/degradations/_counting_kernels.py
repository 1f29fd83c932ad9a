"""Random counts by alias tables, for one thread."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

_PER_BIT = 2.0**-32


@nb.njit(cache=True, nogil=True)
def alias_tables(chances: Any, share: Any, alias: Any) -> None:
    """Fill the alias tables of several laws (A. J. Walker 1977, doi 10.1145/355744.355749; order of M. D. Vose 1991).

    Parameters
    ----------
    chances : float64 (level, outcome)
        Chance of every outcome, each row of sum 1; overwritten.
    share : float32 (level, outcome)
        Chance to keep an outcome that was hit.
    alias : int16 (level, outcome)
        What to take instead.
    """
    n_levels, n = chances.shape
    small, large = np.empty(n, np.int32), np.empty(n, np.int32)
    for level in range(n_levels):
        scaled = chances[level]
        scaled *= n
        n_small = n_large = 0
        for k in range(n):
            share[level, k], alias[level, k] = 1.0, k
            if scaled[k] < 1:
                small[n_small] = k
                n_small += 1
            else:
                large[n_large] = k
                n_large += 1
        while n_small and n_large:
            n_small -= 1
            poor, rich = small[n_small], large[n_large - 1]
            share[level, poor], alias[level, poor] = scaled[poor], rich
            scaled[rich] -= 1 - scaled[poor]
            if scaled[rich] < 1:
                n_large -= 1
                small[n_small] = rich
                n_small += 1


@nb.njit(cache=True, nogil=True)
def _from_table(first: Any, share: Any, alias: Any, level: int, bits: int) -> int:
    """One count of the law of a level, from 32 random bits."""
    hit = np.float64(bits) * _PER_BIT * share.shape[1]
    k = int(hit)
    return int(first[level]) + (k if hit - k < share[level, k] else int(alias[level, k]))


@nb.njit(cache=True, nogil=True)
def poisson_counts(means: Any, step: float, first: Any, share: Any, alias: Any, bits: Any, out: Any) -> None:
    """Draw Poisson counts: one of the tabulated mean below, plus one of the rest by inversion, which together have the exact law.

    Parameters
    ----------
    means : float32 (pixel,)
        Means, at most ``step`` above the highest tabulated one.
    step : float
        Distance of tabulated means, which start at 0.
    first : int64 (level,), share : float32 (level, outcome), alias : int16 (level, outcome)
        Tables, see `alias_tables`; `first` is the count of outcome 0.
    bits : uint64 (pixel,)
        Random bits.
    out : float32 (pixel,)
        Counts.
    """
    for i in range(means.size):
        level = min(int(means[i] / step), first.size - 1)
        rest = max(means[i] - level * step, 0.0)
        count = _from_table(first, share, alias, level, bits[i] >> np.uint64(32))
        left = np.float64(bits[i] & np.uint64(0xFFFFFFFF)) * _PER_BIT
        k = 0
        if left >= 1 - rest:  # below, exp(-rest) need not be known to see that the rest counts nothing
            chance = np.exp(-rest)
            while left >= chance and chance > 0:
                left -= chance
                k += 1
                chance *= rest / k
        out[i] = count + k


@nb.njit(cache=True, nogil=True)
def binomial_counts(chances: Any, n: int, first: Any, share: Any, alias: Any, bits: Any, out: Any) -> None:
    """Draw binomial counts of `n`: with the tabulated chance below, plus one of those that failed by inversion; together the exact law.

    Parameters
    ----------
    chances : float32 (pixel,)
        Chances in [0, 1].
    n : int
        Number of trials.
    first, share, alias
        Tables of ``first.size`` chances from 0 to below 1, see `poisson_counts`.
    bits : uint64 (pixel,)
        Random bits.
    out : float32 (pixel,)
        Counts.
    """
    n_levels = first.size
    for i in range(chances.size):
        level = min(int(chances[i] * n_levels), n_levels - 1)
        tabulated = level / n_levels
        rest = min(max((chances[i] - tabulated) / (1 - tabulated), 0.0), 1.0)
        count = _from_table(first, share, alias, level, bits[i] >> np.uint64(32))
        failed = n - count
        left = np.float64(bits[i] & np.uint64(0xFFFFFFFF)) * _PER_BIT
        k = 0
        if rest == 1.0:
            k = failed
        elif left >= 1 - failed * rest:  # below, (1 - rest)**failed need not be known, see above
            chance = np.exp(failed * np.log1p(-rest))
            odds = rest / (1 - rest)
            while left >= chance and k < failed and chance > 0:
                left -= chance
                chance *= odds * (failed - k) / (k + 1)
                k += 1
        out[i] = count + k

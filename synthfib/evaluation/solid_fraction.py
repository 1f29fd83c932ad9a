"""Solid fraction and porosity with a confidence interval that knows that neighbouring voxels are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.evaluation.correlation import correlation_along
from synthfib.evaluation.overlap import is_solid

_FEWEST_BLOCKS = 6
#: Pieces are as many correlation lengths long as leave enough of them.
_CORRELATION_LENGTHS = (4.0, 3.0)


@dataclass(frozen=True, slots=True)
class FractionInterval:
    """A share of the volume, with its confidence interval; all of them fractions, not percent.

    Parameters
    ----------
    fraction : float
        The share.
    low, high : float
        Ends of the interval.
    level : float
        Confidence that was asked for.
    n_blocks : int
        Blocks that were resampled.
    block_nm : tuple of float
        Mean edges of a block ``(z, y, x)`` in nm.
    """

    fraction: float
    low: float
    high: float
    level: float
    n_blocks: int
    block_nm: tuple[float, float, float]

    def of_the_other_phase(self) -> FractionInterval:
        """Return the porosity if this is the solid fraction, and the other way round."""
        return FractionInterval(1 - self.fraction, 1 - self.high, 1 - self.low, self.level, self.n_blocks, self.block_nm)


def solid_fraction_interval(
    solid: ArrayLike,
    voxel_size_nm: Sequence[float],
    *,
    level: float = 0.95,
    block_nm: Sequence[float] | None = None,
    n_resamples: int = 2000,
    rng: np.random.Generator | int = 0,
) -> FractionInterval:
    r"""Return the solid fraction of the material that the block was cut from, with a block-bootstrap interval.

    The block is cut into pieces 3 to 4 correlation lengths long, which are next to independent and are drawn with replacement. With n
    pieces the percentiles are those of the level :math:`\Phi(-\sqrt{n/(n-1)}\, t_{n-1})`, which makes up for few pieces (T. C. Hesterberg,
    Am. Stat. 69 (2015) 371, doi 10.1080/00031305.2015.1089789). Intervals of 95 % hold the solid fraction of the material in 90 to 99 % of
    synthetic blocks: a little less where the structure has long memory, more where solid and pore alternate.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans, labels (0 is pore) or probabilities of solid.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm.
    level : float
        Confidence in (0, 1).
    block_nm : sequence of float, optional
        Least edges of pieces ``(z, y, x)`` in nm; 4 correlation lengths by default, 3 if
        the block is small. Give the height and width of the block to resample
        slabs of slices.
    n_resamples : int
        Number of resamples.
    rng : Generator or int
        Decides the resamples.

    Raises
    ------
    InputError
        If the block is not 3-D, a number is out of range, or fewer than 6 pieces fit into it.
    """
    mask = is_solid("The block", solid)
    if mask.ndim != 3 or mask.size == 0:
        raise InputError(f"A solid fraction with interval needs a block of voxels (z, y, x), got an array of shape {mask.shape}.")
    if not 0 < level < 1 or n_resamples < 100:
        raise InputError(f"An interval needs a confidence in (0, 1) and at least 100 resamples, got {level!r} and {n_resamples!r}.")
    size_nm = check_voxel_size_nm(voxel_size_nm)
    pieces = _pieces(mask, size_nm, block_nm)
    n_blocks = int(np.prod(pieces))
    low, high = _resampled(*_by_blocks(mask, pieces), level, n_resamples, np.random.default_rng(rng))
    z, y, x = (n * s / count for n, s, count in zip(mask.shape, size_nm, pieces, strict=True))
    return FractionInterval(float(mask.mean()), low, high, level, n_blocks, (z, y, x))


def correlation_length_nm(solid: ArrayLike, axis: int, voxel_size_nm: Sequence[float]) -> float:
    r"""Return the integral length of the structure along an axis in nm, 0 if there is one phase only.

    :math:`\ell = 2 \int_0^{r_0} (S_2(r) - \phi^2)/(\phi - \phi^2)\,dr` with :math:`r_0` the first distance at which the correlation has gone.
    """
    curve = correlation_along(solid, axis, voxel_size_nm)
    phi = curve.values[0]
    if not 0 < phi < 1:
        return 0.0
    covariance = (curve.values - phi**2) / (phi - phi**2)
    gone = np.flatnonzero(covariance <= 0)
    until = int(gone[0]) if gone.size else covariance.size
    return float((2 * covariance[:until].sum() - 1) * check_voxel_size_nm(voxel_size_nm)[axis])


def _pieces(mask: NDArray[np.bool_], size_nm: Sequence[float], block_nm: Sequence[float] | None) -> list[int]:
    """Return numbers of pieces along each axis."""
    if block_nm is None:
        lengths = [correlation_length_nm(mask, axis, size_nm) for axis in range(3)]
        tried = [[factor * length for length in lengths] for factor in _CORRELATION_LENGTHS]
    else:
        tried = [list(block_nm)]
    counts = [1, 1, 1]
    for least_nm in tried:
        counts = [max(1, int(n * s / max(least, s) + 1e-9)) for n, s, least in zip(mask.shape, size_nm, least_nm, strict=True)]
        if np.prod(counts) >= _FEWEST_BLOCKS:
            return counts
    edges = " x ".join(f"{edge:.0f}" for edge in tried[-1])
    raise InputError(f"An interval needs at least {_FEWEST_BLOCKS} pieces of {edges} nm, the block holds {np.prod(counts)}; take a larger block.")


def _by_blocks(mask: NDArray[np.bool_], pieces: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return numbers of solid voxels and of all voxels of every piece."""
    found = mask.astype(np.int64)
    total = np.ones(1, np.int64)
    for axis, count in enumerate(pieces):
        begins = np.arange(count) * mask.shape[axis] // count
        found = np.add.reduceat(found, begins, axis=axis)
        total = np.multiply.outer(total, np.diff([*begins, mask.shape[axis]]))
    return found.ravel(), total.ravel()


def _resampled(found: NDArray[np.int64], total: NDArray[np.int64], level: float, n_resamples: int, rng: np.random.Generator) -> tuple[float, float]:
    n = found.size
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples)
    fractions = (drawn @ found) / (drawn @ total)
    tail = float(stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf(0.5 + level / 2, n - 1)))
    low, high = np.quantile(fractions, [tail, 1 - tail])
    return float(low), float(high)

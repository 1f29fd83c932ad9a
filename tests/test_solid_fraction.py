from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter

from synthfib.errors import InputError
from synthfib.evaluation.solid_fraction import correlation_length_nm, solid_fraction_interval


def fields(count: int, sigma: float, phi: float) -> Iterator[np.ndarray]:
    """Blocks cut out of a material of known solid fraction: smoothed noise above a fixed threshold."""
    spike = np.zeros((64, 64, 64))
    spike[0, 0, 0] = 1
    sd = np.sqrt((gaussian_filter(spike, sigma, mode="wrap") ** 2).sum())
    for seed in range(count):
        noise = np.random.default_rng(seed).standard_normal(spike.shape)
        yield gaussian_filter(noise, sigma, mode="wrap")[:48, :48, :48] > sd * stats.norm.isf(phi)


def test_intervals_hold_the_truth_as_often_as_stated() -> None:
    """At least 90 % of intervals of 95 % do, and they are not wider than needed by half. False alarm at exactly 90 %: 1e-4."""
    count, phi = 150, 0.3
    found = [solid_fraction_interval(block, (1, 1, 1), n_resamples=500, rng=seed) for seed, block in enumerate(fields(count, 1.5, phi))]
    assert sum(interval.low <= phi <= interval.high for interval in found) >= stats.binom.ppf(1e-4, count, 0.90)
    scatter = np.std([interval.fraction for interval in found])
    assert np.mean([interval.high - interval.low for interval in found]) < 1.5 * 2 * 1.96 * scatter


def test_taking_voxels_for_independent_would_hold_it_far_less_often() -> None:
    phi = 0.3
    half = 1.96 * np.sqrt(phi * (1 - phi) / 48**3)
    hits = [abs(block.mean() - phi) <= half for block in fields(40, 1.5, phi)]
    assert np.mean(hits) < 0.4


def test_slabs_of_slices_and_the_other_phase() -> None:
    block = next(fields(1, 1.5, 0.3))
    found = solid_fraction_interval(block, (10, 2, 2), block_nm=(60, 96, 96))
    assert (found.n_blocks, found.block_nm) == (8, (60, 96, 96))
    assert found.low < found.fraction == block.mean() < found.high
    porosity = found.of_the_other_phase()
    assert porosity.fraction == pytest.approx(1 - block.mean())
    assert porosity.high - porosity.low == pytest.approx(found.high - found.low)
    assert solid_fraction_interval(block, (10, 2, 2), block_nm=(60, 96, 96)) == found


def test_the_correlation_length_of_checks_and_its_unit() -> None:
    voxels = np.random.default_rng(1).random((8, 8, 60)) < 0.5
    assert correlation_length_nm(voxels, 2, (1, 1, 2)) == pytest.approx(2, rel=0.2)
    assert correlation_length_nm(np.repeat(voxels, 4, axis=2), 2, (1, 1, 2)) == pytest.approx(8, rel=0.2)
    assert correlation_length_nm(np.ones((3, 4, 5)), 0, (1, 1, 1)) == 0


def test_one_phase_has_an_interval_of_no_width() -> None:
    found = solid_fraction_interval(np.ones((4, 8, 8)), (1, 1, 1))
    assert (found.fraction, found.low, found.high) == (1, 1, 1)


def test_bad_input_is_one_sentence() -> None:
    smooth = next(fields(1, 6.0, 0.5))
    with pytest.raises(InputError, match=r"at least 6 pieces of .* nm, the block holds [1-5]; take a larger block"):
        solid_fraction_interval(smooth[:24, :24, :24], (1, 1, 1))
    with pytest.raises(InputError, match=r"block of voxels \(z, y, x\)"):
        solid_fraction_interval(smooth[0], (1, 1, 1))
    with pytest.raises(InputError, match="100 resamples"):
        solid_fraction_interval(smooth, (1, 1, 1), n_resamples=10)

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import next_fast_len

from synthfib.evaluation.correlation import correlation_along
from synthfib.evaluation.lineal_path import run_lengths


def by_fourier(solid: np.ndarray, axis: int, n_lags: int) -> np.ndarray:
    """Numbers of pairs from zero-padded Fourier transforms, rounded to the whole numbers that they are."""
    n = solid.shape[axis]
    length = int(next_fast_len(n + n_lags, real=True) or 0)
    spectrum = np.fft.rfft(np.moveaxis(solid, axis, -1), length, axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=(0, 1))
    return np.asarray(np.rint(np.fft.irfft(power, length)[:n_lags]), np.int64)


def by_steps(solid: np.ndarray, axis: int) -> np.ndarray:
    """Runs from where lines begin and end to be solid."""
    lines = np.moveaxis(solid, axis, -1).astype(np.int8)
    steps = np.diff(np.pad(lines, ((0, 0), (0, 0), (1, 1)))).ravel()
    return np.bincount(np.flatnonzero(steps < 0) - np.flatnonzero(steps > 0), minlength=solid.shape[axis] + 1)


@pytest.mark.parametrize("shape", [(5, 130, 70), (70, 3, 129), (64, 64, 64), (1, 65, 1)])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_words_of_any_filling_count_what_fourier_transforms_count(shape: tuple[int, int, int], axis: int) -> None:
    solid = np.random.default_rng(1).random(shape) < 0.6
    n = shape[axis]
    curve = correlation_along(solid, axis, (1, 1, 1), max_distance_nm=n - 1)
    assert np.rint(curve.values * curve.pairs).astype(int).tolist() == by_fourier(solid, axis, n).tolist()
    assert run_lengths(solid, axis).tolist() == by_steps(solid, axis).tolist()


def test_all_and_nothing_and_views_that_are_not_contiguous() -> None:
    full = np.ones((3, 66, 67), bool)
    assert run_lengths(full, 1).tolist() == [0] * 66 + [3 * 67]
    assert run_lengths(~full, 2).sum() == 0
    turned = (np.random.default_rng(2).random((66, 9, 67)) < 0.5).transpose(1, 2, 0)[:, ::-1]
    for axis in range(3):
        assert run_lengths(turned, axis).tolist() == by_steps(turned, axis).tolist()

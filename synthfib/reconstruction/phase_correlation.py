"""A first guess of where faces lie: phase correlation between slices at several distances, and one robust fit to all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import skimage.registration
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.signal.windows import tukey

_LAGS = (1, 2, 3)
_FINE_PX, _COARSE_PX = 1.5, 15.0
_TAPERED = 0.3
_PAIR_ERROR_PX = 1.0
#: Width of the law of steps, Student's with three degrees of freedom.
_USUAL_STEP_PX = 2.0
#: Farther than this from the likeliest shift, the highest peak is another one.
_SAME_PEAK_PX = 2.0
_ROUNDS = 10
#: Of an untyped library.
_correlate: Any = skimage.registration.phase_cross_correlation


def pairwise_walk(images: NDArray[Any]) -> NDArray[np.float64]:
    """Return how far each slice seems to be displaced, the mean of all channels, about their mean.

    Shifts between slices one to three apart are found by phase correlation and fitted by one walk; pairs that disagree with it lose weight.

    Parameters
    ----------
    images : ndarray, shape (channel, slice, y, x)
        Grey values.

    Returns
    -------
    ndarray of float64, shape (slice, 2)
        Displacement ``(y, x)`` in pixels.
    """
    faces = _prepared(images)
    pairs = [(first, first + lag) for lag in _LAGS for first in range(len(faces) - lag)]
    if not pairs:
        return np.zeros((len(faces), 2))
    found = [_shift(faces[first], faces[second]) for first, second in pairs]
    return _walk(np.array(pairs), np.array([shift for shift, _ in found]), np.array([sure for _, sure in found]), len(faces))


def _shift(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Return how far the second face lies beside the first, and how much that counts: more, the more they are alike there."""
    likeliest, alike = _likeliest(first, second)
    shift = -np.asarray(_correlate(first, second, upsample_factor=4, normalization=None)[0], np.float64)
    return shift if np.hypot(*(shift - likeliest)) < _SAME_PEAK_PX else likeliest, max(alike, 0.0) ** 2


def _likeliest(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Return the whole-pixel shift that is likeliest, given how alike faces are there and how far steps usually go, and the likeness.

    With n independent places on a face, a correlation c has the likelihood ``(1 - c**2) ** (-n / 2)``: faces that are hardly alike anywhere are
    taken to lie where they are, and not at a peak of chance.
    """
    waves = [np.fft.rfft2(face) for face in (first, second)]
    power = np.abs(waves[0]) ** 2
    places = float(power.sum() ** 2 / (power**2).sum())
    alike = np.fft.irfft2(waves[1] * waves[0].conj(), first.shape) / np.sqrt((first**2).sum() * (second**2).sum())
    y, x = (np.fft.fftfreq(size, 1 / size) for size in first.shape)
    far = (y[:, None] ** 2 + x**2) / _USUAL_STEP_PX**2
    evidence = -places / 2 * np.log1p(-(np.clip(alike, 0, 0.999) ** 2)) - 2 * np.log1p(far / 3)
    row, column = np.unravel_index(int(np.argmax(evidence)), alike.shape)
    return np.array([y[row], x[column]]), float(alike[row, column])


def _prepared(images: NDArray[Any]) -> list[NDArray[np.float32]]:
    """Mean of all channels of a slice, each scaled to its own spread, without shades and without the finest noise, under a window."""
    window = np.outer(*(tukey(size, _TAPERED) for size in images.shape[2:])).astype(np.float32)
    faces = []
    for index in range(images.shape[1]):
        own = images[:, index].astype(np.float32)
        spread = np.maximum(own.std(axis=(1, 2), keepdims=True), 1e-6)
        mean = ((own - own.mean(axis=(1, 2), keepdims=True)) / spread).mean(axis=0)
        faces.append((gaussian_filter(mean, _FINE_PX) - gaussian_filter(mean, _COARSE_PX)) * window)
    return faces


def _walk(pairs: NDArray[np.intp], shifts: NDArray[np.float64], counts: NDArray[np.float64], n_slices: int) -> NDArray[np.float64]:
    """Least squares with weights that fall off like Cauchy's."""
    difference = np.zeros((len(pairs), n_slices))
    rows = np.arange(len(pairs))
    difference[rows, pairs[:, 1]], difference[rows, pairs[:, 0]] = 1.0, -1.0
    lag = pairs[:, 1] - pairs[:, 0]
    sure = counts / lag
    walk, weight = np.zeros((n_slices, 2)), np.where(lag == 1, 1.0, 0.1)
    for _ in range(_ROUNDS):
        weighted = difference.T * (sure * weight)
        walk = np.asarray(np.linalg.lstsq(weighted @ difference, weighted @ shifts, rcond=1e-9)[0], np.float64)
        misfit = ((difference @ walk - shifts) ** 2).sum(axis=1) / lag / _PAIR_ERROR_PX**2
        weight = 1 / (1 + misfit / 4)
    return np.asarray(walk - walk.mean(axis=0))

"""How the variance of an image is spread over spatial frequencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class PowerSpectrum:
    """Power of an image as a function of spatial frequency alone.

    Parameters
    ----------
    cycles_per_pixel : ndarray of float64, shape (bin,)
        Centre of each bin, up to 0.5.
    power : ndarray of float64, shape (bin,)
        Mean over all directions, in squared grey levels: white noise of variance v has the power v at every frequency.
    """

    cycles_per_pixel: NDArray[np.float64]
    power: NDArray[np.float64]


def radial_power_spectrum(image: ArrayLike, *, n_bins: int = 16) -> PowerSpectrum:
    r"""Return the power spectrum of an image, averaged over directions.

    .. math:: P(k) = \left\langle \frac{|\mathcal F[w\,(I - \bar I)]|^2}{\sum w^2} \right\rangle_{|\mathbf k| = k}

    with a Hann window w, which keeps the edges of the image out of the spectrum. The corners beyond 0.5 cycles per pixel are left out.

    Parameters
    ----------
    image : array_like, shape (y, x)
        Grey levels.
    n_bins : int
        Number of bins of equal width from 0 to 0.5 cycles per pixel.

    Raises
    ------
    InputError
        If the image is not two-dimensional or has fewer than twice as many pixels along an edge as there are bins.
    """
    grey = np.asarray(image, np.float64)
    if grey.ndim != 2 or n_bins < 1 or min(grey.shape) < 2 * n_bins:
        raise InputError(f"A spectrum of {n_bins} bins needs an image (y, x) of {2 * n_bins} pixels or more each way, got shape {grey.shape}.")
    window = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1]))
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2 / (window**2).sum()
    frequency = np.hypot(np.fft.fftfreq(grey.shape[0])[:, None], np.fft.fftfreq(grey.shape[1]))
    bins = np.floor(frequency * 2 * n_bins).astype(np.intp)
    inside = (bins < n_bins) & (frequency > 0)
    counts = np.bincount(bins[inside], minlength=n_bins)
    total = np.bincount(bins[inside], power[inside], minlength=n_bins)
    return PowerSpectrum((np.arange(n_bins) + 0.5) / (2 * n_bins), total / np.maximum(counts, 1))

"""Fourier transforms of faces, as far as they can tell where a face lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import tukey

#: Waves along an axis shorter than this share of the sampling rate are left out: curtains, rows that flicker, and shades lie there.
_AXIS = 0.008
_MOST_WAVES = 25_000
_WAVES_PER_RING = 150
_MOST_RINGS = 24


@dataclass(frozen=True, slots=True, eq=False)
class FaceSpectra:
    """Waves of every image of a stack within a band of wavelengths.

    Parameters
    ----------
    values : ndarray of complex64, shape (channel, slice, wave)
        Fourier transform of each image, scaled to the same spread, times a window.
    waves : ndarray of float64, shape (2, wave)
        Wave numbers ``(y, x)`` in radians per pixel; one half plane.
    ring : ndarray of intp, shape (wave,)
        Rings of about equal wavelength that the waves are told apart by.
    independent : float
        Share of the waves that are independent in spite of the window.
    """

    values: NDArray[np.complex64]
    waves: NDArray[np.float64]
    ring: NDArray[np.intp]
    independent: float

    def moved_back(self, displacement_px: NDArray[np.float64]) -> NDArray[np.complex64]:
        """Return the waves of the images moved back by displacements ``(channel, slice, 2)``."""
        phase = displacement_px @ self.waves
        return np.asarray(self.values * np.exp(1j * phase), np.complex64)


def face_spectra(images: NDArray[Any], offsets_px: NDArray[np.intp], band: tuple[float, float], *, tapered: float = 0.25) -> FaceSpectra:
    """Return the spectra of the same part of every face, cut out where whole-pixel offsets say that it is.

    Parameters
    ----------
    images : ndarray, shape (channel, slice, y, x)
        Grey values.
    offsets_px : ndarray of intp, shape (channel, slice, 2)
        Where the part lies in each image, relative to its place in the mean; see `whole_pixels`.
    band : tuple of float
        Least and greatest wave number in cycles per pixel.
    tapered : float
        Share of each edge over which the window rises and falls.
    """
    margin = np.abs(offsets_px).max(axis=(0, 1)) + 2
    shape = [int(size - 2 * cut) for size, cut in zip(images.shape[2:], margin, strict=True)]
    window = np.outer(*(tukey(size, tapered) for size in shape)).astype(np.float32)
    chosen, waves = _waves(shape, band)
    values = np.empty((*images.shape[:2], waves.shape[1]), np.complex64)
    for channel, index in np.ndindex(*images.shape[:2]):
        first = (margin + offsets_px[channel, index]).astype(int)
        part = images[channel, index, first[0] : first[0] + shape[0], first[1] : first[1] + shape[1]]
        values[channel, index] = np.fft.rfft2(_standard(part, window))[chosen]
    square = window.astype(np.float64) ** 2
    return FaceSpectra(values, 2 * math.pi * waves, _rings(np.hypot(*waves)), float(square.sum() ** 2 / (square**2).sum() / square.size))


def whole_pixels(displacement_px: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return displacements ``(channel, slice, 2)`` in whole pixels, at most a quarter of the face, so that half of it is in common."""
    most = np.asarray(shape) // 4 - 2
    return np.clip(np.rint(displacement_px), -most, most).astype(np.intp)


def _standard(part: NDArray[Any], window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0 and spread 1 under the window: gain and offset of detectors flicker."""
    own = part.astype(np.float32)
    own = (own - np.average(own, weights=window)) * window
    return own / max(float(np.sqrt((own**2).sum() / (window**2).sum())), 1e-6)


def _waves(shape: list[int], band: tuple[float, float]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which of the waves of an image lie in the band, off both axes, and their cycles per pixel; every n-th of very many."""
    y, x = np.broadcast_arrays(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None])
    length = np.hypot(y, x)
    chosen = (length >= band[0]) & (length < band[1]) & (np.abs(y) > _AXIS) & (np.abs(x) > _AXIS)
    places = np.flatnonzero(chosen)
    kept = np.zeros(chosen.size, np.bool_)
    kept[places[:: max(1, math.ceil(places.size / _MOST_WAVES))]] = True
    chosen = kept.reshape(chosen.shape)
    return chosen, np.stack([y[chosen], x[chosen]])


def _rings(length: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the number of the ring of each wave; rings hold equally many."""
    n_rings = max(1, min(_MOST_RINGS, length.size // _WAVES_PER_RING))
    rank = np.empty(length.size, np.intp)
    rank[np.argsort(length, kind="stable")] = np.arange(length.size)
    return rank * n_rings // max(1, length.size)

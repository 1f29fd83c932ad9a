"""How well faces lie on each other: each is held against what all faces around it, at all voltages, let expect of it.

Waves of one wavelength are taken for a Gaussian process along z, whose covariance between channels and slices is measured on the stack
itself. What a neighbour says of a face then has the weight that it has in the best linear prediction: smooth motion of the structure
is predicted, noise is averaged, and what shines through from deeper faces counts as far as it resembles them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.face_spectra import FaceSpectra

#: Slices over which faces know of each other.
_REACH = 12
#: Slices predicted at a time; overlapping by the reach, they make a Markov process of a long stack.
_WINDOW = 24
#: Least power of noise, as a share of the greatest power along z.
_LEAST_NOISE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A quadratic likelihood of displacements: maximal where ``information @ a = vector``.

    Parameters
    ----------
    vector : ndarray of float64, shape (2, image)
        Information times the displacements ``(y, x)`` that fit best, per pixel.
    information : ndarray of float64, shape (2, image, image)
        Fisher information of the displacements along ``(y, x)``, per square pixel; blind to a common displacement.
    """

    vector: NDArray[np.float64]
    information: NDArray[np.float64]

    def about(self, offsets_px: NDArray[np.intp]) -> Evidence:
        """Return what is said of displacements that are greater by these offsets, shape (channel, slice, 2)."""
        added = np.moveaxis(offsets_px, -1, 0).reshape(2, -1)
        return Evidence(self.vector + np.einsum("aij,aj->ai", self.information, added), self.information)


def face_evidence(spectra: FaceSpectra, displacement_px: NDArray[np.float64]) -> Evidence:
    """Return what the faces say of their displacements, linearised at `displacement_px`, shape (channel, slice, 2)."""
    moved = spectra.moved_back(displacement_px)
    n_channels, n_slices, _ = moved.shape
    n_images = n_channels * n_slices
    gradient, information = np.zeros((2, n_images)), np.zeros((2, n_images, n_images))
    for ring in range(int(spectra.ring.max()) + 1):
        chosen = spectra.ring == ring
        waves, own = spectra.waves[:, chosen], moved[:, :, chosen]
        power = (waves**2).sum(axis=1)
        covariance = _covariance(own)
        for sign, first, last in _windows(n_slices):
            images = (np.arange(n_channels)[:, None] * n_slices + np.arange(first, last)).ravel()
            here = _block(covariance, last - first)
            precision = np.linalg.inv(here)
            part = own[:, first:last].reshape(images.size, -1)
            slope = (part.conj() * (precision.astype(np.float32) @ part)).imag
            gradient[:, images] += 2 * sign * (waves @ slope.T)
            information[:, images[:, None], images] += 2 * sign * power[:, None, None] * (precision * here)
    for axis in range(2):
        np.fill_diagonal(information[axis], 0.0)
        np.fill_diagonal(information[axis], -information[axis].sum(axis=1))
    at = np.moveaxis(displacement_px, -1, 0).reshape(2, n_images)
    vector = np.einsum("aij,aj->ai", information, at) - gradient
    return Evidence(vector * spectra.independent, information * spectra.independent)


def _windows(n_slices: int) -> list[tuple[int, int, int]]:
    """Return runs of slices (sign, first, last): likelihoods of windows, less those of the overlaps that would count twice."""
    if n_slices <= _WINDOW + _REACH:
        return [(1, 0, n_slices)]
    runs, first = [(1, 0, _WINDOW)], _WINDOW - _REACH
    while first + _REACH < n_slices:
        runs += [(-1, first, first + _REACH), (1, first, min(first + _WINDOW, n_slices))]
        first += _WINDOW - _REACH
    return runs


def _covariance(waves: NDArray[np.complex64]) -> NDArray[np.float64]:
    """Covariance of channels at every lag, shape (lag, channel, channel), made so that no process along z has negative power."""
    n_channels, n_slices, n_waves = waves.shape
    period = 2 * (_WINDOW + _REACH)
    lags = np.zeros((period, n_channels, n_channels))
    for lag in range(min(_REACH, n_slices - 1) + 1):
        ahead, behind = waves[:, lag:], waves[:, : n_slices - lag]
        mean = np.einsum("aik,bik->ab", behind.conj(), ahead).real / ((n_slices - lag) * n_waves)
        mean = mean * np.cos(np.pi / 2 * lag / (_REACH + 1))
        lags[lag] = mean
        lags[-lag] = mean.T
    lags[0] = (lags[0] + lags[0].T) / 2
    power, modes = np.linalg.eigh(np.fft.fft(lags, axis=0))
    power = np.maximum(power, max(_LEAST_NOISE * float(power.max()), 1e-12))
    return np.asarray(np.fft.ifft((modes * power[:, None, :]) @ modes.conj().swapaxes(1, 2), axis=0).real)


def _block(covariance: NDArray[np.float64], n_slices: int) -> NDArray[np.float64]:
    """Covariance matrix of the images of a run of slices, channel by channel."""
    lag = np.arange(n_slices)[None, :] - np.arange(n_slices)[:, None]
    matrix = covariance[lag]  # (i, j, a, b): channel a at slice i with channel b at slice j
    size = covariance.shape[1] * n_slices
    return np.asarray(matrix.transpose(2, 0, 3, 1).reshape(size, size))

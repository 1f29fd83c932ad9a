"""Thickness of slices from the images alone: the less two faces resemble each other, the farther they lie apart.

Each ring of wavelengths of each channel loses its likeness with the distance at a pace of its own. The paces are fitted to all pairs of
faces together, and then say how thick each slice is compared with the mean; the mean itself is given, or found by `isotropic_thickness`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from threadpoolctl import threadpool_limits

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.reconstruction.face_spectra import face_spectra, whole_pixels

Array = NDArray[np.float64]
_BAND = (0.01, 0.2)
_RINGS = 8
_LAGS = (1, 2)
_ROUNDS = 6
#: Spread of thicknesses that is expected, and their range, as shares of the mean.
_SPREAD, _LEAST, _MOST = 0.3, 0.05, 4.0
_LEAST_SLICES = 8


def thickness_from_images(stack: ImageStack, displacement_px: Array, *, mean_nm: float) -> Array:
    """Return the thickness of each slice, estimated from how faces lose their likeness.

    Parameters
    ----------
    stack : ImageStack
        Images of at least eight slices; positions are not looked at.
    displacement_px : ndarray of float64, shape (channel, slice, 2)
        Displacement ``(y, x)`` of each image in pixels.
    mean_nm : float
        Mean thickness in nm, which likeness alone cannot tell.

    Returns
    -------
    ndarray of float64, shape (slice - 1,)
        Thicknesses in nm.

    Raises
    ------
    InputError
        If there are fewer than eight slices, or the mean is not above 0.
    """
    n_slices = stack.shape[1]
    if n_slices < _LEAST_SLICES:
        raise InputError(f"Thickness from images needs at least {_LEAST_SLICES} slices, got {n_slices}; measure their positions.")
    if not (np.isfinite(mean_nm) and mean_nm > 0):
        raise InputError(f"The mean slice thickness must be above 0 nm, got {mean_nm!r}.")
    with threadpool_limits(1):
        pairs = np.concatenate([np.column_stack([np.arange(n_slices - lag), np.arange(lag, n_slices)]) for lag in _LAGS])
        likeness = _likeness(stack.images, displacement_px, pairs)
        thickness = np.ones(n_slices - 1)
        paces = np.tile([0.8, 2.0, 1.0], (likeness.shape[1], 1))
        for _ in range(_ROUNDS):
            distance = _distances(thickness, pairs)
            paces = np.array([_pace(distance, own, start) for own, start in zip(likeness.T, paces, strict=True)])
            thickness = _fitted(thickness, pairs, likeness, paces)
    return np.asarray(thickness * mean_nm)


def _likeness(images: NDArray[Any], displacement_px: Array, pairs: NDArray[np.intp]) -> Array:
    """Coherence of pairs of faces, shape (pair, channel and ring)."""
    offsets = whole_pixels(displacement_px, images.shape[2:])
    spectra = face_spectra(images, offsets, _BAND)
    moved = spectra.moved_back(displacement_px - offsets)
    order = np.argsort(np.hypot(*spectra.waves), kind="stable")
    found = []
    for ring in np.array_split(order, _RINGS):
        own = moved[:, :, ring]
        power = (np.abs(own) ** 2).mean(axis=-1)
        for channel in range(images.shape[0]):
            first, second = (own[channel, pairs[:, side]] for side in (0, 1))
            common = (first.conj() * second).real.mean(axis=-1)
            found.append(common / np.sqrt(power[channel, pairs[:, 0]] * power[channel, pairs[:, 1]]))
    return np.asarray(np.stack(found, axis=-1), np.float64)


def _distances(thickness: Array, pairs: NDArray[np.intp]) -> Array:
    positions = np.concatenate([[0.0], np.cumsum(thickness)])
    return np.asarray(positions[pairs[:, 1]] - positions[pairs[:, 0]])


def _expected(distance: Array, pace: Array) -> Array:
    """Likeness at a distance: `pace` is the likeness at none, the distance that it falls over, and the shape of the fall."""
    return np.asarray(pace[0] * np.exp(-((distance / pace[1]) ** pace[2])))


def _pace(distance: Array, likeness: Array, start: Array) -> Array:
    bounds = ([0.02, 0.1, 0.5], [1.0, 30.0, 2.0])
    found = least_squares(lambda pace: _expected(distance, pace) - likeness, start, bounds=bounds, loss="soft_l1", f_scale=0.05)
    return np.asarray(found.x)


def _fitted(thickness: Array, pairs: NDArray[np.intp], likeness: Array, paces: Array) -> Array:
    """Thicknesses, of mean 1, that explain the likeness of all pairs best; a few steps of Gauss and Newton."""
    between = np.zeros((len(pairs), thickness.size))
    for row, (first, second) in enumerate(pairs):
        between[row, first:second] = 1.0
    expected = np.stack([_expected(_distances(thickness, pairs), pace) for pace in paces], axis=-1)
    variance = np.median((likeness - expected) ** 2, axis=0) / 0.45 + 1e-5
    for _ in range(3):
        distance = (between @ thickness)[:, None]
        expected = np.stack([_expected(distance[:, 0], pace) for pace in paces], axis=-1)
        misfit = likeness - expected
        fall = -expected * paces[:, 2] * (distance / paces[:, 1]) ** paces[:, 2] / distance
        weight = 1 / (1 + misfit**2 / variance / 4) / variance / np.sqrt(len(paces))  # rings of a pair err together
        normal = (between.T * (weight * fall**2).sum(axis=1)) @ between + np.eye(thickness.size) / _SPREAD**2
        right = between.T @ (weight * fall * misfit).sum(axis=1) + (1 - thickness) / _SPREAD**2
        thickness = np.clip(thickness + np.linalg.solve(normal, right), _LEAST, _MOST)
    return np.asarray(thickness / thickness.mean())

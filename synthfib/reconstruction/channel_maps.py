"""How channels are turned and stretched against each other, found from parts of all faces together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.alignment import moved_back
from synthfib.reconstruction.face_spectra import face_spectra

#: Parts of a face along each axis, and the band in cycles per pixel that they are compared in.
_PARTS = 4
_BAND = (0.04, 0.2)
_ROUNDS = 3


def channel_maps(images: NDArray[Any], displacement_px: NDArray[np.float64], reference: int) -> NDArray[np.float64]:
    """Return what turns and stretches each channel against the reference, a point at p from the centre being seen at p + M p.

    Parameters
    ----------
    images : ndarray, shape (channel, slice, y, x)
        Grey values.
    displacement_px : ndarray of float64, shape (channel, slice, 2)
        Displacement ``(y, x)`` of each image in pixels.
    reference : int
        Number of the channel that the others are compared with.

    Returns
    -------
    ndarray of float64, shape (channel, 2, 2)
        M of each channel: ``(M[0, 1] - M[1, 0]) / 2`` is its angle from x towards y in radians, its diagonal the stretch along ``(y, x)``.
    """
    maps = np.zeros((images.shape[0], 2, 2))
    for _ in range(_ROUNDS):  # windows hold shifts back a little; what is left of them is found in the next round
        maps += _left(_undone(images, displacement_px, maps), reference)
    return maps


def _undone(images: NDArray[Any], displacement_px: NDArray[np.float64], maps: NDArray[np.float64]) -> NDArray[Any]:
    moved = np.empty_like(images)
    for channel, index in np.ndindex(*images.shape[:2]):
        moved[channel, index] = moved_back(images[channel, index], displacement_px[channel, index], maps[channel])
    return moved


def _left(images: NDArray[Any], reference: int) -> NDArray[np.float64]:
    """Fit a map to the shifts of all parts."""
    shape = images.shape[2:]
    edges = [np.linspace(0, size, _PARTS + 1).astype(int) for size in shape]
    places, shifts = [], []
    for row, column in np.ndindex(_PARTS, _PARTS):
        (y0, y1), (x0, x1) = edges[0][row : row + 2], edges[1][column : column + 2]
        places.append([(y0 + y1 - shape[0]) / 2, (x0 + x1 - shape[1]) / 2])
        shifts.append(_shifts(images[:, :, y0:y1, x0:x1], reference))
    design = np.column_stack([np.array(places), np.ones(len(places))])
    found = np.linalg.lstsq(design, np.array(shifts).reshape(len(places), -1), rcond=None)[0]
    return np.asarray(found[:2].reshape(2, images.shape[0], 2).transpose(1, 2, 0), np.float64)


def _shifts(part: NDArray[Any], reference: int) -> NDArray[np.float64]:
    """How far a part of each channel lies from that of the reference, the mean over all slices, shape (channel, 2)."""
    still = np.zeros((*part.shape[:2], 2), np.intp)
    spectra = face_spectra(part, still, _BAND, tapered=1.0)  # or long waves would leak into short ones
    shifts = np.zeros((part.shape[0], 2))
    for channel in range(part.shape[0]):
        if channel != reference:
            cross = (spectra.values[reference].conj() * spectra.values[channel]).sum(axis=0)
            alike = np.maximum(cross.real, 0)
            shifts[channel] = -np.linalg.solve((spectra.waves * alike) @ spectra.waves.T, spectra.waves @ cross.imag)
    return shifts

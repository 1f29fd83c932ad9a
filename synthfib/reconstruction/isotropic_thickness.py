"""The mean slice thickness of an isotropic structure: faces lose their likeness along z as fast as within themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError

#: Of a library whose types say less.
_padded: Callable[[int], int] = scipy.fft.next_fast_len  # pyright: ignore[reportAssignmentType]


def isotropic_mean_nm(solid: ArrayLike, pixel_size_nm: tuple[float, float]) -> float:
    """Return the mean slice thickness at which the structure is as alike along z as within its faces, in nm.

    Shine-through makes faces more alike than they are, and so the slices too thin: the better the segmentation, the better the thickness.

    Parameters
    ----------
    solid : array_like of bool, shape (slice, y, x)
        Where a face shows solid; faces must be aligned.
    pixel_size_nm : tuple of float
        Size of a pixel ``(y, x)`` in nm.

    Raises
    ------
    InputError
        If there are fewer than two faces, or one phase only.
    """
    mask = np.asarray(solid).astype(np.float32)
    if mask.ndim != 3 or mask.shape[0] < 2 or mask.min() == mask.max():
        raise InputError(f"The mean thickness needs at least two faces (slice, y, x) with solid and pores, got shape {mask.shape}.")
    mask -= mask.mean()
    distances_nm, within = _within_faces(mask, pixel_size_nm)
    across = float((mask[:-1] * mask[1:]).mean())
    return float(np.interp(-across, -np.minimum.accumulate(within), distances_nm))


def _within_faces(mask: NDArray[np.float32], pixel_size_nm: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean product of pixels of a face at each distance up to a quarter of its edge, over all directions."""
    _, y, x = mask.shape
    shape = (_padded(2 * y), _padded(2 * x))
    power = np.zeros((shape[0], shape[1] // 2 + 1))
    for face in mask:
        power += np.abs(np.fft.rfft2(face, shape)) ** 2
    summed = np.fft.irfft2(power, shape)
    pairs = np.fft.irfft2(np.abs(np.fft.rfft2(np.ones((y, x)), shape)) ** 2, shape) * len(mask)
    along_y, along_x = (np.abs(np.fft.fftfreq(size, 1 / size)) * pixel for size, pixel in zip(shape, pixel_size_nm, strict=True))
    distance = np.hypot(along_y[:, None], along_x[None])
    step = min(pixel_size_nm)
    number = np.rint(distance / step).astype(int)
    near = number <= min(y * pixel_size_nm[0], x * pixel_size_nm[1]) / 4 / step
    weight = np.bincount(number[near], pairs[near])
    return np.bincount(number[near], (pairs * distance)[near]) / weight, np.bincount(number[near], summed[near]) / weight

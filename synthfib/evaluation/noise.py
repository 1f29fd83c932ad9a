"""How noisy an image is, and whether its noise grows with the signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import binary_erosion
from scipy.signal import convolve2d

from synthfib.errors import InputError

# The difference of two Laplacians: blind to planes and to straight edges along the axes. Divided by 6 it leaves white noise as strong as it was.
_MASK = np.array([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]]) / 6
_SD_OF_MEDIAN = 1.4826
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class NoiseLaw:
    """A straight line of the variance of the noise over the signal, over blocks of 16 x 16 pixels.

    Parameters
    ----------
    slope : float
        Grey levels of variance per grey level of signal: the gain of the detector where electrons are counted, 0 where an amplifier makes
        the noise.
    intercept : float
        Variance at signal 0, in squared grey levels.
    correlation : float
        Pearson's coefficient of the blocks; 0 where all have one signal.
    """

    slope: float
    intercept: float
    correlation: float


def noise_residual(image: ArrayLike) -> NDArray[np.float64]:
    r"""Return what an image holds besides planes: white noise keeps its variance, ramps and straight edges along the axes vanish.

    .. math:: r = \frac16 \begin{pmatrix} 1 & -2 & 1 \\ -2 & 4 & -2 \\ 1 & -2 & 1 \end{pmatrix} * I

    Parameters
    ----------
    image : array_like, shape (y, x)
        Grey levels.

    Returns
    -------
    ndarray of float64, shape (y - 2, x - 2)
        Of the pixels that have all their neighbours.

    Raises
    ------
    InputError
        If the image is not two-dimensional or smaller than 3 x 3 pixels.

    References
    ----------
    J. Immerkaer, Fast noise variance estimation, Computer Vision and Image Understanding 64 (1996) 300, doi 10.1006/cviu.1996.0060.
    """
    grey = np.asarray(image, np.float64)
    if grey.ndim != 2 or min(grey.shape) < 3:
        raise InputError(f"The noise of an image needs 3 x 3 pixels (y, x) or more, got shape {grey.shape}.")
    return np.asarray(convolve2d(grey, _MASK, mode="valid"), np.float64)


def noise_sd(image: ArrayLike, within: ArrayLike | None = None) -> float | None:
    """Return the standard deviation of the noise in grey levels, 1.4826 times the median size of `noise_residual`.

    The median overlooks the few pixels that lie on edges. Of 8-bit images it comes in steps of 0.25.

    Parameters
    ----------
    image : array_like, shape (y, x)
        Grey levels.
    within : array_like of bool, shape (y, x), optional
        Where to look: pixels that lie there with all eight neighbours count. Everywhere by default.

    Returns
    -------
    float or None
        None if no pixel counts.

    Raises
    ------
    InputError
        If the image is too small or `within` has another shape.
    """
    residual, counted = noise_residual(image), _counted(image, within)
    return float(_SD_OF_MEDIAN * np.median(np.abs(residual[counted]))) if counted.any() else None


def noise_law(image: ArrayLike, within: ArrayLike | None = None) -> NoiseLaw | None:
    """Return how the variance of the noise depends on the signal.

    The squared `noise_sd` of blocks of 16 x 16 pixels is fitted with a line over their mean grey level by least squares.

    Parameters
    ----------
    image : array_like, shape (y, x)
        Grey levels.
    within : array_like of bool, shape (y, x), optional
        Where to look, as in `noise_sd`; blocks with 64 pixels that count, or more, are fitted. Everywhere by default.

    Returns
    -------
    NoiseLaw or None
        None if there are fewer than three blocks, or all have one mean.

    Raises
    ------
    InputError
        If the image is too small or `within` has another shape.
    """
    residual, counted = np.abs(noise_residual(image)), _counted(image, within)
    signal = np.asarray(image, np.float64)[1:-1, 1:-1]
    blocks = [_blocks(np.where(counted, values, np.nan)) for values in (signal, residual)]
    used = np.isfinite(blocks[0]).sum(axis=1) >= _BLOCK**2 // 4
    if np.count_nonzero(used) < 3:
        return None
    mean = np.nanmean(blocks[0][used], axis=1)
    variance = (_SD_OF_MEDIAN * np.nanmedian(blocks[1][used], axis=1)) ** 2
    if np.ptp(mean) == 0:
        return None
    slope, intercept = np.polyfit(mean, variance, 1)
    correlation = np.corrcoef(mean, variance)[0, 1] if np.ptp(variance) > 0 else 0.0
    return NoiseLaw(float(slope), float(intercept), float(correlation))


def _counted(image: ArrayLike, within: ArrayLike | None) -> NDArray[np.bool_]:
    """Pixels of the residual that count."""
    shape = np.shape(image)
    if within is None:
        return np.ones((shape[0] - 2, shape[1] - 2), np.bool_)
    mask = np.asarray(within, np.bool_)
    if mask.shape != shape:
        raise InputError(f"The mask must have the shape of the image {shape}, got {mask.shape}.")
    return np.asarray(binary_erosion(mask, np.ones((3, 3)))[1:-1, 1:-1], np.bool_)


def _blocks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole blocks of 16 x 16 pixels as rows; what is left over at the far edges is dropped."""
    y, x = (size // _BLOCK for size in values.shape)
    return values[: y * _BLOCK, : x * _BLOCK].reshape(y, _BLOCK, x, _BLOCK).swapaxes(1, 2).reshape(y * x, _BLOCK**2)

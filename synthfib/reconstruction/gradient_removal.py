"""Uneven illumination: a smooth surface is fitted to each image by least squares and taken away."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError
from synthfib.reconstruction.grey_values import Grey, as_grey

Along = Literal["yx", "y", "x"]


def fit_gradient(image: ArrayLike, *, degree: int = 1, along: Along = "yx", within: ArrayLike | None = None) -> NDArray[np.float64]:
    r"""Return the polynomial that is closest to an image in the sense of least squares.

    .. math:: g(y, x) = \sum_{i + j \le d} c_{ij}\, y^i x^j

    Parameters
    ----------
    image : array_like, shape (y, x)
        Grey levels.
    degree : int
        1 for a plane, 2 or 3 for curved surfaces.
    along : {"yx", "y", "x"}
        Axes along which it may vary. A polynomial along x alone is the same as that of the mean intensity profile along x.
    within : array_like of bool, shape (y, x), optional
        Pixels to fit, for instance those of one phase; all by default. Unevenly spread pores pull a fit of all pixels.

    Returns
    -------
    ndarray of float64, shape (y, x)
        The surface, on all pixels.

    Raises
    ------
    InputError
        If the image or the mask has another shape, the degree is not 1, 2 or 3, or too few pixels are left to tell the coefficients.
    """
    grey = np.asarray(image, np.float64)
    mask = np.ones(grey.shape, np.bool_) if within is None else np.asarray(within, np.bool_)
    if grey.ndim != 2 or mask.shape != grey.shape:
        raise InputError(f"A gradient is fitted to an image (y, x) and a mask of its shape, got {grey.shape} and {mask.shape}.")
    if degree not in (1, 2, 3) or along not in ("yx", "y", "x"):
        raise InputError(f"A gradient needs degree 1, 2 or 3 along 'yx', 'y' or 'x', got degree {degree!r} along {along!r}.")
    y, x = (np.linspace(-1, 1, size) if size > 1 else np.zeros(1) for size in grey.shape)
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i) if (i == 0 or "y" in along) and (j == 0 or "x" in along)]
    terms = [np.broadcast_to(np.multiply.outer(y**i, x**j), grey.shape) for i, j in powers]
    coefficients, _, rank, _ = np.linalg.lstsq(np.stack([term[mask] for term in terms], axis=1), grey[mask], rcond=None)
    if rank < len(terms):
        raise InputError(f"{len(terms)} coefficients need pixels spread over the image, got {int(mask.sum())}; fit more pixels or a lower degree.")
    return np.asarray(np.tensordot(coefficients, np.stack(terms), 1), np.float64)


def remove_gradient(images: NDArray[Grey], *, degree: int = 1, along: Along = "yx", within: ArrayLike | None = None) -> NDArray[Grey]:
    """Take away the gradient of every image and keep its mean.

    The polynomial of `fit_gradient` is subtracted and its mean added, so that grey levels keep their range: the method that F. Skaerberg
    (Convolutional neural networks for semantic segmentation of FIB-SEM volumetric image data, University of Gothenburg 2020, section 3.2) applied
    with a straight line along x. Integer grey values are rounded, and those that leave the range are set to its end.

    Parameters
    ----------
    images : ndarray of uint8, uint16, float32 or float64, shape (..., y, x)
        Grey values; each image has a gradient of its own.
    degree, along
        As in `fit_gradient`.
    within : array_like of bool, shape (..., y, x) or (y, x), optional
        Pixels to fit.

    Returns
    -------
    ndarray of the same type and shape
        Corrected grey values.

    Raises
    ------
    InputError
        As `fit_gradient`.
    """
    if images.ndim < 2:
        raise InputError(f"Gradients are removed from images (y, x) or stacks of them, got shape {images.shape}.")
    masks = None if within is None else np.broadcast_to(np.asarray(within, np.bool_), images.shape)
    corrected = np.empty_like(images)
    for index in np.ndindex(images.shape[:-2]):
        gradient = fit_gradient(images[index], degree=degree, along=along, within=None if masks is None else masks[index])
        corrected[index] = as_grey(images[index] - gradient + gradient.mean(), images.dtype)
    return corrected

"""Curtaining: how much the columns of a face differ, along which the ion beam runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from synthfib.errors import InputError

_FEWEST_PIXELS = 8
_FEWEST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Curtaining:
    """How much the mean grey levels of columns scatter.

    Parameters
    ----------
    column_sd : float
        Standard deviation of the means of columns about a straight line across the face, in grey levels.
    floor : float
        What the scatter of single pixels within columns alone leads to if neighbours are independent, in grey levels; a face without
        curtains has this much, more if columns cut structures larger than a pixel.
    """

    column_sd: float
    floor: float


def curtaining(image: ArrayLike, within: ArrayLike | None = None) -> Curtaining | None:
    """Return how much the columns of a face differ.

    Parameters
    ----------
    image : array_like, shape (y, x)
        Grey levels; the ion beam runs along y.
    within : array_like of bool, shape (y, x), optional
        Pixels that count, best those of the solid: pores show what lies below them. All by default.

    Returns
    -------
    Curtaining or None
        None if there are fewer than 8 columns with 8 pixels that count, or more.

    Raises
    ------
    InputError
        If the image is not two-dimensional or `within` has another shape.
    """
    grey = np.asarray(image, np.float64)
    mask = np.ones(grey.shape, np.bool_) if within is None else np.asarray(within, np.bool_)
    if grey.ndim != 2 or mask.shape != grey.shape:
        raise InputError(f"Curtaining needs an image (y, x) and a mask of its shape, got {grey.shape} and {mask.shape}.")
    pixels = mask.sum(axis=0)
    columns = np.flatnonzero(pixels >= _FEWEST_PIXELS)
    if columns.size < _FEWEST_COLUMNS:
        return None
    n = pixels[columns]
    inside = np.where(mask, grey, 0.0)[:, columns]
    mean = inside.sum(axis=0) / n
    variance = np.where(mask[:, columns], (grey[:, columns] - mean) ** 2, 0.0).sum(axis=0) / (n - 1)
    line = np.polyval(np.polyfit(columns, mean, 1), columns)
    return Curtaining(float(np.std(mean - line)), float(np.sqrt(np.mean(variance / n))))

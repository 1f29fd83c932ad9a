"""Curtaining: how much the columns of a face differ, along which the ion beam runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError

_FEWEST_PIXELS = 8
_FEWEST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Curtaining:
    """How much the mean grey levels of columns scatter, and what of it is no curtain.

    Parameters
    ----------
    column_sd : float
        Standard deviation of the means of columns about a straight line across the face, in grey levels.
    row_sd : float or None
        The same of rows: what noise and structure lead to where both are alike along y and x, so that only what columns have beyond rows is
        curtaining. None if there are too few rows.
    floor : float
        What the scatter of single pixels within columns alone leads to if neighbours are independent, in grey levels.
    """

    column_sd: float
    row_sd: float | None
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
    columns, rows = _scatter(grey, mask), _scatter(grey.T, mask.T)
    return Curtaining(columns[0], rows[0] if rows else None, columns[1]) if columns else None


def _scatter(grey: NDArray[np.float64], mask: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Return the standard deviation of the means of columns about a line, and what independent pixels would make of it."""
    pixels = mask.sum(axis=0)
    columns = np.flatnonzero(pixels >= _FEWEST_PIXELS)
    if columns.size < _FEWEST_COLUMNS:
        return None
    n = pixels[columns]
    mean = np.where(mask, grey, 0.0)[:, columns].sum(axis=0) / n
    variance = np.where(mask[:, columns], (grey[:, columns] - mean) ** 2, 0.0).sum(axis=0) / (n - 1)
    line = np.polyval(np.polyfit(columns, mean, 1), columns)
    return float(np.std(mean - line)), float(np.sqrt(np.mean(variance / n)))

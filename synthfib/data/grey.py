"""Labels from the values of an array: as they are, black and white, or grey values split by a threshold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError

#: Threshold that is found by k-means instead of given.
KMEANS = "kmeans"

_N_BINS = 1 << 16


def check_finite(path: Path, pixels: NDArray[Any]) -> None:
    """Check that no value is NaN or infinite.

    Raises
    ------
    InputError
        If one is.
    """
    if np.issubdtype(pixels.dtype, np.floating) and not np.isfinite(pixels).all():
        bad = int(np.count_nonzero(~np.isfinite(pixels)))
        raise InputError(f"{str(path)!r} must hold finite values, {bad} are NaN or infinite; repair them first.")


def find_threshold(path: Path, pixels: NDArray[Any], threshold: float | str | None) -> float | None:
    """Return the threshold as a number, found in the values of `path` if it is ``"kmeans"``.

    Raises
    ------
    InputError
        If it is another word, or there is nothing to split.
    """
    if threshold is None or not isinstance(threshold, str):
        return threshold
    if threshold != KMEANS:
        raise InputError(f"A threshold must be a number or {KMEANS!r}, got {threshold!r}.")
    _check_filled(path, pixels)
    if pixels.min() == pixels.max():
        raise InputError(f"{str(path)!r} must hold two grey values or more for k-means, all are {pixels.min()}; check the file.")
    return kmeans_threshold(pixels)


def kmeans_threshold(pixels: NDArray[Any]) -> float:
    """Return the grey value half-way between the two clusters of k-means with k = 2.

    In one dimension two clusters are two ends of the histogram, so the best of all splits is found by trying each: nothing is drawn.
    Of float values a histogram of 65536 bins is split.

    Parameters
    ----------
    pixels : ndarray
        Finite grey values, at least two different ones.

    Returns
    -------
    float
        Mean of the two cluster centres; the same split is that of Otsu's method.
    """
    counts, values = _histogram(pixels)
    below, total = np.cumsum(counts)[:-1], counts.sum()
    sums = np.cumsum(counts * values)
    low_mean, high_mean = sums[:-1] / below, (sums[-1] - sums[:-1]) / (total - below)
    best = int(np.argmax(below * (total - below) * (high_mean - low_mean) ** 2))
    return float((low_mean[best] + high_mean[best]) / 2)


def labels_from_values(path: Path, pixels: NDArray[Any], n_phases: int, threshold: float | None) -> NDArray[np.uint8]:
    """Return labels: 1 above the threshold, or the values as they are, or 0 and 255 as two phases.

    Raises
    ------
    InputError
        If there is no voxel, or the values are no labels and there is no threshold.
    """
    _check_filled(path, pixels)
    if threshold is not None:
        return (pixels > threshold).astype(np.uint8)
    whole = pixels.dtype == np.bool_ or np.issubdtype(pixels.dtype, np.integer)
    low, high = pixels.min(), pixels.max()
    if whole and low >= 0 and high < n_phases:
        return pixels.astype(np.uint8)
    if n_phases == 2 and np.count_nonzero((pixels != low) & (pixels != high)) == 0 and low == 0:
        return (pixels > 0).astype(np.uint8)
    raise InputError(f"{str(path)!r} must hold labels below {n_phases}, got values from {low} to {high}; give a threshold for grey values.")


def _check_filled(path: Path, pixels: NDArray[Any]) -> None:
    if pixels.size == 0:
        raise InputError(f"{str(path)!r} must hold at least one voxel, it is empty.")


def _histogram(pixels: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return counts and the values that occur; exact for 8- and 16-bit values, centres of narrow bins for others."""
    if pixels.dtype in (np.bool_, np.uint8, np.uint16):
        counts = np.bincount(pixels.ravel())
        values = np.arange(counts.size, dtype=np.float64)
    else:
        counts, edges = np.histogram(pixels, bins=_N_BINS)
        values = (edges[:-1] + edges[1:]) / 2
    filled = counts > 0
    return counts[filled].astype(np.float64), values[filled]

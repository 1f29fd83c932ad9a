"""How well grey levels alone tell pore from solid: what shine-through makes hard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_otsu

from synthfib.errors import InputError


@dataclass(frozen=True, slots=True)
class GreySeparation:
    """How the grey levels of pore and solid lie to each other.

    Parameters
    ----------
    pore_brighter_than_solid_p5_percent : float
        Share of the pore's pixels that are brighter than the 5th percentile of the solid, in percent.
    grey_overlap : float
        Common area of the two histograms, each of area 1: 1 where grey levels say nothing, 0 where they say all.
    otsu_pore_iou : float
        Intersection over union of the pore with what Otsu's threshold (1979, doi 10.1109/TSMC.1979.4310076) takes for it.
    best_threshold : float
        Pixels up to this grey level are pore: the threshold with the best `best_threshold_pore_iou`, which only the truth can tell.
    best_threshold_pore_iou : float
        Intersection over union of the pore with the pixels up to `best_threshold`.
    best_threshold_pore_iou_blurred : float
        The same after a Gaussian blur with a standard deviation of one pixel, with a threshold of its own.
    pore_to_solid_sd : float or None
        Standard deviation of the grey levels of the pore over that of the solid; None where the solid has one grey level.
    """

    pore_brighter_than_solid_p5_percent: float
    grey_overlap: float
    otsu_pore_iou: float
    best_threshold: float
    best_threshold_pore_iou: float
    best_threshold_pore_iou_blurred: float
    pore_to_solid_sd: float | None


def grey_separation(image: ArrayLike, pore: ArrayLike) -> GreySeparation | None:
    """Return how well grey levels tell pore from solid.

    Parameters
    ----------
    image : array_like, shape (y, x)
        Grey levels of 256; the histograms have bins one grey level wide.
    pore : array_like of bool, shape (y, x)
        True in the pore.

    Returns
    -------
    GreySeparation or None
        None if there is no pore or no solid.

    Raises
    ------
    InputError
        If the shapes differ.
    """
    grey, dark = np.asarray(image, np.float64), np.asarray(pore, np.bool_)
    if grey.shape != dark.shape or grey.ndim != 2:
        raise InputError(f"Image and labels must have one shape (y, x), got {grey.shape} and {dark.shape}.")
    if dark.all() or not dark.any():
        return None
    of_pore, of_solid = grey[dark], grey[~dark]
    threshold, iou = _best_threshold(grey, dark)
    return GreySeparation(
        pore_brighter_than_solid_p5_percent=100 * float((of_pore > np.percentile(of_solid, 5)).mean()),
        grey_overlap=_overlap(of_pore, of_solid),
        otsu_pore_iou=_iou(grey <= float(threshold_otsu(grey)), dark),  # type: ignore[no-untyped-call]
        best_threshold=threshold,
        best_threshold_pore_iou=iou,
        best_threshold_pore_iou_blurred=_best_threshold(gaussian_filter(grey, 1.0), dark)[1],
        pore_to_solid_sd=float(of_pore.std() / of_solid.std()) if of_solid.std() > 0 else None,
    )


def _overlap(of_pore: NDArray[np.float64], of_solid: NDArray[np.float64]) -> float:
    lowest = np.floor(min(of_pore.min(), of_solid.min()))
    counts = [np.bincount((np.floor(values) - lowest).astype(np.intp), minlength=256) for values in (of_pore, of_solid)]
    length = max(len(count) for count in counts)
    first, second = (np.pad(count / count.sum(), (0, length - len(count))) for count in counts)
    return float(np.minimum(first, second).sum())


def _best_threshold(grey: NDArray[np.float64], pore: NDArray[np.bool_]) -> tuple[float, float]:
    """Try every grey level that occurs."""
    levels, index = np.unique(grey, return_inverse=True)
    of_pore = np.cumsum(np.bincount(index.ravel(), pore.ravel(), minlength=levels.size))
    taken = np.cumsum(np.bincount(index.ravel(), minlength=levels.size))
    iou = of_pore / (taken + of_pore[-1] - of_pore)
    best = int(np.argmax(iou))
    return float(levels[best]), float(iou[best])


def _iou(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(found & truth) / np.count_nonzero(found | truth))

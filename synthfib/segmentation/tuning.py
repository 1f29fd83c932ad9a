"""Settings of post-processing that do best on volumes whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.segmentation.post_processing import PostProcessing, sigma_in_voxels, smoothed, twice_smoothed, without_small_objects


@dataclass(frozen=True, slots=True, eq=False)
class ScoredVolume:
    """A volume to tune on.

    Parameters
    ----------
    probability : ndarray of float32, shape (slice, y, x)
        Probability of solid as a method found it.
    solid : ndarray of bool, same shape
        The truth.
    voxel_size_nm : tuple of float
        Edge lengths ``(slice, y, x)`` in nm.
    """

    probability: NDArray[np.float32]
    solid: NDArray[np.bool_]
    voxel_size_nm: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is tried: every width with every threshold, then every size with the best of these.

    Parameters
    ----------
    sigmas_px : tuple of float
        Standard deviations in pixels of the first volume; 0 among them lets tuning find that smoothing does harm.
    thresholds : tuple of float
        Thresholds in (0, 1).
    smallest_voxels : tuple of int
        Sizes of objects.
    """

    sigmas_px: tuple[float, ...] = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 2.63, 3.875)
    thresholds: tuple[float, ...] = tuple(round(0.25 + 0.05 * step, 2) for step in range(11))
    smallest_voxels: tuple[int, ...] = (0, 10, 30, 100, 300)

    def __post_init__(self) -> None:
        if not (self.sigmas_px and self.thresholds and self.smallest_voxels):
            raise InputError("Tuning needs at least one width, one threshold and one size to try.")


def tuned(
    volumes: Sequence[ScoredVolume], candidates: Candidates, start: PostProcessing, *, on_fraction: Callable[[float], None]
) -> tuple[PostProcessing, float]:
    """Return the settings with the best mean IoU over all volumes together, and that IoU.

    Of settings that do equally well it returns those that smooth least, with the threshold nearest to 0.5.

    Raises
    ------
    InputError
        If there is no volume.
    """
    if not volumes:
        raise InputError("Tuning of post-processing needs at least one volume in the split 'validation', got none.")
    pixel_nm = float(np.mean(volumes[0].voxel_size_nm[1:]))
    best, best_iou = replace(start, smallest_voxels=0), -1.0
    for tried, sigma_px in enumerate(candidates.sigmas_px, start=1):
        settings = replace(best, sigma_nm=sigma_px * pixel_nm)
        widths = [sigma_in_voxels(volume.voxel_size_nm, settings) for volume in volumes]
        once = [smoothed(volume.probability, sigma) for volume, sigma in zip(volumes, widths, strict=True)]
        for threshold in sorted(candidates.thresholds, key=lambda value: abs(value - 0.5)):
            found = [twice_smoothed(block, sigma, threshold) for block, sigma in zip(once, widths, strict=True)]
            iou = _mean_iou(found, volumes)
            if iou > best_iou:
                best, best_iou = replace(settings, threshold=threshold), iou
        on_fraction(tried / (len(candidates.sigmas_px) + 1))
    return _with_best_size(volumes, candidates.smallest_voxels, best)


def _with_best_size(volumes: Sequence[ScoredVolume], sizes: Sequence[int], settings: PostProcessing) -> tuple[PostProcessing, float]:
    widths = [sigma_in_voxels(volume.voxel_size_nm, settings) for volume in volumes]
    blocks = [twice_smoothed(smoothed(volume.probability, sigma), sigma, settings.threshold) for volume, sigma in zip(volumes, widths, strict=True)]
    ious = [_mean_iou([without_small_objects(block, size) for block in blocks], volumes) for size in sizes]
    best = int(np.argmax(ious))
    return replace(settings, smallest_voxels=sizes[best]), ious[best]


def _mean_iou(found: Sequence[NDArray[np.bool_]], volumes: Sequence[ScoredVolume]) -> float:
    return scores(reduce(add, (Confusion.of(block, volume.solid) for block, volume in zip(found, volumes, strict=True))))["mean_iou"]

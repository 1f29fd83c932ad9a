"""What makes a segmentation out of probabilities that were found pixel by pixel: smoothing, thresholds, and no crumbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError


@dataclass(frozen=True, slots=True)
class PostProcessing:
    """Settings of `post_process`.

    Parameters
    ----------
    sigma_nm : float
        Standard deviation of the Gaussian in nm; 0 smooths nothing.
    threshold : float
        From here on a smoothed value is solid, in (0, 1).
    smallest_voxels : int
        Connected objects of fewer voxels are removed, of solid as of pore.
    dimensions : {2, 3}
        Whether the Gaussian lies in the face or reaches into neighbouring faces.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    sigma_nm: float = 0.0
    threshold: float = 0.5
    smallest_voxels: int = 0
    dimensions: Literal[2, 3] = 2

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sigma_nm) and self.sigma_nm >= 0):
            raise InputError(f"Smoothing needs a standard deviation of 0 nm or more, got {self.sigma_nm!r}.")
        if not 0 < self.threshold < 1:
            raise InputError(f"A threshold of probabilities must be between 0 and 1, got {self.threshold!r}.")
        if self.smallest_voxels < 0 or self.dimensions not in (2, 3):
            raise InputError(
                f"Objects have 0 voxels or more and smoothing has 2 or 3 dimensions, got {self.smallest_voxels!r} and {self.dimensions!r}."
            )


def post_process(probability: ArrayLike, voxel_size_nm: Sequence[float], settings: PostProcessing) -> NDArray[np.bool_]:
    """Return where there is solid: Gaussian, threshold, the same Gaussian of the result, the same threshold, small objects removed.

    Parameters
    ----------
    probability : array_like of float, shape (slice, y, x)
        Probability of solid.
    voxel_size_nm : sequence of float
        Edge lengths ``(slice, y, x)`` in nm; the Gaussian is as wide along each axis in nm.
    settings : PostProcessing
        How much of each.

    Raises
    ------
    InputError
        If the block is not 3-D, holds no probabilities, or the sizes cannot be nm.

    References
    ----------
    F. Skärberg et al., J. Microsc. 283 (2021) 51, doi 10.1111/jmi.13007.
    """
    score = np.asarray(probability, np.float32)
    if score.ndim != 3 or score.size == 0 or not bool(np.all((score >= 0) & (score <= 1))):
        raise InputError(
            f"Post-processing needs probabilities (slice, y, x) in [0, 1], got an array of shape {score.shape} or values outside of that."
        )
    sigma = sigma_in_voxels(voxel_size_nm, settings)
    return without_small_objects(twice_smoothed(smoothed(score, sigma), sigma, settings.threshold), settings.smallest_voxels)


def sigma_in_voxels(voxel_size_nm: Sequence[float], settings: PostProcessing) -> tuple[float, float, float]:
    """Return the standard deviation along each axis in voxels, 0 across faces if smoothing has two dimensions."""
    z, y, x = (settings.sigma_nm / size for size in check_voxel_size_nm(voxel_size_nm))
    return (z if settings.dimensions == 3 else 0.0, y, x)


def smoothed(values: NDArray[np.float32], sigma: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return the Gaussian mean, or the values if nothing is to be smoothed."""
    return np.asarray(ndimage.gaussian_filter(values, sigma), np.float32) if any(sigma) else values


def twice_smoothed(once: NDArray[np.float32], sigma: tuple[float, float, float], threshold: float) -> NDArray[np.bool_]:
    """Return what thresholds make of a block that was smoothed once: threshold, smooth, threshold."""
    first = once >= threshold
    return smoothed(first.astype(np.float32), sigma) >= threshold if any(sigma) else first


def without_small_objects(solid: NDArray[np.bool_], smallest_voxels: int) -> NDArray[np.bool_]:
    """Return the block without small objects of solid, then without small objects of pore; objects are connected over faces of voxels."""
    if smallest_voxels <= 1:
        return solid
    cleaned = solid & ~_small_objects(solid, smallest_voxels)
    return cleaned | _small_objects(~cleaned, smallest_voxels)


def _small_objects(mask: NDArray[np.bool_], smallest_voxels: int) -> NDArray[np.bool_]:
    labels, count = cast(tuple[NDArray[np.int32], int], ndimage.label(mask))
    small = np.bincount(labels.ravel(), minlength=count + 1) < smallest_voxels
    small[0] = False
    return np.asarray(small[labels], np.bool_)

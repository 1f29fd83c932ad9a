"""Whether images and labels of a volume belong together, and ask for more than a threshold."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift
from skimage.filters import threshold_otsu

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError

#: What Otsu's threshold may reach: Dice, the mean of solid and pore, in the channel where it is best. Chance gives 0.5 at most, exchanged
#: labels less; the corpora of the catalogue give 0.62 to 0.91. Above the band a corpus teaches nothing that a threshold does not know.
OTSU_BAND = (0.55, 0.98)
_FURTHEST = 3  # pixels
_TOLERANCE = 0.01
_SEEN = np.s_[:16, :128, :128]  # of each volume are looked at for shifts
_DEPTHS_NM = (10.0, 50.0)


def blank(stack: ImageStack) -> tuple[str, ...]:
    """Return one sentence for every channel that is constant, and one if the labels are."""
    problems = [f"the images at {channel} are constant" for channel, images in zip(stack.channels, stack.images, strict=True) if not np.ptp(images)]
    if stack.labels is not None and np.unique(stack.labels != 0).size < 2:
        problems.append("the labels are constant")
    return tuple(problems)


def otsu_dice(stack: ImageStack) -> float:
    """Return what Otsu's threshold reaches, see `OTSU_BAND`."""
    solid = _solid(stack) != 0
    return max(_dice(images > threshold_otsu(images), solid) for images in stack.images)  # type: ignore[no-untyped-call]


def best_shift(stack: ImageStack) -> tuple[int, int, int]:
    """Return by how many slices and pixels ``(slice, y, x)`` the truth must be moved to explain the images best; all 0 if they are aligned.

    The truth is the solid, what shines through the pores and how deep they are, where that is known: by the solid alone a face may look
    more like the next one. The drift that the stack records is taken out first. The channel counts that looks most like the solid.
    """
    solid = _solid(stack)
    channel = int(np.argmax([abs(_correlation(images, solid)) for images in stack.images]))
    images, truth = _undrifted(stack, channel).astype(np.float64), _truth(stack, channel)
    steps = range(-_FURTHEST, _FURTHEST + 1)
    shifts = [(0, y, x) for y, x in itertools.product(steps, steps)] + [(-1, 0, 0), (1, 0, 0)]
    found = {by: _explained(images, truth, by) for by in shifts}
    best = max(found, key=found.__getitem__)
    return (0, 0, 0) if found[best] <= found[0, 0, 0] + _TOLERANCE else best


def _truth(stack: ImageStack, channel: int) -> tuple[NDArray[np.float64], ...]:
    """Return what the grey values of a channel may depend on."""
    truth = [_solid(stack)]
    if stack.shine_through is not None:
        truth.append(stack.shine_through[channel] / 255)
    if stack.depth_to_solid_nm is not None:
        truth += [np.exp(-stack.depth_to_solid_nm / depth_nm, dtype=np.float64) for depth_nm in _DEPTHS_NM]
    return tuple(truth)


def _undrifted(stack: ImageStack, channel: int) -> NDArray[Any]:
    images: NDArray[Any] = stack.images[channel]
    if stack.displacement_nm is None:
        return images
    moves = -np.rint(stack.displacement_nm[channel] / np.asarray(stack.plan.pixel_size_nm))
    undrifted: NDArray[Any] = np.stack([shift(image, move, order=0, mode="nearest") for image, move in zip(images, moves, strict=True)])
    return undrifted


def _explained(images: NDArray[np.float64], truth: tuple[NDArray[np.float64], ...], by: tuple[int, int, int]) -> float:
    """Return the share of the variance of the images that is linear in the truth once that is moved, where both overlap."""
    ours, theirs = zip(*(_overlap(size, step) for size, step in zip(images.shape, by, strict=True)), strict=True)
    grey = images[ours][_SEEN].ravel()
    columns = np.stack([np.ones(grey.size), *(array[theirs][_SEEN].ravel() for array in truth)], axis=1)
    left = grey - columns @ np.linalg.lstsq(columns, grey)[0]
    return 1 - float(left.var() / grey.var()) if grey.size and np.ptp(grey) else 0.0


def _overlap(size: int, step: int) -> tuple[slice, slice]:
    return slice(max(0, step), size + min(0, step)), slice(max(0, -step), size + min(0, -step))


def _correlation(images: NDArray[Any], solid: NDArray[np.float64]) -> float:
    if not np.ptp(images) or not np.ptp(solid):
        return 0.0
    return float(np.corrcoef(images.ravel(), solid.ravel())[0, 1])


def _dice(found: NDArray[np.bool_], solid: NDArray[np.bool_]) -> float:
    """Return the mean of the Dice scores of solid and pore."""
    scores = [
        2 * int(np.count_nonzero(a & b)) / max(1, int(np.count_nonzero(a)) + int(np.count_nonzero(b))) for a, b in ((found, solid), (~found, ~solid))
    ]
    return float(np.mean(scores))


def _solid(stack: ImageStack) -> NDArray[np.float64]:
    if stack.labels is None:
        raise InputError("Images can be compared with labels only where there are labels.")
    return np.asarray(stack.labels != 0, np.float64)

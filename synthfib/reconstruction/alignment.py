"""Stacks with their images moved back to where the faces were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.reconstruction.grey_values import as_grey


def align(
    stack: ImageStack,
    displacement_px: NDArray[np.float64],
    *,
    maps: NDArray[np.float64] | None = None,
    subpixel: bool = False,
) -> ImageStack:
    """Return the stack with every image moved back by its displacement.

    Labels and positions stay as they are, and the recorded truth, if there is one, becomes what is left of the drift. Images are moved by
    whole pixels, so that each grey value stays what was recorded; where nothing was recorded, the nearest pixel of the image is repeated.

    Parameters
    ----------
    stack : ImageStack
        Recorded images.
    displacement_px : ndarray of float64, shape (channel, slice, 2)
        How far ``(y, x)`` each image shows its face beside its place, in pixels.
    maps : ndarray of float64, shape (channel, 2, 2), optional
        What turns and stretches each channel, see `channel_maps`; undone by cubic splines.
    subpixel : bool
        Move by parts of a pixel too, by cubic splines; this smooths noise, more or less by how far an image lies between pixels.

    Raises
    ------
    InputError
        If there is not one finite displacement for every image, or not one map for every channel.
    """
    moves = np.asarray(displacement_px, np.float64)
    if moves.shape != (*stack.shape[:2], 2) or not np.isfinite(moves).all():
        raise InputError(f"Aligning needs finite displacements of shape {(*stack.shape[:2], 2)} in pixels, got shape {moves.shape}.")
    if maps is not None and maps.shape != (stack.shape[0], 2, 2):
        raise InputError(f"Aligning needs maps of shape {(stack.shape[0], 2, 2)}, got {maps.shape}.")
    if not subpixel:
        moves = np.rint(moves)
    images = np.empty_like(stack.images)
    for channel, index in np.ndindex(*stack.shape[:2]):
        turned = None if maps is None else maps[channel]
        images[channel, index] = moved_back(stack.images[channel, index], moves[channel, index], turned)
    left_nm = None if stack.displacement_nm is None else (stack.displacement_nm - moves * stack.plan.pixel_size_nm).astype(np.float32)
    told = {"displacement_px": moves.round(4).tolist(), "maps": None if maps is None else maps.round(7).tolist(), "subpixel": subpixel}
    return replace(stack, images=images, displacement_nm=left_nm, provenance=stack.provenance.then("align", told))


def moved_back(image: NDArray[Any], by_px: NDArray[np.float64], turned: NDArray[np.float64] | None = None) -> NDArray[Any]:
    """Return an image ``(y, x)`` moved back by pixels ``(y, x)``, and turned back; whole pixels keep their values."""
    if (turned is None or not turned.any()) and np.array_equal(by_px, np.rint(by_px)):
        rows, columns = (np.clip(np.arange(size) + int(by), 0, size - 1) for size, by in zip(image.shape, by_px, strict=True))
        return image[np.ix_(rows, columns)]
    matrix = np.eye(2) if turned is None else np.eye(2) + turned
    centre = (np.asarray(image.shape) - 1) / 2
    moved = affine_transform(image.astype(np.float64), matrix, (centre + by_px - matrix @ centre).tolist(), order=3, mode="nearest")
    return as_grey(moved, image.dtype)

"""Run a sliding-window network over faces: densely, tile by tile with bounded memory, or window by window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.stacks import InputStack

#: Edge length of a tile in pixels; a 2DCNN of 81 pixels then needs about 0.5 GB. Larger tiles have relatively less border.
TILE = 384


def mirrored(indices: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return indices within ``[0, size)``, those beyond an end mirrored at it, as often as need be."""
    folded = np.mod(indices, 2 * size)
    mirror: NDArray[np.intp] = np.minimum(folded, 2 * size - 1 - folded)
    return mirror


def window_pixels(stack: InputStack, face: int, rows: slice, columns: slice, *, slices: int, reach: int) -> NDArray[np.float32]:
    """Return the scaled pixels that all windows of a tile see, the volume mirrored at its borders.

    Returns
    -------
    ndarray of float32, shape (channel, slices, y, x)
        `reach` pixels more than the tile on each side.
    """
    n_slices, height, width = stack.images.shape[1:]
    z = mirrored(np.arange(face - slices // 2, face + slices // 2 + 1), n_slices)
    y = mirrored(np.arange(rows.start - reach, rows.stop + reach), height)
    x = mirrored(np.arange(columns.start - reach, columns.stop + reach), width)
    return stack.scaled(stack.images[:, z[:, None, None], y[:, None], x])


def predict_windows(network: SlidingWindowNetwork, stack: InputStack, faces: NDArray[np.intp], *, tile: int = TILE) -> NDArray[np.float32]:
    """Return the probability of solid of every pixel of some faces; densely, so the network must have been made with ``context``.

    Parameters
    ----------
    network : SlidingWindowNetwork
        Classifier of one pixel.
    stack : InputStack
        Faces with their neighbours.
    faces : ndarray of int
        Which faces.
    tile : int
        Edge length of the tiles in pixels; they overlap so that there are no seams.

    Returns
    -------
    ndarray of float32, shape (face, y, x)
        In [0, 1]; apart from rounding what the network says window by window.
    """
    height, width = stack.images.shape[2:]
    found = np.empty((len(faces), height, width), np.float32)
    network.eval()
    with torch.inference_mode():
        for number, face in enumerate(faces):
            for rows, columns in _tiles(height, width, tile):
                pixels = window_pixels(stack, int(face), rows, columns, slices=network.plan.slices, reach=network.reach)
                found[number, rows, columns] = torch.sigmoid(network.dense(torch.from_numpy(pixels))).numpy()
    return found


def predict_pixels(
    network: Callable[[Tensor], Tensor], stack: InputStack, pixels: NDArray[np.intp], *, slices: int, reach: int, batch_size: int = 128
) -> NDArray[np.float32]:
    """Return the probability of solid of single pixels, window by window.

    Parameters
    ----------
    network : callable
        Maps windows ``(n, channel, slice, y, x)`` to logits ``(n,)``.
    stack : InputStack
        Faces with their neighbours.
    pixels : ndarray of int, shape (n, 3)
        Face, y and x.
    slices, reach : int
        Slices of a window, and pixels from its middle to its end.
    batch_size : int
        Windows at once.

    Returns
    -------
    ndarray of float32, shape (n,)
        In [0, 1].
    """
    found = np.empty(len(pixels), np.float32)
    with torch.inference_mode():
        for start in range(0, len(pixels), batch_size):
            windows = [
                window_pixels(stack, int(face), slice(int(y), int(y) + 1), slice(int(x), int(x) + 1), slices=slices, reach=reach)
                for face, y, x in pixels[start : start + batch_size]
            ]
            found[start : start + len(windows)] = torch.sigmoid(network(torch.from_numpy(np.stack(windows)))).numpy()
    return found


def _tiles(height: int, width: int, tile: int) -> list[tuple[slice, slice]]:
    rows, columns = ([slice(start, min(start + tile, size)) for start in range(0, size, tile)] for size in (height, width))
    return [(row, column) for row in rows for column in columns]

"""Run a network that sees blocks over a stack, block by block."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from synthfib.training.field_of_view import FieldOfView
from synthfib.training.stacks import InputStack
from synthfib.training.tiles import spans

#: Slices and pixels of a block, and of what neighbouring blocks share; a U-Net of 16 base features then needs about 1 GB.
_SLICES, _SHARED_SLICES = 64, 16
_TILE, _OVERLAP = 128, 32


def predict_block(network: torch.nn.Module, stack: InputStack, first: int, last: int, *, view: FieldOfView) -> NDArray[np.float32]:
    """Return the probability of solid of the faces from `first` up to but not `last`.

    Blocks fade into each other; they are mirrored at their far edges up to a size that the network takes.

    Returns
    -------
    ndarray of float32, shape (face, y, x)
        In [0, 1].
    """
    height, width = stack.images.shape[2:]
    found = np.zeros((last - first, height, width), np.float32)
    depths = spans(last - first, tile=_SLICES, overlap=_SHARED_SLICES)
    sides = (spans(size, tile=_TILE, overlap=_OVERLAP) for size in (height, width))
    network.eval()
    with torch.inference_mode():
        for depth, rows, columns in product(depths, *sides):
            window = (depth.window, rows.window, columns.window)
            images = stack.scaled(stack.images[:, first:last][:, *window])
            weights = depth.weights[:, None, None] * rows.weights[:, None] * columns.weights
            found[window] += _predict(network, images, view) * weights
    return np.clip(found, 0, 1, out=found)


def _predict(network: torch.nn.Module, images: NDArray[np.float32], view: FieldOfView) -> NDArray[np.float32]:
    _, slices, height, width = images.shape
    padding = ((0, 0), (0, view.missing(slices)), *((0, view.missing(size, smallest=view.smallest)) for size in (height, width)))
    inputs = torch.from_numpy(np.pad(images, padding, mode="symmetric"))[None]
    probability: NDArray[np.float32] = torch.sigmoid(network(inputs))[0, 0, :slices, :height, :width].numpy()
    return probability

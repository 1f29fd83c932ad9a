"""Run a network that sees faces over whole faces, with bounded memory."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from synthfib.training.field_of_view import FieldOfView
from synthfib.training.stacks import InputStack, neighbours
from synthfib.training.tiles import spans

#: Faces are taken together up to this number of pixels; a U-Net of 16 base features then needs about 0.5 GB.
_PIXELS_AT_ONCE = 2**19
#: Larger faces are cut into tiles.
_LARGEST_FACE = 2**20
_TILE, _OVERLAP = 896, 128


def predict_faces(network: torch.nn.Module, stack: InputStack, faces: NDArray[np.intp], *, view: FieldOfView) -> NDArray[np.float32]:
    """Return the probability of solid of some faces.

    Whole faces as long as they are not larger than a megapixel, so that there are no seams and instance normalisation sees one face;
    tiles that fade into each other otherwise. They are mirrored at their far edges up to a size that the network takes.

    Returns
    -------
    ndarray of float32, shape (face, y, x)
        In [0, 1].
    """
    height, width = stack.images.shape[2:]
    if height * width <= _LARGEST_FACE:
        return _predict_window(network, stack, faces, (slice(0, height), slice(0, width)), view)
    found = np.zeros((len(faces), height, width), np.float32)
    for rows in spans(height, tile=_TILE, overlap=_OVERLAP):
        for columns in spans(width, tile=_TILE, overlap=_OVERLAP):
            window = (rows.window, columns.window)
            found[:, *window] += _predict_window(network, stack, faces, window, view) * (rows.weights[:, None] * columns.weights)
    return np.clip(found, 0, 1, out=found)


def _predict_window(
    network: torch.nn.Module, stack: InputStack, faces: NDArray[np.intp], window: tuple[slice, slice], view: FieldOfView
) -> NDArray[np.float32]:
    height, width = (side.stop - side.start for side in window)
    padding = ((0, 0), (0, 0), *((0, view.missing(size, smallest=view.smallest)) for size in (height, width)))
    at_once = max(1, _PIXELS_AT_ONCE // (height * width))
    found = np.empty((len(faces), height, width), np.float32)
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(faces), at_once):
            seen = neighbours(faces[start : start + at_once], stack.n_slices, view.adjacent_slices)
            images = stack.scaled(stack.images[:, seen, *window]).swapaxes(0, 1)
            inputs = np.pad(images.reshape(len(seen), -1, height, width), padding, mode="symmetric")
            probability = torch.sigmoid(network(torch.from_numpy(inputs)))[:, 0, :height, :width]
            found[start : start + at_once] = probability.numpy()
    return found

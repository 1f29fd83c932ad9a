"""Run a network over whole faces with bounded memory."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from synthfib.training.patches import SMALLEST_PATCH
from synthfib.training.stacks import InputStack, neighbours

#: Faces are taken together up to this number of pixels; a U-Net of 16 base features then needs about 0.5 GB.
_PIXELS_AT_ONCE = 2**19


def predict_faces(network: torch.nn.Module, stack: InputStack, faces: NDArray[np.intp], *, adjacent_slices: int) -> NDArray[np.float32]:
    """Return the probability of solid of some faces.

    Whole faces rather than tiles, so that there are no seams and instance normalisation sees one face; they are mirrored
    at their far edges up to a multiple of 16 pixels.

    Returns
    -------
    ndarray of float32, shape (face, y, x)
        In [0, 1].
    """
    height, width = stack.images.shape[2:]
    padding = ((0, 0), (0, 0), (0, _missing(height)), (0, _missing(width)))
    at_once = max(1, _PIXELS_AT_ONCE // (height * width))
    found = np.empty((len(faces), height, width), np.float32)
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(faces), at_once):
            seen = neighbours(faces[start : start + at_once], stack.n_slices, adjacent_slices)
            images = stack.scaled(stack.images[:, seen]).swapaxes(0, 1)
            inputs = np.pad(images.reshape(len(seen), -1, height, width), padding, mode="symmetric")
            probability = torch.sigmoid(network(torch.from_numpy(inputs)))[:, 0, :height, :width]
            found[start : start + at_once] = probability.numpy()
    return found


def _missing(size: int) -> int:
    return max(SMALLEST_PATCH, -(-size // 16) * 16) - size

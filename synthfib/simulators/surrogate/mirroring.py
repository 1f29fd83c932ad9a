"""Layers below a face, continued below the volume by mirror images."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def summed_layers(labels: NDArray[np.uint8], brightness: NDArray[np.float32], first: int, count: int) -> Tensor:
    """Return sums over the layers from `first` down, float32 ``(layer + 1, y, x)``.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        The structure.
    brightness : ndarray of float32, shape (phase,)
        What each label counts.
    first, count : int
        Uppermost layer and number of layers; below the volume comes its mirror image, then the volume again, and nothing more.
    """
    n = labels.shape[0]
    layers = np.arange(first, min(first + count, 3 * n))
    mirrored = np.where(layers < n, layers, np.where(layers < 2 * n, 2 * n - 1 - layers, layers - 2 * n))
    summed = np.zeros((len(layers) + 1, *labels.shape[1:]), np.float32)
    for above, layer in enumerate(mirrored):
        np.add(summed[above], brightness[labels[layer]], out=summed[above + 1])
    return torch.from_numpy(summed)

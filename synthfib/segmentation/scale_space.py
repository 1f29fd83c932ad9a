"""Gaussian scale space of a face and its neighbours: the features of a pixel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from synthfib.training.stacks import InputStack, neighbours


def scale_space_faces(stack: InputStack, sigmas_px: Sequence[float], adjacent_slices: int) -> Iterator[NDArray[np.float32]]:
    """Yield the features of each face, in milling order.

    A feature is a channel, smoothed by one of the Gaussians, on the face or on one of its neighbours. Faces are smoothed once each, and
    only as many are kept as are seen together.

    Parameters
    ----------
    stack : InputStack
        Channels and the scale of their grey values.
    sigmas_px : sequence of float
        Standard deviations in pixels; 0 leaves the face as it is.
    adjacent_slices : int
        Faces seen together, an odd number; beyond the ends of the stack the last face is repeated.

    Yields
    ------
    ndarray of float32, shape (feature, y, x)
        ``adjacent_slices x channels x sigmas`` features, the neighbour varying slowest and the sigma fastest.
    """
    kept: dict[int, NDArray[np.float32]] = {}
    for face in range(stack.n_slices):
        seen = [int(other) for other in neighbours(face, stack.n_slices, adjacent_slices)]
        kept = {other: kept[other] if other in kept else _smoothed(stack, other, sigmas_px) for other in sorted(set(seen))}
        yield np.concatenate([kept[other] for other in seen])


def _smoothed(stack: InputStack, face: int, sigmas_px: Sequence[float]) -> NDArray[np.float32]:
    channels = stack.scaled(stack.images[:, face])
    smoothed = [gaussian_filter(channel, sigma) if sigma else channel for channel in channels for sigma in sigmas_px]
    return np.stack(smoothed).astype(np.float32, copy=False)

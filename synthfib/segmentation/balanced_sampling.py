"""As many pixels of solid as of pore, with the features of each and how many it stands for, drawn from whole volumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from synthfib.data.stack import Channel
from synthfib.errors import InputError
from synthfib.segmentation.scale_space import scale_space_faces
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.stacks import InputStack, LabelledStacks


def balanced_pixels(
    corpus: LabelledStacks,
    channels: Sequence[Channel],
    *,
    sigmas_px: Sequence[float],
    adjacent_slices: int,
    n_pixels: int,
    rng: np.random.Generator,
    on_volume: Callable[[float], None],
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]:
    """Return features ``(pixel, feature)`` and truth ``(pixel,)`` of pixels of the training split, and how many pixels each stands for.

    Every volume gives the same number of pixels, half of them solid, each pixel with the same chance within its phase and volume; a
    phase of which there are fewer gives all that it has. One volume is in memory at a time, and of its features those of the faces
    seen together.

    Raises
    ------
    InputError
        If the split is empty, a volume lacks labels or a channel, or one of the phases is nowhere.
    """
    names = corpus.names("train")
    features, truth, weights = [], [], []
    for done, name in enumerate(names, start=1):
        stack = InputStack.of(corpus.read(name), channels, PercentileScaling(), with_truth=True)
        drawn = _drawn_by_face(stack, n_each := max(1, n_pixels // (2 * len(names))), rng)
        stands_for = _stands_for(stack, n_each)
        for face, values in enumerate(scale_space_faces(stack, sigmas_px, adjacent_slices)):
            pixels, solid = drawn[face]
            features.append(values.reshape(len(values), -1)[:, pixels].T)
            truth.append(solid)
            weights.append(stands_for[solid.astype(np.intp)])
        on_volume(done / len(names))
    is_solid = np.concatenate(truth) if truth else np.zeros(0, np.bool_)
    if is_solid.all() or not is_solid.any():
        missing = "no volume" if not is_solid.size else "no pore" if is_solid.all() else "no solid"
        raise InputError(f"Training needs pixels of pore and of solid in the split 'train', corpus {corpus.name!r} has {missing} there.")
    return np.concatenate(features), is_solid, np.concatenate(weights)


def _stands_for(stack: InputStack, n_each: int) -> NDArray[np.float64]:
    """Return for how many pixels of its volume a drawn pixel of pore stands, and one of solid."""
    assert stack.solid is not None
    n_solid = np.count_nonzero(stack.solid)
    pixels = np.array([stack.solid.size - n_solid, n_solid])
    return np.asarray(pixels / np.clip(pixels, 1, n_each))


def _drawn_by_face(stack: InputStack, n_each: int, rng: np.random.Generator) -> list[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Return positions on each face, ``y * width + x``, and whether they are solid."""
    assert stack.solid is not None
    drawn: list[list[NDArray[np.intp]]] = [[], []]
    for phase in (False, True):
        counts = [int(np.count_nonzero(face == phase)) for face in stack.solid]
        total = sum(counts)
        ranks = np.sort(rng.choice(total, min(n_each, total), replace=False))
        begins = np.cumsum([0, *counts])
        for face, solid in enumerate(stack.solid):
            low, high = np.searchsorted(ranks, begins[face : face + 2])
            drawn[phase].append(np.flatnonzero(solid.ravel() == phase)[ranks[low:high] - begins[face]])
    return [(np.concatenate([pore, solid]), np.arange(pore.size + solid.size) >= pore.size) for pore, solid in zip(*drawn, strict=True)]

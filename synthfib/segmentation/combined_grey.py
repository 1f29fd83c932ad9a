"""What the methods share that judge one grey value per pixel, made of all channels, face by face and without training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.progress import OnProgress
from synthfib.training.stacks import InputStack, LabelledStacks

#: Tells solid from pore on one face of scaled grey values ``(y, x)``.
FaceRule = Callable[[NDArray[np.float32]], NDArray[np.bool_]]


class CombinedGrey(ABC):
    """Segments faces one by one by the mean over all channels, each of them scaled to its own range.

    The mean, because noise of the channels is independent, and because solid is bright at every energy while shine-through is not.
    """

    def fit(self, corpus: LabelledStacks, /, *, rng: np.random.Generator | int, on_progress: OnProgress | None = None) -> None:
        """Do nothing: there is nothing to learn."""
        return

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return 1 on solid and 0 on pore, ``(slice, y, x)``.

        Raises
        ------
        InputError
            If a channel has one grey value only.
        """
        rule = self.rule(stack)
        return np.stack([rule(face).astype(np.float32) for face in combined_faces(stack)])

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return the channels that are used, and the settings."""
        return {"channels": [str(channel) for channel in stack.channels], "parameters": 0, **self.settings()}

    @abstractmethod
    def rule(self, stack: ImageStack, /) -> FaceRule:
        """Return how faces of this stack are segmented."""

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Return the settings as plain JSON types."""


def combined_faces(stack: ImageStack) -> Iterator[NDArray[np.float32]]:
    """Yield the mean over all channels of each face, scaled to about [-1, 1].

    Raises
    ------
    InputError
        If a channel has one grey value only.
    """
    for channel, images in zip(stack.channels, stack.images, strict=True):
        if images.min() == images.max():
            raise InputError(f"Segmenting needs at least two grey values, the channel at {channel} has one; check the images.")
    scaled = InputStack.of(stack, stack.channels, PercentileScaling())
    for face in range(scaled.n_slices):
        yield scaled.scaled(scaled.images[:, face]).mean(axis=0, dtype=np.float32)


def check_length_nm(name: str, value: float) -> float:
    """Return a length that is positive and finite.

    Raises
    ------
    InputError
        If it is not.
    """
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{name} must be a positive length in nm, got {value!r}.")
    return float(value)

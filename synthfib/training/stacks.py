"""Labelled stacks, ready to be cut into network inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.training.grey_values import PercentileScaling


class LabelledStacks(Protocol):
    """What learning needs of a corpus; `synthfib.corpus.load.Corpus` has it, a few stacks in memory can have it too."""

    @property
    def name(self) -> str:
        """Name of the corpus."""
        ...

    @property
    def version(self) -> str:
        """Version of the corpus."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 that tells this corpus from any other."""
        ...

    def names(self, split: str, /) -> tuple[str, ...]:
        """Return the names of the volumes of a split."""
        ...

    def read(self, name: str, /) -> ImageStack:
        """Return one volume."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class InputStack:
    """The channels that a network looks at, and the scale that turns their grey values into network input.

    Parameters
    ----------
    images : ndarray of uint8 or uint16, shape (channel, slice, y, x)
        Grey values.
    limits : ndarray of float32, shape (channel, 2)
        Grey values that become 0 and 1.
    solid : ndarray of bool, shape (slice, y, x), optional
        The truth, for training.
    """

    images: NDArray[np.uint8] | NDArray[np.uint16]
    limits: NDArray[np.float32]
    solid: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, stack: ImageStack, channels: Sequence[Channel], scaling: PercentileScaling, *, with_truth: bool = False) -> InputStack:
        """Pick `channels` out of a stack.

        Raises
        ------
        InputError
            If the stack lacks a channel, or labels where the truth is wanted.
        """
        wanted = [stack.channel_index(channel) for channel in channels]
        # A stack is large: it is copied only if its channels are in another order.
        in_order = wanted == list(range(wanted[0], wanted[0] + len(wanted)))
        images = stack.images[wanted[0] : wanted[-1] + 1] if in_order else stack.images[wanted]
        limits = np.array([scaling.limits(channel) for channel in images], np.float32)
        if not with_truth:
            return cls(images, limits)
        if stack.labels is None:
            raise InputError("Training needs stacks with labels, got one without; use a corpus that synthfib built.")
        return cls(images, limits, stack.labels != 0)

    @property
    def n_slices(self) -> int:
        """Number of faces."""
        return int(self.images.shape[1])

    def scaled(self, images: NDArray[np.generic]) -> NDArray[np.float32]:
        """Map grey values whose first axis is the channel to about [-1, 1]."""
        low, high = (self.limits[:, side].reshape(-1, *[1] * (images.ndim - 1)) for side in (0, 1))
        scaled = (images.astype(np.float32) - low) * (2 / (high - low)) - 1
        return scaled.astype(np.float32, copy=False)


def neighbours(face: int | NDArray[np.intp], n_slices: int, adjacent_slices: int) -> NDArray[np.intp]:
    """Return the faces seen together with `face`, in milling order, the last ones repeated at the ends of the stack.

    Shape ``(..., adjacent_slices)``; the middle one is `face` itself.
    """
    reach = adjacent_slices // 2
    return np.clip(np.expand_dims(face, -1) + np.arange(-reach, reach + 1), 0, n_slices - 1)


def read_split(corpus: LabelledStacks, split: str, channels: Sequence[Channel], scaling: PercentileScaling) -> tuple[InputStack, ...]:
    """Read a split with its truth into memory.

    Raises
    ------
    InputError
        If the split is empty, or a volume lacks labels or a channel.
    """
    names = corpus.names(split)
    if not names:
        raise InputError(f"Training needs at least one volume in the split {split!r}, corpus {corpus.name!r} has none.")
    return tuple(InputStack.of(corpus.read(name), channels, scaling, with_truth=True) for name in names)

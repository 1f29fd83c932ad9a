"""What the methods without training share: they look at one channel, and threshold it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.training.grey_values import grey_histogram
from synthfib.training.progress import OnProgress
from synthfib.training.stacks import LabelledStacks


class GreyThreshold(ABC):
    """Calls a pixel solid when its grey value lies above one threshold for the whole stack.

    Parameters
    ----------
    energy_kev : float
        The channel whose landing energy is nearest to this one is used, the lower one of two.
    """

    def __init__(self, *, energy_kev: float = 2.0) -> None:
        self.energy_kev = energy_kev

    @abstractmethod
    def threshold(self, counts: NDArray[np.int64], /) -> float:
        """Return the largest grey value of the pore, given the number of pixels of every grey value."""

    def fit(self, corpus: LabelledStacks, /, *, rng: np.random.Generator | int, on_progress: OnProgress | None = None) -> None:
        """Do nothing: there is nothing to learn."""
        return

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return 1 where the grey value lies above the threshold, and 0 elsewhere.

        Raises
        ------
        InputError
            If the channel has too few grey values to tell two phases.
        """
        images = stack.images[self._channel(stack)]
        return np.asarray(images > self._threshold(stack), np.float32)

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return the channel that is used and the threshold found in it."""
        return {"channels": [str(stack.channels[self._channel(stack)])], "threshold": self._threshold(stack)}

    def _channel(self, stack: ImageStack) -> int:
        energies = [channel.energy_kev for channel in stack.channels]
        return min(range(len(energies)), key=lambda index: (abs(energies[index] - self.energy_kev), energies[index]))

    def _threshold(self, stack: ImageStack) -> float:
        channel = self._channel(stack)
        counts = grey_histogram(stack.images[channel])
        if np.count_nonzero(counts) < 2:
            raise InputError(f"A threshold needs at least two grey values, the channel at {stack.channels[channel]} has one; check the images.")
        return float(self.threshold(counts))

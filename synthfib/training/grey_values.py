"""Grey values of a channel: their histogram, and the scale that makes stacks comparable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError


class GreyFaces(Protocol):
    """The faces of a channel, in memory or read one after the other."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the grey values, uint8 or uint16."""
        ...

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Return the faces ``(y, x)`` one after the other."""
        ...


def grey_histogram(images: GreyFaces) -> NDArray[np.int64]:
    """Count every grey value of a channel ``(slice, y, x)``; entry g is the number of pixels with value g."""
    n_values = int(np.iinfo(images.dtype).max) + 1
    counts = np.zeros(n_values, np.int64)
    for face in images:  # one face at a time, because bincount turns its input into 64-bit integers
        counts += np.bincount(face.ravel(), minlength=n_values)
    return counts


@dataclass(frozen=True, slots=True)
class PercentileScaling:
    """Maps one percentile of a stack's grey values to 0 and another one to 1, channel by channel.

    Percentiles, and not mean and standard deviation, because the darkest pore and the bare solid keep their meaning when
    the solid fraction changes.
    """

    low_percent: float = 1.0
    high_percent: float = 99.0

    def __post_init__(self) -> None:
        if not 0 <= self.low_percent < self.high_percent <= 100:
            raise InputError(f"Scaling needs percentiles 0 <= low < high <= 100, got {self.low_percent!r} and {self.high_percent!r}.")

    def limits(self, images: GreyFaces) -> tuple[float, float]:
        """Return the grey values that become 0 and 1, at least one grey value apart."""
        cumulated = np.cumsum(grey_histogram(images))
        ranks = np.array([self.low_percent, self.high_percent]) / 100 * (cumulated[-1] - 1)
        low, high = (float(value) for value in np.searchsorted(cumulated, ranks, side="right"))
        return low, max(high, low + 1)

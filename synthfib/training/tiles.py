"""Cut an axis into tiles that overlap, so that a network never sees more than one of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """One tile of an axis.

    Parameters
    ----------
    start : int
        First position.
    weights : ndarray of float32, shape (size,)
        Share of this tile in the result at each position. The shares of all tiles add up to one.
    """

    start: int
    weights: NDArray[np.float32]

    @property
    def window(self) -> slice:
        """The positions."""
        return slice(self.start, self.start + len(self.weights))


def spans(size: int, *, tile: int, overlap: int) -> tuple[Span, ...]:
    """Cut an axis into tiles of `tile` positions; neighbours share at least `overlap` of them and fade into each other there."""
    if size <= tile:
        return (Span(0, np.ones(size, np.float32)),)
    n_tiles = -(-(size - overlap) // (tile - overlap))
    starts = np.linspace(0, size - tile, n_tiles).round().astype(int)
    edge_distance = np.minimum(np.arange(tile), np.arange(tile)[::-1]) + 1
    # The outermost quarter of an overlap sees too little around it to count.
    ramp = np.clip(edge_distance / overlap - 0.25, 1e-3, 0.5)
    total = np.zeros(size)
    for start in starts:
        total[start : start + tile] += ramp
    return tuple(Span(int(start), (ramp / total[start : start + tile]).astype(np.float32)) for start in starts)

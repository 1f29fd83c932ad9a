"""A network draws the solid in a gap as a polynomial in depth."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.interpolation.base import Interpolator
from synthfib.reconstruction.interpolation.gap_drawing import draw_planes
from synthfib.reconstruction.interpolation.trained import trained_network


class NeuralSpline(Interpolator):
    """Looks at the whole faces on either side of a gap, two on each, and not at one section of them.

    For every pixel of a gap it draws a cubic polynomial in depth, positive in the solid. It learned from synthetic structures; the card beside
    its weights says which.

    Parameters
    ----------
    weights : Path, optional
        Weights of one's own, written by ``synthfib train-interpolation``; by default those that come with the package.
    threads : int
        Threads of the arithmetic.
    """

    name: ClassVar[str] = "neural-spline"
    halo: ClassVar[int] = 1

    def __init__(self, weights: Path | None = None, *, threads: int = 2) -> None:
        self._weights, self._threads = weights, threads

    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range."""
        network, _ = trained_network("neural-spline", self._weights)
        return draw_planes(network, faces, None, depths, planes, threads=self._threads)

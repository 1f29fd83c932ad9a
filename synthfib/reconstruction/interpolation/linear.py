"""Straight lines from face to face along z, cut at one half."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.interpolation.base import Interpolator


class Linear(Interpolator):
    """Between two faces that differ, the nearer one decides; half-way there is solid, where `Nearest` keeps the upper face."""

    name: ClassVar[str] = "linear"
    halo: ClassVar[int] = 0

    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range."""
        where, halfway = np.arange(*planes), (depths[:-1] + depths[1:]) / 2
        filled: NDArray[np.bool_] = faces[np.searchsorted(halfway, where, side="left")]
        for plane in np.flatnonzero(np.isin(where, halfway)):
            filled[plane] |= faces[np.searchsorted(halfway, where[plane], side="right")]
        return filled

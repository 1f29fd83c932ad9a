"""Every plane is the face next to it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.interpolation.base import Interpolator


class Nearest(Interpolator):
    """Copies the nearest face; of two equally near ones the upper."""

    name: ClassVar[str] = "nearest"
    halo: ClassVar[int] = 0

    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range."""
        halfway = (depths[:-1] + depths[1:]) / 2
        copied: NDArray[np.bool_] = faces[np.searchsorted(halfway, np.arange(*planes), side="left")]
        return copied

"""Cubic splines along z through the faces, cut at one half; small holes that they leave in ligaments are filled."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.reconstruction.interpolation.base import Interpolator, bracket
from synthfib.reconstruction.interpolation.spline_weights import SPLINE_HALO, spline_weights, weighted

_HOLE_PIXELS = 20
# Where solid and pore weigh the same there is solid, whatever the rounding of the last digits.
_SOLID_FROM = np.float32(0.5 - 1e-5)


class CubicSpline(Interpolator):
    """The usual practice: a cubic spline in every column of pixels, solid from one half on.

    Splines in zx sections and in zy sections are the same thing, as each column has its own. As published, holes of fewer than 20 pixels that
    solid encloses in a zx section are filled afterwards; holes that a face shows are real, and stay.

    Parameters
    ----------
    hole_pixels : int
        Holes of fewer pixels are filled, up to 20; 0 leaves all of them.

    Raises
    ------
    InputError
        If `hole_pixels` is not in 0 to 20.

    References
    ----------
    T. Sardhara et al., Ultramicroscopy 256 (2024) 113878, doi 10.1016/j.ultramic.2023.113878, and its supplementary material, section 4.
    """

    name: ClassVar[str] = "cubic-spline"
    # A hole reaches as many planes beyond a block as it has pixels; on each of them there may be a face.
    halo: ClassVar[int] = SPLINE_HALO + _HOLE_PIXELS

    def __init__(self, *, hole_pixels: int = _HOLE_PIXELS) -> None:
        if not 0 <= hole_pixels <= _HOLE_PIXELS:
            raise InputError(f"Holes of 0 to {_HOLE_PIXELS} pixels can be filled, got {hole_pixels!r}.")
        self.hole_pixels = hole_pixels

    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range."""
        first = max(planes[0] - self.hole_pixels, int(np.ceil(depths[0])))
        end = min(planes[1] + self.hole_pixels, int(np.floor(depths[-1])) + 1)
        near = bracket(depths, (first, end), SPLINE_HALO)
        filled = np.empty((end - first, *faces.shape[1:]), np.bool_)
        for rows, solid in weighted(spline_weights(depths[near], (first, end)), faces[near]):
            np.greater_equal(solid, _SOLID_FROM, out=filled[:, rows])
        if self.hole_pixels > 1:
            _fill_holes(filled, np.isin(np.arange(first, end), depths), self.hole_pixels - 1)
        return filled[planes[0] - first : planes[1] - first]


def _fill_holes(solid: NDArray[np.bool_], measured: NDArray[np.bool_], most_pixels: int) -> None:
    from synthfib.reconstruction.interpolation._hole_kernels import fill_small_holes

    fill_small_holes(solid, measured, most_pixels)

"""Cubic splines along z as weights: what lies on a plane is a weighted sum of faces, with the same weights in every column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

#: Faces beyond the enclosing two that a spline needs: the influence of a face falls to 0.27 from one to the next.
SPLINE_HALO = 12
_VALUES_AT_ONCE = 1 << 22


def spline_weights(depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.float32]:
    """Return the weight of every face on every plane, shape ``(plane, face)``, of cubic splines whose ends are not knots."""
    return np.asarray(CubicSpline(depths, np.eye(depths.size))(np.arange(*planes)), np.float32)


def weighted(weights: NDArray[np.float32], values: NDArray[np.generic]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield weighted sums of faces ``(plane, row, x)``, a few rows of pixels at a time, with where these rows are."""
    rows = max(1, _VALUES_AT_ONCE // (values.shape[2] * sum(weights.shape)))
    for start in range(0, values.shape[1], rows):
        band = slice(start, start + rows)
        some = values[:, band].astype(np.float32)
        yield band, (weights @ some.reshape(len(some), -1)).reshape(len(weights), *some.shape[1:])

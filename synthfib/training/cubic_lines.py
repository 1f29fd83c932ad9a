"""Cubic interpolation between unevenly spaced lines, each from the four lines around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cubic_lines(lines: NDArray[np.float32], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.float32]:
    """Return cubic Hermite curves through the lines, with slopes from their neighbours (Catmull and Rom 1974, unevenly spaced).

    Parameters
    ----------
    lines : ndarray of float32, shape (line, ...)
        What is known; two lines or more.
    depths : ndarray of float64, shape (line,)
        Where, strictly increasing.
    planes : tuple of int
        First plane, and the one after the last; beyond the ends the nearest line is repeated.

    Returns
    -------
    ndarray of float32, shape (plane, ...)
        A plane on which a line lies is that line.
    """
    return np.tensordot(_weights(depths, np.arange(*planes)), lines, axes=1)


def _weights(depths: NDArray[np.float64], wanted: NDArray[np.intp]) -> NDArray[np.float32]:
    """Weight of every line on every plane."""
    gaps = np.diff(depths)
    slopes = np.zeros((depths.size, depths.size))  # slope of every line as weights of all of them
    rises = (np.eye(depths.size)[1:] - np.eye(depths.size)[:-1]) / gaps[:, None]
    slopes[1:-1] = (gaps[1:, None] * rises[:-1] + gaps[:-1, None] * rises[1:]) / (gaps[1:] + gaps[:-1])[:, None]
    slopes[0], slopes[-1] = rises[0], rises[-1]
    gap = np.clip(np.searchsorted(depths, wanted, side="right") - 1, 0, depths.size - 2)
    share = np.clip((wanted - depths[gap]) / gaps[gap], 0, 1)[:, None]
    lines = np.eye(depths.size)
    value = (1 + 2 * share) * (1 - share) ** 2 * lines[gap] + share**2 * (3 - 2 * share) * lines[gap + 1]
    slope = share * (1 - share) ** 2 * slopes[gap] - share**2 * (1 - share) * slopes[gap + 1]
    return (value + gaps[gap, None] * slope).astype(np.float32)

"""How far measured slice positions are from the true ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from synthfib.errors import InputError


def thickness_errors(positions_nm: ArrayLike, true_nm: ArrayLike) -> dict[str, float]:
    """Return how far measured positions are off.

    Parameters
    ----------
    positions_nm, true_nm : array_like of float, shape (slice,)
        Measured and true positions in nm, at least two.

    Returns
    -------
    dict of str to float
        ``thickness_nm`` and ``position_nm``, root mean square errors in nm, positions about the mean error; and ``mean_ratio``, the mean
        measured thickness over the true one.

    Raises
    ------
    InputError
        If there are fewer than two positions, or not one of each.
    """
    measured, true = np.asarray(positions_nm, np.float64), np.asarray(true_nm, np.float64)
    if measured.ndim != 1 or measured.shape != true.shape or measured.size < 2:
        raise InputError(f"Positions are compared one by one, two at least, got shapes {measured.shape} and {true.shape}.")
    error = measured - true
    return {
        "thickness_nm": float(np.sqrt((np.diff(error) ** 2).mean())),
        "position_nm": float(error.std()),
        "mean_ratio": float((measured[-1] - measured[0]) / (true[-1] - true[0])),
    }

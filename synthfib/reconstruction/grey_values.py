"""Corrected grey values in the type that they were recorded in."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

#: Types of grey values that corrections keep.
Grey = TypeVar("Grey", np.uint8, np.uint16, np.float32, np.float64)


def as_grey(values: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return values of this type: integers are rounded, and those that leave the range are set to its end."""
    if np.issubdtype(dtype, np.integer):
        values = np.rint(values).clip(0, np.iinfo(dtype).max)
    return values.astype(dtype)

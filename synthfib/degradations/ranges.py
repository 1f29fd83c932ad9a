"""Checks that degradations share: one sentence for a strength out of range."""

from __future__ import annotations

import math

from synthfib.errors import InputError


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Check that a strength is a number from `low` to `high`.

    Raises
    ------
    InputError
        If it is not.
    """
    if not (isinstance(value, (int, float)) and math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}.")

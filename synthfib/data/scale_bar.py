"""Lengths of scale bars."""

from __future__ import annotations

import math


def bar_length_nm(width_nm: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, ... nm that is no more than 0.3 of the width of a picture."""
    longest = 0.3 * width_nm
    decade = 10.0 ** math.floor(math.log10(longest))
    return max(step * decade for step in (1, 2, 5) if step * decade <= longest * (1 + 1e-9))

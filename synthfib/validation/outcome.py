"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Standard errors that a statistical check is granted on top of its band; 1 in 370 correct ones fails.
GRANTED_ERRORS = 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one check.

    Parameters
    ----------
    name : str
        Which check, for example ``"M1"``; the letter is its tier.
    what : str
        What was compared, in words.
    expected, band : float
        Value and how far off it may be.
    measured, error : float
        Value found and its standard error, 0 where nothing is random.
    known : str
        Why it is known to lie outside, if it is.
    """

    name: str
    what: str
    expected: float
    band: float
    measured: float
    error: float
    known: str = ""

    @property
    def verdict(self) -> str:
        """Return ``"pass"``, ``"fail"``, or ``"known difference"`` where a reason for failing is on record."""
        if self.passed:
            return "pass"
        return "known difference" if self.known else "fail"

    @property
    def passed(self) -> bool:
        """Whether it lies in the band, give or take three standard errors."""
        return abs(self.measured - self.expected) <= self.band + GRANTED_ERRORS * self.error

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        numbers = {"expected": self.expected, "band": self.band, "measured": self.measured, "standard_error": self.error}
        return {"name": self.name, "what": self.what, **numbers, "verdict": self.verdict, "known": self.known}

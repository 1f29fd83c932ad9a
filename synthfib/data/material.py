"""What a phase is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from synthfib.errors import InputError

_FRACTION_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Material:
    """A homogeneous material.

    Parameters
    ----------
    name : str
        Name shown to people; ``physics.materials`` knows the common ones.
    composition : tuple of (int, float)
        Atomic number and mass fraction of each element, fractions summing to 1. Empty for vacuum.
    density_g_cm3 : float
        Mass density in g/cm3; 0 for vacuum, and only for vacuum.

    Raises
    ------
    InputError
        If an atomic number is outside 1-99, the fractions do not sum to 1, or density and composition disagree.
    """

    name: str
    composition: tuple[tuple[int, float], ...] = ()
    density_g_cm3: float = 0.0

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("A material needs a name, got an empty one.")
        if not (math.isfinite(self.density_g_cm3) and self.density_g_cm3 >= 0):
            raise InputError(f"The density of {self.name!r} must be a finite number of g/cm3 >= 0, got {self.density_g_cm3!r}.")
        if bool(self.composition) != (self.density_g_cm3 > 0):
            raise InputError(f"{self.name!r} needs both a composition and a density above 0 g/cm3, or neither (vacuum).")
        for z, fraction in self.composition:
            if not (1 <= z <= 99 and 0 < fraction <= 1 + _FRACTION_TOLERANCE):
                raise InputError(f"Composition of {self.name!r}: atomic number 1-99 with mass fraction in (0, 1] required, got {(z, fraction)}.")
        total = sum(fraction for _, fraction in self.composition)
        if self.composition and abs(total - 1) > _FRACTION_TOLERANCE:
            raise InputError(f"The mass fractions of {self.name!r} must sum to 1, got {total:.4g}.")

    @property
    def is_vacuum(self) -> bool:
        """Whether nothing is there."""
        return not self.composition

    def to_dict(self) -> dict[str, Any]:
        """Return the material as plain JSON types."""
        return {"name": self.name, "composition": [list(pair) for pair in self.composition], "density_g_cm3": self.density_g_cm3}

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> Material:
        """Read what `to_dict` wrote.

        Raises
        ------
        InputError
            If keys are missing or values have the wrong type.
        """
        try:
            composition = tuple((int(z), float(fraction)) for z, fraction in entry["composition"])
            return cls(str(entry["name"]), composition, float(entry["density_g_cm3"]))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"A material needs name, composition and density_g_cm3, got {entry!r}.") from error

"""Materials by name, by element, or by formula and density."""

from __future__ import annotations

import math

from synthfib.data.material import Material
from synthfib.errors import InputError, UnknownNameError
from synthfib.physics.elements import ATOMIC_NUMBER, DENSITY_G_CM3, mass_fractions

# Name: formula and density in g/cm3. Epoxy is the cured diglycidyl ether of bisphenol A; the density sets every depth scale. Dealloyed gold
# is gold with 2 at.% of silver left behind, its volume the sum of those of its metals.
_KNOWN: dict[str, tuple[str, float]] = {
    "aluminium": ("Al", 2.70),
    "alumina": ("Al2O3", 3.95),
    "carbon": ("C", 2.00),
    "copper": ("Cu", 8.96),
    "dealloyed-gold": ("Au98Ag2", 19.12),
    "epoxy": ("C21H24O4", 1.18),
    "ethyl-cellulose": ("C12H22O5", 1.14),
    "gold": ("Au", 19.30),
    "platinum": ("Pt", 21.45),
    "silicon": ("Si", 2.33),
    "silver": ("Ag", 10.49),
    "zirconia": ("ZrO2", 5.68),
}

VACUUM = Material("vacuum")


def material_names() -> tuple[str, ...]:
    """Return the names that `material` knows, sorted; elements and formulas come on top."""
    return tuple(sorted((*_KNOWN, VACUUM.name)))


def material(name: str) -> Material:
    """Return the material called `name`.

    Parameters
    ----------
    name : str
        A name such as ``"gold"``, ``"epoxy"`` or ``"vacuum"``; the symbol of an element such as ``"Fe"``, hydrogen to uranium; or an atomic
        formula and a density in g/cm3 such as ``"SiO2@2.2"`` or ``"Au97Ag3@19.0"``.

    Raises
    ------
    UnknownNameError
        If the name is none of these; near matches are listed.
    InputError
        If the formula has other than elements with counts, or the density is not a number above 0.
    """
    if name == VACUUM.name:
        return VACUUM
    if name in _KNOWN:
        formula, density_g_cm3 = _KNOWN[name]
    elif "@" in name:
        formula, density_g_cm3 = _formula_and_density(name)
    elif name in ATOMIC_NUMBER:
        formula, density_g_cm3 = name, DENSITY_G_CM3[ATOMIC_NUMBER[name]]
    elif _is_formula(name):
        raise InputError(f"A material given by its formula needs a density in g/cm3, got {name!r}; write for example {name}@2.2.")
    else:
        raise UnknownNameError("material", name, material_names())
    return Material(name, mass_fractions(formula), density_g_cm3)


def _formula_and_density(name: str) -> tuple[str, float]:
    formula, _, text = name.partition("@")
    try:
        density_g_cm3 = float(text)
    except ValueError:
        density_g_cm3 = math.nan
    if not (math.isfinite(density_g_cm3) and density_g_cm3 > 0):
        raise InputError(f"A formula needs a density in g/cm3 above 0 behind the @, as in SiO2@2.2, got {name!r}.")
    return formula, density_g_cm3


def _is_formula(text: str) -> bool:
    try:
        mass_fractions(text)
    except InputError:
        return False
    return True

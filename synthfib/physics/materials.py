"""Materials by name."""

from __future__ import annotations

from synthfib.data.material import Material
from synthfib.errors import UnknownNameError
from synthfib.physics.elements import mass_fractions

# Name: formula and density in g/cm3. Epoxy is the cured diglycidyl ether of bisphenol A; the density sets every depth scale.
_KNOWN: dict[str, tuple[str, float]] = {
    "aluminium": ("Al", 2.70),
    "alumina": ("Al2O3", 3.95),
    "carbon": ("C", 2.00),
    "copper": ("Cu", 8.96),
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
    """Return the names that `material` knows, sorted."""
    return tuple(sorted((*_KNOWN, VACUUM.name)))


def material(name: str) -> Material:
    """Return the material called `name`, for example ``"gold"``, ``"epoxy"`` or ``"vacuum"``.

    Raises
    ------
    UnknownNameError
        If the name is not known; near matches are listed.
    """
    if name == VACUUM.name:
        return VACUUM
    if name not in _KNOWN:
        raise UnknownNameError("material", name, material_names())
    formula, density_g_cm3 = _KNOWN[name]
    return Material(name, mass_fractions(formula), density_g_cm3)

"""Backscatter coefficient of bulk materials at normal incidence.

The table holds single-scattering Monte Carlo values (relativistic partial-wave elastic scattering, energy lost continuously by
Joy and Luo and above 50 eV in single collisions, 50 eV cut-off; statistical error at most 0.0005). They lie within the spread of
measurements on clean surfaces (El Gomati and Assa'd 1998, Bronstein and Fraiman 1969, Hunger and Kuechler 1979).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from synthfib.data.material import Material
from synthfib.errors import InputError
from synthfib.physics.elements import ATOMIC_WEIGHT
from synthfib.physics.ranges import transport_ratio

#: Landing energies in keV between which the coefficient is known.
ENERGY_RANGE_KEV = (0.5, 20.0)

#: Where the values are, and how they were computed.
TABLE_FILE = Path(__file__).with_name("backscatter_table.json")

_Composition = tuple[tuple[int, float], ...]


def backscatter_coefficient(material: Material, energy_kev: float) -> float:
    """Return eta, backscattered electrons above 50 eV per incident electron, of a bulk material; 0 for vacuum.

    Tabulated materials are interpolated in the logarithm of energy, other elements from carbon to uranium between their tabulated
    neighbours in atomic number. Every other material takes the value that belongs to its transport ratio
    (`ranges.transport_ratio`) on the curve through the tabulated elements: within 6 % for zirconia, alumina and epoxy, were they
    not tabulated.

    Raises
    ------
    InputError
        If the energy is outside 0.5-20 keV.
    """
    low, high = ENERGY_RANGE_KEV
    if not low <= energy_kev <= high:
        raise InputError(f"Backscatter coefficients are known from {low:g} to {high:g} keV, got {energy_kev!r} keV.")
    if material.is_vacuum:
        return 0.0
    known = _table_at(energy_kev)
    if material.composition in known:
        return known[material.composition]
    elements = {parts[0][0]: eta for parts, eta in known.items() if len(parts) == 1}
    if len(material.composition) == 1 and min(elements) <= material.composition[0][0] <= max(elements):
        return float(PchipInterpolator(list(elements), list(elements.values()))(material.composition[0][0]))
    ratios, etas = _curve(energy_kev)
    return float(PchipInterpolator(ratios, etas)(min(transport_ratio(material, energy_kev), ratios[-1])))


@lru_cache(maxsize=1)
def _table() -> tuple[list[float], dict[_Composition, list[float]]]:
    """Return the energies, and the coefficients by composition: elements by atomic number, then compounds."""
    content: dict[str, Any] = json.loads(TABLE_FILE.read_text())
    rows = [(tuple((int(z), float(c)) for z, c in row["composition"]), row["eta"]) for row in content["materials"].values()]
    return content["energies_kev"], dict(sorted(rows, key=lambda row: (len(row[0]), row[0])))


@lru_cache(maxsize=64)
def _table_at(energy_kev: float) -> dict[_Composition, float]:
    energies_kev, rows = _table()
    return {parts: float(PchipInterpolator(np.log(energies_kev), etas)(np.log(energy_kev))) for parts, etas in rows.items()}


@lru_cache(maxsize=64)
def _curve(energy_kev: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Transport ratio and coefficient of the tabulated elements, ascending, from the origin."""
    points = [(0.0, 0.0)]
    for parts, eta in _table_at(energy_kev).items():
        if len(parts) == 1:
            element = Material("element", parts, density_g_cm3=ATOMIC_WEIGHT[parts[0][0]])  # the ratio does not depend on density
            points.append((transport_ratio(element, energy_kev), eta))
    points.sort()
    # Below 1 keV the heaviest elements turn back: their ratio falls, and with it their coefficient, along a curve of their own nearby.
    return tuple(ratio for ratio, _ in points), tuple(np.maximum.accumulate([eta for _, eta in points]).tolist())

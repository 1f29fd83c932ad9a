"""Electron physics of materials as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from synthfib.data.material import Material
from synthfib.errors import InputError
from synthfib.physics.elastic import constituents, inverse_mean_free_path_per_nm, inverse_transport_mean_free_path_per_nm
from synthfib.physics.elements import ATOMIC_NUMBER
from synthfib.physics.ranges import backscatter_depth_nm, csda_range_nm, kanaya_okayama_range_nm

# Energies in keV between which the fit of `backscatter_depth_nm` holds.
_DEPTH_KEV = (0.5, 10.0)
_SYMBOL = {z: symbol for symbol, z in ATOMIC_NUMBER.items()}


def range_rows(material: Material, energies_kev: Sequence[float]) -> list[dict[str, float | None]]:
    """Return ranges and depths in nm at each energy; None where a formula does not hold.

    Raises
    ------
    InputError
        If the material is a vacuum, or an energy is outside the tables.
    """
    _check_matter(material)
    transport = 1 / inverse_transport_mean_free_path_per_nm(material, np.array(energies_kev))
    return [
        {
            "energy_kev": energy,
            "csda_range_nm": csda_range_nm(material, energy),
            "kanaya_okayama_range_nm": kanaya_okayama_range_nm(material, energy),
            "median_backscatter_depth_nm": backscatter_depth_nm(material, energy) if _DEPTH_KEV[0] <= energy <= _DEPTH_KEV[1] else None,
            "transport_mean_free_path_nm": float(path),
        }
        for energy, path in zip(energies_kev, transport, strict=True)
    ]


def cross_section_rows(material: Material, energies_kev: Sequence[float], models: Sequence[str]) -> list[dict[str, Any]]:
    """Return total and transport cross-sections of every element of a material, models beside each other.

    Raises
    ------
    InputError
        If the material is a vacuum, an energy is outside the tables, or a model is not known.
    """
    _check_matter(material)
    rows = []
    for z, _ in material.composition:
        element = Material(_SYMBOL[z], ((z, 1.0),), 1.0)
        for energy in energies_kev:
            for model in models:
                ((scattering, atoms_per_nm3),) = constituents(element, model=model)
                at = np.array([energy])
                total = inverse_mean_free_path_per_nm(element, at, model=model) / atoms_per_nm3
                transport = inverse_transport_mean_free_path_per_nm(element, at, model=model) / atoms_per_nm3
                rows.append(
                    {
                        "element": _SYMBOL[scattering.z],
                        "model": model,
                        "energy_kev": energy,
                        "total_nm2": float(total[0]),
                        "transport_nm2": float(transport[0]),
                    }
                )
    return rows


def mean_free_path_rows(material: Material, energies_kev: Sequence[float], models: Sequence[str]) -> list[dict[str, Any]]:
    """Return elastic and transport mean free paths of a material in nm; raises as `cross_section_rows`."""
    _check_matter(material)
    return [
        {
            "model": model,
            "energy_kev": energy,
            "mean_free_path_nm": float(1 / inverse_mean_free_path_per_nm(material, np.array([energy]), model=model)[0]),
            "transport_mean_free_path_nm": float(1 / inverse_transport_mean_free_path_per_nm(material, np.array([energy]), model=model)[0]),
        }
        for energy in energies_kev
        for model in models
    ]


def text_table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as aligned text: numbers to four digits and to the right, words to the left, nothing as ``-``."""
    cells = [list(titles), *([_cell(value) for value in row] for row in rows)]
    columns = [_aligned(column) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _aligned(column: Sequence[str]) -> list[str]:
    """Return the cells of a column, its title first, padded to one width."""
    width = max(len(cell) for cell in column)
    words = any(cell[-1:].isalpha() for cell in column[1:])
    return [cell.ljust(width) if words else cell.rjust(width) for cell in column]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _check_matter(material: Material) -> None:
    if material.is_vacuum:
        raise InputError("Cross-sections and ranges need matter, got vacuum; choose another material.")

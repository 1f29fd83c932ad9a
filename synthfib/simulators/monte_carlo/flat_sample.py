"""Flat samples in one line of text."""

from __future__ import annotations

import math

from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.simulators.monte_carlo.layers import Layer


def flat_sample(text: str) -> list[Layer]:
    """Return the layers that a text such as ``"epoxy:10,gold"`` lists from the surface down.

    Each is a material (see `physics.materials`) and, behind a colon, its thickness in nm; only the last one may do without, and is infinite.

    Raises
    ------
    InputError
        If a layer is not of this form or its material is not known.
    """
    *upper, last = text.split(",")
    return [_layer(part, text, infinite=False) for part in upper] + [_layer(last, text, infinite=True)]


def _layer(part: str, text: str, *, infinite: bool) -> Layer:
    name, colon, thickness = part.strip().partition(":")
    if not colon and infinite and name:
        return material(name), math.inf
    try:
        thickness_nm = float(thickness)
    except ValueError:
        thickness_nm = math.nan
    if not (name and math.isfinite(thickness_nm) and thickness_nm > 0):
        raise InputError(f"Layers are material:nm from the surface down, only the last may lack its thickness, got {part.strip()!r} in {text!r}.")
    return material(name), thickness_nm

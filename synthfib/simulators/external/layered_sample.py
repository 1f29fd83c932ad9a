"""Flat samples: layers on top of each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.errors import InputError
from synthfib.simulators.monte_carlo.layers import Layer


@dataclass(frozen=True, slots=True)
class LayeredSample:
    """Layers of wide extent, the uppermost first.

    Parameters
    ----------
    layers : tuple of (Material, float)
        As for `monte_carlo.layers.send_electrons`: what each layer is made of and its thickness in nm, infinite for a substrate. Vacuum is a gap.

    Raises
    ------
    InputError
        If there is no layer, a thickness is not above 0, or a layer lies below an infinite one.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError("A layered sample needs at least one layer, got none.")
        for number, (material, thickness_nm) in enumerate(self.layers, start=1):
            if not thickness_nm > 0:
                raise InputError(f"The thickness of layer {number}, {material.name!r}, must be above 0 nm, got {thickness_nm!r}.")
            if math.isinf(thickness_nm) and number < len(self.layers):
                raise InputError(f"Only the lowest layer can be infinite, layer {number}, {material.name!r}, is; drop those below it.")

    @classmethod
    def of(cls, materials: Sequence[Material], edges_nm: NDArray[np.float64]) -> LayeredSample:
        """Return materials between consecutive depths as layers, equal neighbours as one.

        Parameters
        ----------
        materials : sequence of Material
            From top to bottom.
        edges_nm : ndarray
            Where they begin and end, one more than materials.
        """
        layers: list[Layer] = []
        for material, thickness_nm in zip(materials, np.diff(edges_nm), strict=True):
            if layers and layers[-1][0] == material:
                layers[-1] = (material, layers[-1][1] + float(thickness_nm))
            else:
                layers.append((material, float(thickness_nm)))
        return cls(tuple(layers))

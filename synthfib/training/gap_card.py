"""What a checkpoint of a network that fills gaps says about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from pydantic import Field, ValidationError

from synthfib._version import __version__
from synthfib.errors import InputError
from synthfib.training.checkpoint import Card, Record
from synthfib.training.networks.inpainting import InpaintingNetwork
from synthfib.training.networks.neural_spline import NeuralSpline

GapMethod = Literal["neural-spline", "inpainting", "shine-through"]
_Positive = Annotated[float, Field(gt=0)]


class GapStructures(Record):
    """The structures that a network learned from, and how they were milled."""

    materials: Annotated[tuple[str, ...], Field(min_length=1, max_length=64)]
    volumes: Annotated[int, Field(ge=1)]
    voxels: Annotated[int, Field(ge=1)]
    seed: int
    voxel_size_nm: _Positive
    mean_thickness_nm: _Positive
    std_thickness_nm: Annotated[float, Field(ge=0)]


class GapCard(Card):
    """Everything needed to use a trained network, and to say how it came about."""

    format: Literal["synthfib/interpolation@1"] = "synthfib/interpolation@1"
    method: GapMethod
    synthfib_version: str = __version__
    structures: GapStructures
    microscopes: tuple[str, ...] = ()
    energies_kev: tuple[_Positive, ...] = ()
    settings: dict[str, float | int]
    losses: tuple[float, ...] = ()

    def build(self) -> torch.nn.Module:
        """Return the network with fresh weights."""
        return InpaintingNetwork() if self.method == "inpainting" else NeuralSpline(channels=len(self.energies_kev))

    def check(self) -> None:
        """Raise InputError if a method that sees images does not say which, or another one does."""
        if (self.method == "shine-through") != bool(self.energies_kev):
            raise InputError(f"images at {len(self.energies_kev)} energies do not go with the method {self.method!r}; restore the original file.")


def gap_structures(**fields: Any) -> GapStructures:
    """Return structures to learn from after checking the fields.

    Raises
    ------
    InputError
        If a number cannot be.
    """
    try:
        return GapStructures(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"Structures to learn from cannot be made: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error

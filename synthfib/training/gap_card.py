"""What a checkpoint of a network that fills gaps says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, ValidationError

from synthfib._version import __version__
from synthfib.errors import InputError
from synthfib.training.checkpoint import Card, Record
from synthfib.training.networks.inpainting import InpaintingNetwork
from synthfib.training.networks.neural_spline import NeuralSpline

GapMethod = Literal["neural-spline", "inpainting"]
#: Networks by the name of the interpolation method that they serve.
GAP_NETWORKS: Mapping[GapMethod, Callable[[], torch.nn.Module]] = MappingProxyType({"neural-spline": NeuralSpline, "inpainting": InpaintingNetwork})

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
    settings: dict[str, float | int]
    losses: tuple[float, ...] = ()

    def build(self) -> torch.nn.Module:
        """Return the network with fresh weights."""
        return GAP_NETWORKS[self.method]()


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

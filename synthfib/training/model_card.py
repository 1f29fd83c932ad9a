"""What a checkpoint of a network that sees whole faces or blocks says about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from synthfib._version import __version__
from synthfib.data.stack import Channel
from synthfib.errors import InputError
from synthfib.training.checkpoint import Card, Record
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.networks import NETWORKS

NetworkName = Literal[
    "unet-2d",
    "unet-3d",
    "residual-unet-2d",
    "residual-unet-3d",
    "vnet-3d",
    "resnet18-unet-2d",
    "resnet18-unet-3d",
    "intermediate-fusion-2d",
    "late-fusion-2d",
    "voting-2d",
]


class NetworkRecord(Record):
    """What to build: a name of `NETWORKS` and its arguments."""

    name: NetworkName = "unet-2d"
    in_channels: Annotated[int, Field(ge=1, le=1024)]
    base_features: Annotated[int, Field(ge=1, le=512)]
    branches: Annotated[int, Field(ge=1, le=64)] = 1

    @model_serializer(mode="wrap")
    def _brief(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = write(self)
        return {key: value for key, value in content.items() if (key, value) != ("branches", 1)}

    def build(self) -> torch.nn.Module:
        """Return the network with fresh weights."""
        return NETWORKS[self.name](in_channels=self.in_channels, base_features=self.base_features, branches=self.branches)

    def view(self, adjacent_slices: int) -> FieldOfView:
        """Return what the network sees at once."""
        known = NETWORKS[self.name]
        return FieldOfView(known.dimensions, adjacent_slices, known.multiple_of, known.smallest)


class ChannelRecord(Record):
    """One channel that the network looks at."""

    energy_kev: float
    detector: str

    def channel(self) -> Channel:
        """Return the channel."""
        return Channel(self.energy_kev, self.detector)


class NormalisationRecord(Record):
    """Percentiles of each channel of a stack that become the ends of the input scale."""

    kind: Literal["percentiles-of-stack"] = "percentiles-of-stack"
    low_percent: float
    high_percent: float

    def scaling(self) -> PercentileScaling:
        """Return the scaling."""
        return PercentileScaling(self.low_percent, self.high_percent)


class CorpusRecord(Record):
    """What the network learned from."""

    name: str
    version: str
    digest: str


class ModelCard(Card):
    """Everything needed to use a trained network, and to say how it came about."""

    format: Literal["synthfib/segmenter@1"] = "synthfib/segmenter@1"
    model: str = "unet"
    synthfib_version: str = __version__
    network: NetworkRecord
    adjacent_slices: Annotated[int, Field(ge=1, le=99)]
    channels: Annotated[tuple[ChannelRecord, ...], Field(min_length=1, max_length=64)]
    normalisation: NormalisationRecord
    pixel_size_nm: tuple[float, float]
    mean_slice_thickness_nm: float | None
    corpus: CorpusRecord
    settings: dict[str, float | int | bool | None]
    seed: int
    threads: int
    best_epoch: int = 0
    history: tuple[dict[str, float], ...] = ()

    def build(self) -> torch.nn.Module:
        """Return the network with fresh weights."""
        return self.network.build()

    def check(self) -> None:
        """Raise InputError if the inputs of the network are not those of the channels."""
        check_channels(self.channels, self.normalisation)
        if self.network.in_channels != len(self.channels) * self.adjacent_slices:
            raise InputError(
                f"it must have as many network inputs as channels times adjacent slices "
                f"({len(self.channels)} x {self.adjacent_slices}), got {self.network.in_channels}; restore the original file."
            )
        if NETWORKS[self.network.name].fuses and self.network.branches != len(self.channels):
            raise InputError(
                f"it must have one branch for each of its {len(self.channels)} channels, got {self.network.branches}; restore the original file."
            )


def check_channels(channels: tuple[ChannelRecord, ...], normalisation: NormalisationRecord) -> None:
    """Raise InputError if channels or normalisation cannot be."""
    for record in channels:
        record.channel()
    normalisation.scaling()

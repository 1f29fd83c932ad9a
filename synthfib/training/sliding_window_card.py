"""What a checkpoint of a sliding-window network says about it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synthfib._version import __version__
from synthfib.training.checkpoint import Card, Record
from synthfib.training.model_card import ChannelRecord, CorpusRecord, NormalisationRecord, check_channels
from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.networks.sliding_window_members import WindowPlan, window_plan


class WindowRecord(Record):
    """What to build: a member of the family and its window."""

    size: Annotated[int, Field(ge=3, le=513)]
    slices: Annotated[int, Field(ge=1, le=99)]
    filters: Annotated[tuple[Annotated[int, Field(ge=1, le=512)], ...], Field(min_length=1, max_length=8)]


class SlidingWindowCard(Card):
    """Everything needed to use a trained network, and to say how it came about."""

    format: Literal["synthfib/sliding-window@1"] = "synthfib/sliding-window@1"
    model: str
    synthfib_version: str = __version__
    window: WindowRecord
    channels: Annotated[tuple[ChannelRecord, ...], Field(min_length=1, max_length=64)]
    normalisation: NormalisationRecord
    pixel_size_nm: tuple[float, float]
    mean_slice_thickness_nm: float | None
    corpus: CorpusRecord
    settings: dict[str, float | int | None]
    seed: int
    threads: int
    best_epoch: int = 0
    history: tuple[dict[str, float], ...] = ()

    def plan(self) -> WindowPlan:
        """Return the network's plan."""
        return window_plan(self.model, self.window.size, self.window.slices, channels=len(self.channels), filters=self.window.filters)

    def build(self) -> SlidingWindowNetwork:
        """Return the network with fresh weights."""
        return SlidingWindowNetwork(self.plan())

    def check(self) -> None:
        """Raise InputError if there is no such window, or a channel cannot be."""
        self.plan()
        check_channels(self.channels, self.normalisation)

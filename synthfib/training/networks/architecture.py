"""What is known about a network before it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch


@dataclass(frozen=True, slots=True)
class Architecture:
    """A builder of networks, and which sizes its networks take.

    Parameters
    ----------
    builder : callable
        Takes ``dimensions``, ``in_channels`` and ``base_features``, and ``branches`` if it fuses, and returns a network with one logit per pixel.
    dimensions : {2, 3}
        Whether it sees faces, with their neighbours as channels, or blocks.
    multiple_of : int
        Every side of an input must be a multiple of this number, because the network halves it repeatedly.
    smallest : int
        Smallest side of a face, in pixels; normalisation needs more than one pixel on the deepest level.
    fuses : bool
        Whether the network has one branch for each channel.
    """

    builder: Callable[..., torch.nn.Module]
    dimensions: Literal[2, 3]
    multiple_of: int
    smallest: int
    fuses: bool = False

    def __call__(self, *, in_channels: int, base_features: int, branches: int = 1) -> torch.nn.Module:
        """Return a network with fresh weights."""
        own: dict[str, Any] = {"branches": branches} if self.fuses else {}
        return self.builder(dimensions=self.dimensions, in_channels=in_channels, base_features=base_features, **own)

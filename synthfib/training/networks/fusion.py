"""Networks with one residual U-Net for each channel, and three ways to fuse what they find."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import torch

from synthfib.errors import InputError
from synthfib.training.networks.residual_unet import residual_unet

_NEVER_SURE = 1e-6


def _branches(dimensions: int, in_channels: int, base_features: int, branches: int, out_channels: int) -> torch.nn.ModuleList:
    if branches < 2 or in_channels % branches:
        raise InputError(f"Fusion needs as many inputs for each of two or more channels, got {in_channels} inputs for {branches} channels.")
    sizes = {"dimensions": dimensions, "in_channels": in_channels // branches, "base_features": base_features, "out_channels": out_channels}
    return torch.nn.ModuleList([residual_unet(**sizes) for _ in range(branches)])


class IntermediateFusion(torch.nn.Module):
    """Features of each channel from its own residual U-Net, concatenated and classified pixel by pixel, all learned together.

    Parameters
    ----------
    dimensions, in_channels, base_features : int
        As for the residual U-Net; each one ends in `base_features` features.
    branches : int
        Channels.
    """

    def __init__(self, *, dimensions: int, in_channels: int, base_features: int, branches: int) -> None:
        super().__init__()
        self.branches = _branches(dimensions, in_channels, base_features, branches, base_features)
        self.classifier = torch.nn.Sequential(
            torch.nn.Conv2d(branches * base_features, base_features, kernel_size=1),
            torch.nn.PReLU(),
            torch.nn.Conv2d(base_features, 1, kernel_size=1),
        )

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return logits ``(n, 1, y, x)``."""
        parts = inputs.chunk(len(self.branches), dim=1)
        features = [branch(part) for branch, part in zip(self.branches, parts, strict=True)]
        logits: torch.Tensor = self.classifier(torch.cat(features, dim=1))
        return logits


class Ensemble(torch.nn.Module, ABC):
    """Residual U-Nets that have learned one channel each, and one layer on their probabilities; only this layer learns.

    Parameters
    ----------
    dimensions, in_channels, base_features : int
        As for the residual U-Net.
    branches : int
        Channels.
    """

    def __init__(self, *, dimensions: int, in_channels: int, base_features: int, branches: int) -> None:
        super().__init__()
        self.branches = _branches(dimensions, in_channels, base_features, branches, 1).requires_grad_(False)

    @abstractmethod
    def decide(self, probabilities: torch.Tensor) -> torch.Tensor:
        """Return logits ``(n, 1, y, x)``, given the probability of solid that each branch finds, ``(n, branch, y, x)``."""

    def train(self, mode: bool = True) -> Self:
        """Let the last layer learn; the branches have learned before."""
        super().train(mode)
        self.branches.eval()
        return self

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return logits ``(n, 1, y, x)``."""
        with torch.no_grad():
            parts = inputs.chunk(len(self.branches), dim=1)
            found = [torch.sigmoid(branch(part)) for branch, part in zip(self.branches, parts, strict=True)]
        return self.decide(torch.cat(found, dim=1))


class LateFusion(Ensemble):
    """One 1x1 convolution on the probabilities of the branches; it starts as an equal vote."""

    def __init__(self, *, dimensions: int, in_channels: int, base_features: int, branches: int) -> None:
        super().__init__(dimensions=dimensions, in_channels=in_channels, base_features=base_features, branches=branches)
        self.ensemble = torch.nn.Conv2d(branches, 1, kernel_size=1)
        torch.nn.init.constant_(self.ensemble.weight, 8 / branches)
        torch.nn.init.constant_(self.ensemble.bias, -4.0)  # type: ignore[arg-type]

    def decide(self, probabilities: torch.Tensor) -> torch.Tensor:
        """Return logits: a weighted sum of the probabilities, and a constant."""
        logits: torch.Tensor = self.ensemble(probabilities)
        return logits


class Voting(Ensemble):
    """A weighted mean of the probabilities of the branches; the weights are positive and add up to one. It starts as an equal vote."""

    def __init__(self, *, dimensions: int, in_channels: int, base_features: int, branches: int) -> None:
        super().__init__(dimensions=dimensions, in_channels=in_channels, base_features=base_features, branches=branches)
        self.votes = torch.nn.Parameter(torch.zeros(branches))

    def weights(self) -> torch.Tensor:
        """Return the weight of each branch."""
        return torch.softmax(self.votes, dim=0)

    def decide(self, probabilities: torch.Tensor) -> torch.Tensor:
        """Return the logit of the weighted mean."""
        mean = torch.einsum("b,nbyx->nyx", self.weights(), probabilities)[:, None]
        return torch.logit(mean, eps=_NEVER_SURE)

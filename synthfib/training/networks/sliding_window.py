"""Sliding-window networks: one or more paths of convolutions, joined by dense layers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from synthfib.training.networks.sliding_window_members import WindowPlan
from synthfib.training.networks.sliding_window_paths import elu, make_path


class SlidingWindowNetwork(nn.Module):
    """Says of the pixel in the middle of a window how likely it is solid.

    Parameters
    ----------
    plan : WindowPlan
        Paths and dense layers.
    context : bool
        True: convolutions see the pixels around the window, which must come with a margin, so that all windows of an image share their
        features and `dense` is exact. False: zeros are put around each window, as published. Weights and their number are the same.
    dropout, spatial_dropout : float
        Share of the outputs of each dense layer, and of the feature maps of each path, that training drops at random.
    """

    def __init__(self, plan: WindowPlan, *, context: bool = True, dropout: float = 0.0, spatial_dropout: float = 0.0) -> None:
        super().__init__()
        self.plan, self.context, self.dropout = plan, context, dropout
        self._paths = tuple(make_path(plan, path, context=context, dropout=spatial_dropout) for path in plan.paths)
        self.paths = nn.ModuleList(self._paths)
        self._n_features = [path.n_features for path in self._paths]
        self.first = nn.Linear(sum(self._n_features), plan.neurons[0])
        self.second = nn.Linear(*plan.neurons)
        self.last = nn.Linear(plan.neurons[1], 1)
        self.apply(_glorot_uniform)

    @property
    def margin(self) -> int:
        """Pixels that must surround the window on each side."""
        return max(path.margin for path in self._paths)

    @property
    def reach(self) -> int:
        """Pixels from the middle of the window to its last one, margin included."""
        return self.plan.size // 2 + self.margin

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, windows: Tensor) -> Tensor:
        """Return logits ``(n,)`` of windows ``(n, channel, slice, y, x)``, ``2 * reach + 1`` pixels long and wide."""
        features = torch.cat([path(_cropped(windows, self.margin - path.margin)) for path in self._paths], 1)
        hidden = self._dropped(functional.elu(self.first(features)))
        hidden = self._dropped(functional.elu(self.second(hidden)))
        return torch.addmv(self.last.bias, hidden, self.last.weight[0])

    def dense(self, tile: Tensor) -> Tensor:
        """Return the logits of all windows of a tile; the network must have been made with ``context``.

        Parameters
        ----------
        tile : Tensor, shape (channel, slice, y, x)
            As many slices as the window has; y and x are ``2 * reach`` longer than the result.

        Returns
        -------
        Tensor, shape (y, x)
            Logits; up to rounding those of `forward`.
        """
        height, width = (size - 2 * self.reach for size in tile.shape[2:])
        weights = torch.split(self.first.weight, self._n_features, dim=1)
        biases = (self.first.bias, *[None] * (len(self._paths) - 1))
        parts = [
            path.dense(_cropped(tile, self.margin - path.margin), weight, bias)[:, :height, :width]
            for path, weight, bias in zip(self._paths, weights, biases, strict=True)
        ]
        hidden = sum(parts[1:], parts[0]).permute(1, 2, 0).reshape(height * width, -1)
        hidden = self._dropped(elu(self.second(self._dropped(elu(hidden)))))
        return torch.addmv(self.last.bias, hidden, self.last.weight[0]).reshape(height, width)

    def expect(self, solid_share: float) -> None:
        """Make logits those of images of which a share is solid, after training in which both phases counted the same.

        The odds of every pixel are multiplied by those of the share: M. Saerens, P. Latinne, C. Decaestecker, Neural Comput. 14 (2002) 21,
        doi 10.1162/089976602753284446.
        """
        with torch.no_grad():
            self.last.bias.add_(math.log(solid_share / (1 - solid_share)))

    def _dropped(self, hidden: Tensor) -> Tensor:
        return functional.dropout(hidden, self.dropout, self.training) if self.training and self.dropout else hidden


def _cropped(pixels: Tensor, border: int) -> Tensor:
    return pixels[..., border : pixels.shape[-2] - border, border : pixels.shape[-1] - border]


def _glorot_uniform(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)

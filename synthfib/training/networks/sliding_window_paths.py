"""Paths of sliding-window networks: window by window, and densely, for all windows of a tile at once.

Both forms share their weights. Densely, a layer behind b poolings of stride 2 becomes one of stride 1 whose taps are 2^b pixels apart: each
window finds its own features at every 2^b-th pixel, counted from its corner [1]_. That holds as long as the convolutions near the border of a
window see the pixels around it, as they do with ``context``; zeros put around each window belong to that window alone.

.. [1] Giusti, A. et al. Fast image scanning with deep max-pooling convolutional neural networks. ICIP 2013.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from synthfib.training.networks.sliding_window_members import PathPlan, View, WindowPlan

_CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)
_POOLINGS = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)
_DROPOUTS = (functional.dropout1d, functional.dropout2d, functional.dropout3d)
_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Path(nn.Module):
    """Blocks of two convolutions and a pooling.

    Along sliding axes (y and x) windows overlap; the other one, z, is padded with zeros and pooled window by window in both forms.

    Parameters
    ----------
    window : WindowPlan
        The network that the path belongs to.
    plan : PathPlan
        Blocks and view.
    context : bool
        Whether convolutions at the border of the window see the pixels around it, or else zeros.
    dropout : float
        Share of the last feature maps that training drops at random, densely for many windows at once.
    """

    sliding_axes: ClassVar[int] = 2
    has_z: ClassVar[bool] = False
    kernel: ClassVar[int] = 3

    def __init__(self, window: WindowPlan, plan: PathPlan, *, context: bool, dropout: float = 0.0) -> None:
        super().__init__()
        self.window, self.plan, self.context, self.dropout = window, plan, context, dropout
        self.n_axes = self.sliding_axes + self.has_z
        layer = _LAYERS[self.n_axes - 1]
        ends = [self.in_channels(), *(filters for filters in plan.filters for _ in range(2))]
        self.convolutions = nn.ModuleList(layer(before, after, self.kernel) for before, after in pairwise(ends))

    @property
    def n_blocks(self) -> int:
        """Number of poolings."""
        return len(self.plan.filters)

    @property
    def spread(self) -> int:
        """Elements that all convolutions together see beyond the window, on each side."""
        return self.kernel // 2 * 2 * (2**self.n_blocks - 1) if self.context else 0

    @property
    def margin(self) -> int:
        """Pixels that must surround the window."""
        return self.spread

    @property
    def grid(self) -> tuple[int, ...]:
        """Sizes of the last maps of one window."""
        z = (self.window.slices >> self.plan.z_poolings,) if self.has_z else ()
        return (*z, *[self.length() >> self.n_blocks] * self.sliding_axes)

    @property
    def n_features(self) -> int:
        """Number of features of one window."""
        return self.plan.filters[-1] * int(torch.Size(self.grid).numel())

    def parameters_of(self, number: int) -> tuple[Tensor, Tensor]:
        """Return weight and bias of a convolution."""
        return self.get_parameter(f"convolutions.{number}.weight"), self.get_parameter(f"convolutions.{number}.bias")

    def in_channels(self) -> int:
        """Channels of the first convolution."""
        return self.window.channels

    def length(self) -> int:
        """Elements of the window along a sliding axis."""
        return self.window.size

    def enter(self, windows: Tensor) -> Tensor:
        """Turn windows ``(n, channel, z, y, x)`` into the input of the first convolution."""
        raise NotImplementedError

    def forward(self, windows: Tensor) -> Tensor:
        """Return the features ``(n, feature)`` of windows ``(n, channel, z, y, x)``, margins included."""
        maps = self.enter(windows)
        padding = (*[1] * self.has_z, *[0 if self.context else self.kernel // 2] * self.sliding_axes)
        for block in range(self.n_blocks):
            for number in (2 * block, 2 * block + 1):
                maps = functional.elu(_CONVOLUTIONS[self.n_axes - 1](maps, *self.parameters_of(number), padding=padding))
            maps = _POOLINGS[self.n_axes - 1](maps, self.pooling(block))
        return self._dropped(maps).flatten(1)

    def pooling(self, block: int) -> tuple[int, ...]:
        """Size of a pooling."""
        return (*[2 if block < self.plan.z_poolings else 1] * self.has_z, *[2] * self.sliding_axes)

    def dense(self, tile: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return what the features of all windows of a tile contribute to the first dense layer.

        Parameters
        ----------
        tile : Tensor, shape (channel, z, y, x)
            All windows with their margins: ``window + 2 * margin - 1`` longer than the result.
        weight : Tensor, shape (neuron, feature)
            The columns of the dense layer that belong to this path.
        bias : Tensor, shape (neuron,), optional
            What is added.

        Returns
        -------
        Tensor, shape (neuron, y, x)
            Possibly a few rows and columns more.
        """
        maps = self.enter_dense(tile)
        for block in range(self.n_blocks):
            for number in (2 * block, 2 * block + 1):
                maps = elu(maps if number == 0 else self._convolve(maps, number, 2**block))
            maps = self._pool(maps, block)
        return self.leave_dense(self._dropped(maps), weight.reshape(-1, self.plan.filters[-1], *self.grid), bias)

    def enter_dense(self, tile: Tensor) -> Tensor:
        """Return the maps of the first convolution."""
        unused = self.window.size % 2**self.n_blocks  # rows and columns that the poolings of each window drop
        maps = self.enter(tile[None])[..., : tile.shape[-2] - unused, : tile.shape[-1] - unused]
        return self._convolve(channels_last(maps), 0, 1)

    def leave_dense(self, maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Apply the dense layer to all windows."""
        return functional.conv2d(maps, channels_last(weight), bias, dilation=2**self.n_blocks)[0]

    def _convolve(self, maps: Tensor, number: int, step: int) -> Tensor:
        dilation = (*[1] * self.has_z, *[step] * self.sliding_axes)
        padding = (*[1] * self.has_z, *[0] * self.sliding_axes)
        weight, bias = self.parameters_of(number)
        return _CONVOLUTIONS[self.n_axes - 1](maps, channels_last(weight), bias, dilation=dilation, padding=padding)

    def _dropped(self, maps: Tensor) -> Tensor:
        return _DROPOUTS[self.n_axes - 1](maps, self.dropout, self.training) if self.training and self.dropout else maps

    def _pool(self, maps: Tensor, block: int) -> Tensor:
        for axis in range(-self.sliding_axes, 0):
            room = maps.shape[axis] - 2**block
            maps = torch.maximum(maps.narrow(axis, 0, room), maps.narrow(axis, 2**block, room))
        if self.has_z and block < self.plan.z_poolings:
            pairs = maps.shape[2] // 2
            maps = torch.unflatten(maps[:, :, : 2 * pairs], 2, (pairs, 2)).amax(3)
        return maps


class PlanePath(Path):
    """Sees slices as channels, their mean, or the middle one."""

    def in_channels(self) -> int:
        """Channels of the first convolution."""
        return self.window.channels * (self.window.slices if self.plan.view == "slices" else 1)

    def enter(self, windows: Tensor) -> Tensor:
        """Return ``(n, channel, y, x)``."""
        if self.plan.view == "slices":
            return windows.flatten(1, 2)
        return windows.mean(2) if self.plan.view == "mean" else windows[:, :, self.window.slices // 2]


class SidePath(Path):
    """Sees planes ``(z, x)`` or ``(z, y)``: the middle one, or all of them as channels."""

    sliding_axes = 1
    has_z = True

    @property
    def depth(self) -> int:
        """Number of planes."""
        return self.window.size if self.plan.view.endswith("deep") else 1

    def in_channels(self) -> int:
        """Channels of the first convolution."""
        return self.window.channels * self.depth

    def enter(self, windows: Tensor) -> Tensor:
        """Return ``(n, channel * plane, z, x)``, y instead of x if that is the view."""
        return self._planes(windows).transpose(2, 3).flatten(1, 2)

    def enter_dense(self, tile: Tensor) -> Tensor:
        """Return the maps of the first convolution, rows of windows as the batch."""
        weight, bias = self.parameters_of(0)
        weight = torch.unflatten(weight, 1, (self.window.channels, self.depth)).transpose(2, 3)
        maps = functional.conv3d(self._planes(tile[None]), weight, bias, padding=(1, 0, 0))
        return channels_last(maps[0].permute(2, 0, 1, 3))

    def leave_dense(self, maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Apply the dense layer to all windows."""
        found = functional.conv2d(maps, channels_last(weight), bias, dilation=(1, 2**self.n_blocks))[:, :, 0]
        return found.permute(1, 2, 0) if self.plan.view.startswith("yz") else found.permute(1, 0, 2)

    def _planes(self, windows: Tensor) -> Tensor:
        """Return windows whose last axis slides, and whose second last one holds no more than the planes that are seen."""
        turned = windows.transpose(3, 4) if self.plan.view.startswith("yz") else windows
        unseen = self.window.size // 2 + self.margin - self.depth // 2
        return turned[:, :, :, unseen : turned.shape[3] - unseen]


class VolumePath(Path):
    """Sees the volume."""

    has_z = True

    def enter(self, windows: Tensor) -> Tensor:
        """Return windows as they are."""
        return windows

    def leave_dense(self, maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Apply the dense layer to all windows."""
        return functional.conv2d(channels_last(maps.flatten(1, 2)), channels_last(weight.flatten(1, 2)), bias, dilation=2**self.n_blocks)[0]


class VectorPath(Path):
    """Sees each row as a vector of pixels, the slices of a pixel one after the other; rows are channels."""

    sliding_axes = 1
    kernel = 5

    @property
    def margin(self) -> int:
        """Pixels that must surround the window."""
        return -(-self.spread // self.window.slices)

    def in_channels(self) -> int:
        """Channels of the first convolution."""
        return self.window.channels * self.window.size

    def length(self) -> int:
        """Elements of the window along a row."""
        return self.window.size * self.window.slices

    def enter(self, windows: Tensor) -> Tensor:
        """Return ``(n, channel * row, element)``."""
        return self._rows(windows).flatten(1, 2)

    def enter_dense(self, tile: Tensor) -> Tensor:
        """Return the maps of the first convolution, rows of windows as the batch."""
        weight, bias = self.parameters_of(0)
        weight = torch.unflatten(weight, 1, (self.window.channels, self.window.size))
        return functional.conv2d(self._rows(tile[None]), weight, bias)[0].transpose(0, 1).contiguous()

    def leave_dense(self, maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Apply the dense layer to all windows, one at the first element of each pixel."""
        return functional.conv1d(maps, weight, bias, dilation=2**self.n_blocks, stride=self.window.slices).transpose(0, 1)

    def _rows(self, windows: Tensor) -> Tensor:
        rows = windows[..., self.margin : windows.shape[-2] - self.margin, :].permute(0, 1, 3, 4, 2).flatten(3)
        unseen = self.margin * self.window.slices - self.spread
        return rows[..., unseen : rows.shape[-1] - unseen]


def elu(maps: Tensor) -> Tensor:
    """Return the activation, in place unless gradients are wanted."""
    return functional.elu(maps, inplace=not torch.is_grad_enabled())


def channels_last(maps: Tensor) -> Tensor:
    """Return maps or weights with their channels next to each other in memory, which doubles the speed of convolutions on CPUs."""
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    return maps.contiguous(memory_format=formats.get(maps.ndim, torch.contiguous_format))


def make_path(window: WindowPlan, plan: PathPlan, *, context: bool, dropout: float) -> Path:
    """Return the path of a plan."""
    kinds: dict[View, type[Path]] = {"volume": VolumePath, "vector": VectorPath}
    kind = kinds.get(plan.view, SidePath if plan.view[:2] in ("xz", "yz") else PlanePath)
    return kind(window, plan, context=context, dropout=dropout)

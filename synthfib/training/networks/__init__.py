"""Networks by the name that checkpoints record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

from synthfib.training.networks.unet import unet_2d

#: Each builder takes ``in_channels`` and ``base_features`` and returns a network with one logit per pixel.
NETWORKS: Mapping[str, Callable[..., torch.nn.Module]] = MappingProxyType({"unet-2d": unet_2d})

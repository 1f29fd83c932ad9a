"""Networks by the name that checkpoints record."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from synthfib.training.networks.architecture import Architecture
from synthfib.training.networks.fusion import IntermediateFusion, LateFusion, Voting
from synthfib.training.networks.residual_unet import residual_unet
from synthfib.training.networks.resnet18_unet import resnet18_unet
from synthfib.training.networks.unet import unet
from synthfib.training.networks.vnet import vnet

NETWORKS: Mapping[str, Architecture] = MappingProxyType(
    {
        "unet-2d": Architecture(unet, dimensions=2, multiple_of=16, smallest=32),
        "unet-3d": Architecture(unet, dimensions=3, multiple_of=16, smallest=32),
        "residual-unet-2d": Architecture(residual_unet, dimensions=2, multiple_of=16, smallest=32),
        "residual-unet-3d": Architecture(residual_unet, dimensions=3, multiple_of=8, smallest=16),
        "vnet-3d": Architecture(vnet, dimensions=3, multiple_of=16, smallest=32),
        "resnet18-unet-2d": Architecture(resnet18_unet, dimensions=2, multiple_of=32, smallest=64),
        "resnet18-unet-3d": Architecture(resnet18_unet, dimensions=3, multiple_of=32, smallest=64),
        "intermediate-fusion-2d": Architecture(IntermediateFusion, dimensions=2, multiple_of=16, smallest=32, fuses=True),
        "late-fusion-2d": Architecture(LateFusion, dimensions=2, multiple_of=16, smallest=32, fuses=True),
        "voting-2d": Architecture(Voting, dimensions=2, multiple_of=16, smallest=32, fuses=True),
    }
)

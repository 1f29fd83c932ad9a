"""The 2-D U-Net."""

from __future__ import annotations

import torch
from monai.networks.nets.basic_unet import BasicUNet


def unet_2d(*, in_channels: int, base_features: int) -> torch.nn.Module:
    """Return MONAI's U-Net of Ronneberger's design: two convolutions per level, four poolings, instance norm.

    Parameters
    ----------
    in_channels : int
        Image channels times adjacent slices.
    base_features : int
        Feature maps of the first level.

    Returns
    -------
    torch.nn.Module
        Maps float32 ``(n, in_channels, y, x)``, y and x multiples of 16 and at least 32, to logits ``(n, 1, y, x)``.
    """
    features = tuple(base_features * factor for factor in (1, 1, 2, 4, 8, 1))
    return BasicUNet(spatial_dims=2, in_channels=in_channels, out_channels=1, features=features)

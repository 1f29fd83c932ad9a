"""The U-Net in two and in three dimensions."""

from __future__ import annotations

import torch
from monai.networks.nets.basic_unet import BasicUNet


def unet(*, dimensions: int, in_channels: int, base_features: int) -> torch.nn.Module:
    """Return MONAI's U-Net of Ronneberger's design: two convolutions per level, four poolings, instance norm.

    Parameters
    ----------
    dimensions : {2, 3}
        Of its convolutions.
    in_channels : int
        Image channels, times adjacent slices in two dimensions.
    base_features : int
        Feature maps of the first level.

    Returns
    -------
    torch.nn.Module
        Maps float32 ``(n, in_channels, [z,] y, x)``, sides multiples of 16, to logits ``(n, 1, [z,] y, x)``.
    """
    features = tuple(base_features * factor for factor in (1, 1, 2, 4, 8, 1))
    return BasicUNet(spatial_dims=dimensions, in_channels=in_channels, out_channels=1, features=features)

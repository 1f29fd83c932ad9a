"""The residual U-Net in two and in three dimensions."""

from __future__ import annotations

import torch
from monai.networks.nets.unet import UNet


def residual_unet(*, dimensions: int, in_channels: int, base_features: int, out_channels: int = 1) -> torch.nn.Module:
    """Return MONAI's residual U-Net: blocks of two convolutions with a short cut, strides instead of poolings, instance norm.

    It halves its input four times in two dimensions and three times in three, where stacks are often thin.

    Parameters
    ----------
    dimensions : {2, 3}
        Of its convolutions.
    in_channels : int
        Image channels, times adjacent slices in two dimensions.
    base_features : int
        Feature maps of the first level; each deeper one has twice as many.
    out_channels : int
        Maps that it ends in.

    Returns
    -------
    torch.nn.Module
        Maps float32 ``(n, in_channels, [z,] y, x)``, sides multiples of 16 (8 in three dimensions), to logits ``(n, out_channels, [z,] y, x)``.
    """
    factors = (1, 2, 4, 8, 16) if dimensions == 2 else (1, 2, 4, 8)
    return UNet(
        spatial_dims=dimensions,
        in_channels=in_channels,
        out_channels=out_channels,
        channels=tuple(base_features * factor for factor in factors),
        strides=(2,) * (len(factors) - 1),
        num_res_units=2,
    )

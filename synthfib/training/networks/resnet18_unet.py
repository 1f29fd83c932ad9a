"""The U-Net whose encoder is a ResNet-18."""

from __future__ import annotations

import torch
from monai.networks.nets.flexible_unet import FlexibleUNet


def resnet18_unet(*, dimensions: int, in_channels: int, base_features: int = 16) -> torch.nn.Module:
    """Return MONAI's U-Net on a ResNet-18 with fresh weights; nothing is downloaded.

    Parameters
    ----------
    dimensions : {2, 3}
        Of its convolutions.
    in_channels : int
        Image channels, times adjacent slices in two dimensions.
    base_features : int
        Feature maps of the last level of the decoder; the encoder has 64 to 512 whatever this is.

    Returns
    -------
    torch.nn.Module
        Maps float32 ``(n, in_channels, [z,] y, x)``, sides multiples of 32, to logits ``(n, 1, [z,] y, x)``.
    """
    return FlexibleUNet(
        in_channels=in_channels,
        out_channels=1,
        backbone="resnet18",
        pretrained=False,
        spatial_dims=dimensions,
        decoder_channels=tuple(base_features * factor for factor in (16, 8, 4, 2, 1)),
    )

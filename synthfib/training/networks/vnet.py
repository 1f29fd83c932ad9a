"""The V-Net."""

from __future__ import annotations

import torch
from monai.networks.nets.vnet import VNet

from synthfib.errors import InputError

#: Feature maps of the first level of the published network; MONAI's has no other width.
WIDTH = 16


def vnet(*, dimensions: int, in_channels: int, base_features: int = WIDTH) -> torch.nn.Module:
    """Return MONAI's V-Net (Milletari et al. 2016): residual blocks, batch norm, dropout.

    Parameters
    ----------
    dimensions : {3}
        Of its convolutions.
    in_channels : int
        Image channels. Its first block repeats them up to 16, so any number that does not divide 16 first goes through a 1x1 convolution.
    base_features : {16}
        Feature maps of the first level.

    Returns
    -------
    torch.nn.Module
        Maps float32 ``(n, in_channels, z, y, x)``, sides multiples of 16, to logits ``(n, 1, z, y, x)``.

    Raises
    ------
    InputError
        If another width is asked for.
    """
    if base_features != WIDTH:
        raise InputError(f"The V-Net has {WIDTH} features on its first level, got {base_features}; leave base_features at {WIDTH}.")
    if WIDTH % in_channels == 0:
        return VNet(spatial_dims=dimensions, in_channels=in_channels, out_channels=1)
    widened = torch.nn.Conv3d(in_channels, WIDTH, kernel_size=1)
    return torch.nn.Sequential(widened, VNet(spatial_dims=dimensions, in_channels=WIDTH, out_channels=1))

"""Three-dimensional networks that see blocks."""

from __future__ import annotations

from typing import ClassVar

from synthfib.segmentation.neural import NeuralSegmenter
from synthfib.training.model_card import NetworkName
from synthfib.training.presets import PRESETS_3D, PRESETS_RESIDUAL_3D, PRESETS_RESNET18_3D, PRESETS_VNET, Presets


class UNet3D(NeuralSegmenter):
    """The 3-D U-Net of Sardhara et al. 2022; see `NeuralSegmenter`."""

    name: ClassVar[str] = "unet-3d"
    network: ClassVar[NetworkName] = "unet-3d"
    presets: ClassVar[Presets] = PRESETS_3D
    reference: ClassVar[str] = "Sardhara et al. 2022, doi:10.3389/fmats.2022.837006"


class ResidualUNet3D(NeuralSegmenter):
    """The 3-D U-Net with residual connections of Sardhara et al. 2022; see `NeuralSegmenter`."""

    name: ClassVar[str] = "residual-unet-3d"
    network: ClassVar[NetworkName] = "residual-unet-3d"
    presets: ClassVar[Presets] = PRESETS_RESIDUAL_3D
    reference: ClassVar[str] = "Sardhara et al. 2022, doi:10.3389/fmats.2022.837006"


class VNet(NeuralSegmenter):
    """The V-Net of Milletari et al. 2016 as Sardhara et al. 2022 used it; see `NeuralSegmenter`."""

    name: ClassVar[str] = "vnet"
    network: ClassVar[NetworkName] = "vnet-3d"
    presets: ClassVar[Presets] = PRESETS_VNET
    reference: ClassVar[str] = "Sardhara et al. 2022, doi:10.3389/fmats.2022.837006"


class ResNet18UNet3D(NeuralSegmenter):
    """The three-dimensional network of Pelapur: a U-Net on a ResNet-18 with fresh weights; see `NeuralSegmenter`."""

    name: ClassVar[str] = "resnet18-unet-3d"
    network: ClassVar[NetworkName] = "resnet18-unet-3d"
    presets: ClassVar[Presets] = PRESETS_RESNET18_3D
    reference: ClassVar[str] = "Pelapur, A comparison of 3D and 2D U-Net convolutional networks for segmentation in FIB-SEM imagery"

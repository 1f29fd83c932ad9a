"""Two-dimensional networks that see a face together with its neighbours."""

from __future__ import annotations

from typing import ClassVar

from synthfib.segmentation.neural import NeuralSegmenter
from synthfib.training.model_card import NetworkName
from synthfib.training.presets import PRESETS_RESIDUAL_2D, PRESETS_RESNET18_2D, Presets


class UNet(NeuralSegmenter):
    """The U-Net of Sardhara et al. 2022: two convolutions per level, four poolings; see `NeuralSegmenter`."""

    name: ClassVar[str] = "unet"
    network: ClassVar[NetworkName] = "unet-2d"
    reference: ClassVar[str] = "Sardhara et al. 2022, doi:10.3389/fmats.2022.837006"


class ResidualUNet(NeuralSegmenter):
    """The network of Sardhara et al. 2024: four encoding blocks with residual connections; see `NeuralSegmenter`."""

    name: ClassVar[str] = "residual-unet"
    network: ClassVar[NetworkName] = "residual-unet-2d"
    presets: ClassVar[Presets] = PRESETS_RESIDUAL_2D
    reference: ClassVar[str] = "Sardhara et al. 2024, doi:10.1007/s41871-024-00223-y"


class ResNet18UNet(NeuralSegmenter):
    """The two-dimensional network of Pelapur: a U-Net on a ResNet-18 with fresh weights; see `NeuralSegmenter`."""

    name: ClassVar[str] = "resnet18-unet"
    network: ClassVar[NetworkName] = "resnet18-unet-2d"
    presets: ClassVar[Presets] = PRESETS_RESNET18_2D
    reference: ClassVar[str] = "Pelapur, A comparison of 3D and 2D U-Net convolutional networks for segmentation in FIB-SEM imagery"

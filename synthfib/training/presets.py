"""Training settings by name, for each family of networks.

``fast`` is for a laptop, minutes; ``paper`` has the published numbers and wants days or an accelerator. Where a publication prints no number,
a usual one stands here. An epoch of the publications is one pass over their patches, here it is a number of random ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from synthfib.training.settings import PRESETS, TrainingSettings

Presets = Mapping[str, TrainingSettings]


def _presets(fast: TrainingSettings, paper: TrainingSettings) -> Presets:
    return MappingProxyType({"fast": fast, "paper": paper})


_FAST, _PAPER = PRESETS["fast"], PRESETS["paper"]
_FAST_BLOCKS = replace(_FAST, learning_rate=2e-3, batch_size=4, patch_size=48, patch_slices=16, patches_per_epoch=128, max_epochs=12)
# Sardhara et al. 2022, table 2, and the squared Dice loss of Milletari et al. 2016.
_PAPER_BLOCKS = replace(_PAPER, base_features=16, learning_rate=1e-4, batch_size=1, patches_per_epoch=1024, squared_dice=True)
# Sardhara et al. 2024, table 1; flips, rotations, crops and brightness, but no stretch.
_PAPER_VOLTAGES = replace(_PAPER, base_features=16, learning_rate=1e-4, stop_patience=25, stretch=0.0)
# Pelapur prints nothing but the number of epochs.
_PAPER_RESNET18 = replace(_PAPER, base_features=16, learning_rate=1e-4, max_epochs=1000, stop_patience=1000)

PRESETS_RESIDUAL_2D = _presets(_FAST, _PAPER_VOLTAGES)
PRESETS_3D = _presets(replace(_FAST_BLOCKS, base_features=8), _PAPER_BLOCKS)
PRESETS_RESIDUAL_3D = _presets(_FAST_BLOCKS, _PAPER_BLOCKS)
PRESETS_VNET = _presets(
    replace(_FAST_BLOCKS, learning_rate=1e-3, batch_size=2, patch_size=32, patches_per_epoch=32, squared_dice=True), _PAPER_BLOCKS
)
PRESETS_RESNET18_2D = _presets(replace(_FAST, learning_rate=1e-3), _PAPER_RESNET18)
PRESETS_RESNET18_3D = _presets(
    replace(_FAST_BLOCKS, learning_rate=1e-3, batch_size=1, patch_size=64, patch_slices=32, patches_per_epoch=32),
    replace(_PAPER_RESNET18, batch_size=1, patches_per_epoch=1024, max_epochs=25, stop_patience=25),
)

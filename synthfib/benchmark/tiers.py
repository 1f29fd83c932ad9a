"""How much a benchmark spends: what every model gets in each tier, all in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from synthfib.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Tier:
    """One amount of work.

    Parameters
    ----------
    name : str
        Name of the tier.
    purpose : str
        One line for people.
    preset : str
        Preset of training settings for every model that has any.
    settings : mapping of str to number
        Training settings that differ from the preset; a model without such a setting ignores it.
    settings_of : mapping of str to mapping
        The same for single models; these prevail.
    options : mapping of str to mapping
        Arguments of the constructor, by model.
    left_out : mapping of str to str
        Models that `all` leaves out, and why. Who names one of them gets it.
    """

    name: str
    purpose: str
    preset: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_of: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


#: Seconds on one core are enough for these settings; patches fit into the slices of small editions.
_SMOKE_SETTINGS = {
    "base_features": 8,
    "batch_size": 8,
    "patch_size": 32,
    "patches_per_epoch": 128,
    "max_epochs": 6,
    "validation_slices": 4,
    "n_trees": 20,
    "steps_per_epoch": 5,
    "validation_tiles": 4,
}
#: Windows that reach far and over many slices take minutes even for a few steps.
_SMOKE_OPTIONS = {name: {"size": 11, "slices": 5} for name in ("1dcnn", "3dcnn", "mv2dcnn", "triplanar", "multichannel")}
#: Blocks cost what their slices cost: fewer of them, in smaller batches. Some networks cannot be made smaller than this.
_SMOKE_BLOCKS = {"batch_size": 2, "patch_slices": 16, "patches_per_epoch": 32}
_SMOKE_SETTINGS_OF: Mapping[str, Mapping[str, Any]] = {
    "unet-3d": _SMOKE_BLOCKS,
    "residual-unet-3d": _SMOKE_BLOCKS,
    **{name: {"max_epochs": 4} for name in ("2dcnn", "residual-unet", "fusion-early", "fusion-intermediate", "fusion-late", "voting")},
    **{name: {"tiles_per_step": 2, "max_epochs": 2} for name in _SMOKE_OPTIONS},
    "resnet18-unet": {"patch_size": 64, "batch_size": 4, "patches_per_epoch": 16, "max_epochs": 4},
    "resnet18-unet-3d": {"batch_size": 1, "base_features": 16, "patch_size": 64, "patch_slices": 32, "patches_per_epoch": 2, "max_epochs": 1},
    "vnet": {"batch_size": 1, "base_features": 16, "patch_slices": 16, "patches_per_epoch": 2, "max_epochs": 1},
}
_HEAVY = {
    "vnet": "45.6 million parameters in three dimensions want an accelerator; name it to run it all the same",
    "resnet18-unet-3d": "40 million parameters in three dimensions want an accelerator; name it to run it all the same",
}

TIERS: Mapping[str, Tier] = MappingProxyType(
    {
        "smoke": Tier(
            "smoke",
            "shows in about a minute that everything works; the numbers mean little",
            "fast",
            settings=_SMOKE_SETTINGS,
            settings_of=_SMOKE_SETTINGS_OF,
            options=_SMOKE_OPTIONS,
            left_out=_HEAVY,
        ),
        "laptop": Tier("laptop", "minutes per model and seed on two cores", "fast", left_out=_HEAVY),
        "paper": Tier("paper", "the settings of the publications; days, or an accelerator", "paper"),
    }
)


def find_tier(name: str) -> Tier:
    """Return a tier by name.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    if name not in TIERS:
        raise UnknownNameError("tier", name, TIERS)
    return TIERS[name]

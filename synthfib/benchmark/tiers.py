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
    options : mapping of str to mapping
        Arguments of the constructor, by model.
    left_out : mapping of str to str
        Models that `all` leaves out, and why. Who names one of them gets it.
    """

    name: str
    purpose: str
    preset: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


#: Seconds on one core are enough for these settings; patches fit into the slices of small editions.
_SMOKE_SETTINGS = {
    "base_features": 8,
    "batch_size": 8,
    "patch_size": 32,
    "patches_per_epoch": 128,
    "max_epochs": 4,
    "validation_slices": 4,
}

TIERS: Mapping[str, Tier] = MappingProxyType(
    {
        "smoke": Tier("smoke", "shows in less than a minute that everything works; the numbers mean little", "fast", _SMOKE_SETTINGS),
        "laptop": Tier("laptop", "minutes per model and seed on two cores", "fast"),
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

"""How a network is trained: the numbers that matter, and the two presets of the U-Net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from synthfib.errors import InputError
from synthfib.training.augmentation import Augmentation

_MAY_BE_ZERO = frozenset({"contrast", "brightness", "stretch", "rotation_deg", "squared_dice"})


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Everything that decides how training goes, apart from data, network inputs and seed.

    Parameters
    ----------
    base_features : int
        Feature maps of the first level of the network, in multiples of which the others are; see the networks.
    learning_rate : float
        First learning rate of Adam.
    batch_size, patch_size : int
        Patches per step, and their edge length in pixels.
    patches_per_epoch : int
        An epoch is this number of random patches, whatever the size of the corpus.
    max_epochs : int
        Last epoch.
    max_seconds : float, optional
        Stop when the next epoch would end later than this. Results then depend on the speed of the machine.
    plateau_patience : int
        The learning rate shrinks after more than this number of epochs without a better validation loss.
    plateau_factor : float
        What the learning rate is multiplied with.
    stop_patience : int
        Training ends after this number of epochs without a better validation loss.
    validation_slices : int
        Largest number of whole validation faces looked at per epoch, evenly spread over the split.
    patch_slices : int, optional
        Slices of the blocks that a three-dimensional network learns from; by default as many as pixels along an edge.
    contrast, brightness, stretch, rotation_deg : float
        How much patches are changed, see `Augmentation`.
    squared_dice : bool
        Whether the denominator of the Dice loss has squares, as the V-Net's.

    Raises
    ------
    InputError
        If a number is not positive, a change is negative or 1 and more, or the factor is not below 1.
    """

    base_features: int
    learning_rate: float
    batch_size: int
    patch_size: int
    patches_per_epoch: int
    max_epochs: int
    max_seconds: float | None = None
    plateau_patience: int = 10
    plateau_factor: float = 0.1
    stop_patience: int = 25
    validation_slices: int = 64
    patch_slices: int | None = None
    contrast: float = 0.1
    brightness: float = 0.1
    stretch: float = 0.0
    rotation_deg: float = 0.0
    squared_dice: bool = False

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not (value is None or value > 0 or (value == 0 and name in _MAY_BE_ZERO)):
                raise InputError(f"The training setting {name} must be above 0, got {value!r}.")
        if max(self.contrast, self.stretch) >= 1:
            raise InputError(f"The training settings contrast and stretch must be below 1, got {self.contrast!r} and {self.stretch!r}.")
        if self.plateau_factor >= 1:
            raise InputError(f"The training setting plateau_factor must be below 1, got {self.plateau_factor!r}.")

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of one epoch."""
        return max(1, self.patches_per_epoch // self.batch_size)

    @property
    def augmentation(self) -> Augmentation:
        """How patches are changed."""
        return Augmentation(self.contrast, self.brightness, self.stretch, self.rotation_deg)


#: ``fast`` is for a laptop, a minute or two; ``paper`` has the numbers of Sardhara et al. 2022, table 1, and wants days or an accelerator.
PRESETS: Mapping[str, TrainingSettings] = MappingProxyType(
    {
        "fast": TrainingSettings(
            base_features=16,
            learning_rate=4e-3,
            batch_size=16,
            patch_size=64,
            patches_per_epoch=512,
            max_epochs=16,
            plateau_patience=2,
            plateau_factor=0.3,
            stop_patience=8,
            validation_slices=24,
        ),
        "paper": TrainingSettings(
            base_features=32,
            learning_rate=1e-5,
            batch_size=64,
            patch_size=64,
            patches_per_epoch=8192,
            max_epochs=100,
            plateau_patience=10,
            stop_patience=10,
            stretch=0.1,
        ),
    }
)

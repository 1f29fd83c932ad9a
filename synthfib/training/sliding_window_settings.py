"""How a sliding-window network is trained: the numbers that matter, and two presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from synthfib.errors import InputError

_MAY_BE_ZERO = ("weight_decay", "dropout", "spatial_dropout", "mean_spread", "deviation_spread", "momentum")


@dataclass(frozen=True, slots=True)
class SlidingWindowSettings:
    """Everything that decides how training goes, apart from data, network and seed.

    Parameters
    ----------
    learning_rate, momentum, weight_decay : float
        Of stochastic gradient descent.
    decay_factor, decay_epochs, least_learning_rate : float, int, float
        The learning rate is multiplied with the factor after each such number of epochs, and never falls below the least one.
    tile_size : int
        Edge length in pixels of the tiles whose windows are learned together. 1: window by window, as published; more: densely, at a
        fraction of the time per pixel, but neighbours teach less than strangers.
    tiles_per_step, steps_per_epoch, max_epochs : int
        Tiles of an optimiser step, steps of an epoch, and the last epoch.
    dropout, spatial_dropout : float
        Share of dense outputs and of feature maps that is dropped.
    mean_spread, deviation_spread : float
        Half of the tiles get another mean and standard deviation, by factors of the normal distributions N(1, a) and N(1, b).
    stop_patience : int
        Training ends after this number of epochs without a better validation loss.
    validation_tiles : int
        Tiles of 32 x 32 pixels of the validation split looked at after each epoch.
    max_seconds : float, optional
        Stop when the next epoch would end later than this. Results then depend on the speed of the machine.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    learning_rate: float
    momentum: float = 0.95
    weight_decay: float = 1e-6
    decay_factor: float = 0.75
    decay_epochs: int = 8
    least_learning_rate: float = 1e-5
    tile_size: int = 1
    tiles_per_step: int = 128
    steps_per_epoch: int = 100
    max_epochs: int = 40
    dropout: float = 0.0
    spatial_dropout: float = 0.0
    mean_spread: float = 0.05
    deviation_spread: float = 0.05
    stop_patience: int = 10
    validation_tiles: int = 64
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not (value is None or value > 0 or (value == 0 and name in _MAY_BE_ZERO)):
                raise InputError(f"The training setting {name} must be above 0, got {value!r}.")
        for name in ("momentum", "dropout", "spatial_dropout"):
            if getattr(self, name) >= 1:
                raise InputError(f"The training setting {name} must be below 1, got {getattr(self, name)!r}.")
        if self.decay_factor > 1:
            raise InputError(f"The training setting decay_factor must be 1 or below, got {self.decay_factor!r}.")

    def learning_rate_of(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        return max(self.learning_rate * self.decay_factor ** (epoch // self.decay_epochs), self.least_learning_rate)


#: ``fast`` is for a laptop, a minute or two; ``paper`` has the numbers of Skärberg et al. (2021) and wants days or an accelerator.
SLIDING_WINDOW_PRESETS: Mapping[str, SlidingWindowSettings] = MappingProxyType(
    {
        "fast": SlidingWindowSettings(
            learning_rate=2e-2, decay_factor=0.5, decay_epochs=4, tile_size=32, tiles_per_step=4, steps_per_epoch=50, max_epochs=12,
            validation_tiles=24,
        ),
        "paper": SlidingWindowSettings(
            learning_rate=1e-2, momentum=0.99, weight_decay=4.16e-6, decay_factor=10**-0.25, decay_epochs=8, steps_per_epoch=4608, dropout=0.401,
            spatial_dropout=0.195, mean_spread=0.048, deviation_spread=0.056, stop_patience=40, validation_tiles=1024,
        ),
    }
)  # fmt: skip

"""What training tells whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FitProgress:
    """How far a fit is.

    Parameters
    ----------
    fraction : float
        Share of the work that is done, in [0, 1]; early stopping may make it jump to 1.
    epoch : int
        Epoch in progress, from 1.
    training_loss, validation_loss : float, optional
        Newest losses, None before the first one is known.
    """

    fraction: float
    epoch: int = 0
    training_loss: float | None = None
    validation_loss: float | None = None


OnProgress = Callable[[FitProgress], None]

"""Weights of the networks that fill gaps."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from synthfib.errors import InputError

if TYPE_CHECKING:
    import torch

    from synthfib.training.gap_card import GapCard, GapMethod


@lru_cache(maxsize=4)
def trained_network(method: GapMethod, path: Path | None = None) -> tuple[torch.nn.Module, GapCard]:
    """Return a trained network and its card: those of a file, or those that come with the package.

    Raises
    ------
    InputError
        If there are no such weights, they are damaged, or those of another method.
    """
    import synthfib.training.extra  # noqa: F401  (first, because it explains what to install)
    from synthfib.training.checkpoint import read_checkpoint
    from synthfib.training.gap_card import GapCard

    network, card = read_checkpoint(path or Path(__file__).with_name(f"{method}.safetensors"), GapCard)
    if card.method != method:
        raise InputError(f"Weights of the method {method!r} are required, {path} holds those of {card.method!r}.")
    return network.eval(), card

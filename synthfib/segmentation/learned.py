"""What all methods with a network share: what was learned, the card that says how, and their files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import synthfib.training.extra  # noqa: F401  (first, because it explains what to install)
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.training.checkpoint import Card, write_checkpoint
from synthfib.training.stacks import LabelledStacks

if TYPE_CHECKING:
    import torch

AnyNetwork = TypeVar("AnyNetwork", bound="torch.nn.Module")
AnyCard = TypeVar("AnyCard", bound=Card)


class LearnedNetwork(Generic[AnyNetwork, AnyCard]):
    """A network and its card, once there are any."""

    #: Name that the class is registered by.
    name: ClassVar[str]

    def __init__(self) -> None:
        self._network: AnyNetwork | None = None
        self._card: AnyCard | None = None

    @property
    def card(self) -> AnyCard:
        """What the trained network is and how it came about.

        Raises
        ------
        InputError
            If there is no trained network yet.
        """
        return self._trained()[1]

    def save(self, path: Path | str) -> Path:
        """Write ``<stem>.safetensors`` and ``<stem>.json`` and return the former.

        Raises
        ------
        InputError
            If there is no trained network yet, or the folder does not exist.
        """
        return write_checkpoint(path, *self._trained())

    def _trained(self) -> tuple[AnyNetwork, AnyCard]:
        if self._network is None or self._card is None:
            raise InputError(f"This {self.name!r} has not learned yet; train it with fit, or load a checkpoint.")
        return self._network, self._card


def fingerprint(card: Card) -> str:
    """Return a digest of all that decides the course of training; when to stop does not, so that a run can be prolonged."""
    content = card.model_dump(mode="json", exclude={"settings": {"max_epochs", "max_seconds"}})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def first_stack(corpus: LabelledStacks) -> ImageStack:
    """Return the first volume to learn from, whose channels are learned.

    Raises
    ------
    InputError
        If there is none.
    """
    names = corpus.names("train")
    if not names:
        raise InputError(f"Training needs at least one volume in the split 'train', corpus {corpus.name!r} has none.")
    return corpus.read(names[0])

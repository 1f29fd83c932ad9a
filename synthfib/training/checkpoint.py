"""A trained network on disk: weights as safetensors, and a card in JSON that says what they are.

Reading executes no code: safetensors holds nothing but numbers, and the card builds the network from a closed table.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save

from synthfib.data.atomic import atomic_path, write_text
from synthfib.errors import InputError

_SUFFIXES = (".safetensors", ".json")


class Record(BaseModel):
    """A part of a card: nothing but the fields that it names, each of the type that it names."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Card(Record):
    """Everything needed to use a trained network, and to say how it came about."""

    weights_sha256: str = ""

    @abstractmethod
    def build(self) -> torch.nn.Module:
        """Return the network with fresh weights."""

    def check(self) -> None:
        """Raise InputError if the fields contradict each other."""


AnyCard = TypeVar("AnyCard", bound=Card)


def checkpoint_files(path: Path | str) -> tuple[Path, Path]:
    """Return the weights and the card that `path` stands for, with or without the ending of either."""
    path = Path(path)
    stem = path.with_suffix("") if path.suffix in _SUFFIXES else path
    weights, card = (stem.with_name(stem.name + suffix) for suffix in _SUFFIXES)
    return weights, card


def write_checkpoint(path: Path | str, network: torch.nn.Module, card: Card) -> Path:
    """Write ``<stem>.safetensors`` and ``<stem>.json``, each complete or not at all, and return the former.

    The card is given the digest of the weights as its ``weights_sha256``.

    Raises
    ------
    InputError
        If the folder does not exist.
    """
    weights_file, card_file = checkpoint_files(path)
    content = save({name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()})
    signed = card.model_copy(update={"weights_sha256": hashlib.sha256(content).hexdigest()})
    with atomic_path(weights_file) as temporary:
        temporary.write_bytes(content)
    write_text(card_file, signed.model_dump_json(indent=2) + "\n")
    return weights_file


def read_checkpoint(path: Path | str, card_type: type[AnyCard]) -> tuple[torch.nn.Module, AnyCard]:
    """Return what `write_checkpoint` wrote, with a card of the given type.

    Raises
    ------
    InputError
        If a file is missing or damaged, or the two do not belong together.
    """
    weights_file, card_file = checkpoint_files(path)
    card = _read_card(card_file, card_type)
    content = _bytes_of(weights_file)
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise InputError(f"The weights in {weights_file} are damaged or do not belong to {card_file.name}; copy both files of the model again.")
    try:
        weights = load(content)
        with torch.device("meta"):  # costs no memory, whatever sizes the card asks for
            fitting = _layout(card.build().state_dict()) == _layout(weights)
    except (SafetensorError, RuntimeError) as error:
        raise InputError(f"The weights in {weights_file} cannot be read; copy both files of the model again.") from error
    except InputError as error:
        raise InputError(f"The model card {card_file} cannot be used: {error}") from error
    if not fitting:
        raise InputError(f"The weights in {weights_file} do not fit the network that {card_file.name} describes; train the model again.")
    network = card.build()
    network.load_state_dict(weights)
    return network, card


def _layout(weights: Mapping[str, torch.Tensor]) -> dict[str, tuple[torch.dtype, torch.Size]]:
    return {name: (tensor.dtype, tensor.shape) for name, tensor in weights.items()}


def _read_card(card_file: Path, card_type: type[AnyCard]) -> AnyCard:
    content = _bytes_of(card_file)
    try:
        card = card_type.model_validate_json(content)
        card.check()
    except InputError as error:
        raise InputError(f"The model card {card_file} cannot be used: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"A model card that synthfib wrote is required, in {card_file} {where} is wrong: {first['msg']}.") from error
    return card


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"A trained model is two files, .safetensors and .json; {file} cannot be read ({error.strerror}).") from error

"""A trained sliding-window network on disk: weights as safetensors, and a card in JSON that says what they are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load

from synthfib._version import __version__
from synthfib.errors import InputError
from synthfib.training.checkpoint import ChannelRecord, CorpusRecord, NormalisationRecord, checkpoint_files
from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.networks.sliding_window_members import WindowPlan, window_plan


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class WindowRecord(_Record):
    """What to build: a member of the family and its window."""

    size: Annotated[int, Field(ge=3, le=513)]
    slices: Annotated[int, Field(ge=1, le=99)]
    filters: Annotated[tuple[Annotated[int, Field(ge=1, le=512)], ...], Field(min_length=1, max_length=8)]


class SlidingWindowCard(_Record):
    """Everything needed to use a trained network, and to say how it came about."""

    format: Literal["synthfib/sliding-window@1"] = "synthfib/sliding-window@1"
    model: str
    synthfib_version: str = __version__
    window: WindowRecord
    channels: Annotated[tuple[ChannelRecord, ...], Field(min_length=1, max_length=64)]
    normalisation: NormalisationRecord
    pixel_size_nm: tuple[float, float]
    mean_slice_thickness_nm: float | None
    corpus: CorpusRecord
    settings: dict[str, float | int | None]
    seed: int
    threads: int
    best_epoch: int = 0
    history: tuple[dict[str, float], ...] = ()
    weights_sha256: str = ""

    def plan(self) -> WindowPlan:
        """Return the network's plan."""
        return window_plan(self.model, self.window.size, self.window.slices, channels=len(self.channels), filters=self.window.filters)


def read_sliding_window(path: Path | str) -> tuple[SlidingWindowNetwork, SlidingWindowCard]:
    """Return what `write_checkpoint` wrote; no code in the files is executed.

    Raises
    ------
    InputError
        If a file is missing or damaged, or the two do not belong together.
    """
    weights_file, card_file = checkpoint_files(path)
    card = _read_card(card_file)
    content = _bytes_of(weights_file)
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise InputError(f"The weights in {weights_file} are damaged or do not belong to {card_file.name}; copy both files of the model again.")
    network = SlidingWindowNetwork(card.plan())
    try:
        network.load_state_dict(load(content))
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise InputError(f"The weights in {weights_file} do not fit the network that {card_file.name} describes; train the model again.") from error
    return network, card


def _read_card(card_file: Path) -> SlidingWindowCard:
    content = _bytes_of(card_file)
    try:
        card = SlidingWindowCard.model_validate_json(content)
        card.plan()
        card.normalisation.scaling()
        for record in card.channels:
            record.channel()
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

"""A trained network on disk: weights as safetensors, and a card in JSON that says what they are.

Reading executes no code: safetensors holds nothing but numbers, and the network is built from a closed table of names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, ValidationError, model_serializer
from safetensors import SafetensorError
from safetensors.torch import load, save

from synthfib._version import __version__
from synthfib.data.atomic import atomic_path, write_text
from synthfib.data.stack import Channel
from synthfib.errors import InputError
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.networks import NETWORKS

_SUFFIXES = (".safetensors", ".json")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


NetworkName = Literal[
    "unet-2d",
    "unet-3d",
    "residual-unet-2d",
    "residual-unet-3d",
    "vnet-3d",
    "resnet18-unet-2d",
    "resnet18-unet-3d",
    "intermediate-fusion-2d",
    "late-fusion-2d",
    "voting-2d",
]


class NetworkRecord(_Record):
    """What to build: a name of `NETWORKS` and its arguments."""

    name: NetworkName = "unet-2d"
    in_channels: Annotated[int, Field(ge=1, le=1024)]
    base_features: Annotated[int, Field(ge=1, le=512)]
    branches: Annotated[int, Field(ge=1, le=64)] = 1

    @model_serializer(mode="wrap")
    def _brief(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = write(self)
        return {key: value for key, value in content.items() if (key, value) != ("branches", 1)}

    def build(self) -> torch.nn.Module:
        """Return the network with fresh weights."""
        return NETWORKS[self.name](in_channels=self.in_channels, base_features=self.base_features, branches=self.branches)

    def view(self, adjacent_slices: int) -> FieldOfView:
        """Return what the network sees at once."""
        known = NETWORKS[self.name]
        return FieldOfView(known.dimensions, adjacent_slices, known.multiple_of, known.smallest)


class ChannelRecord(_Record):
    """One channel that the network looks at."""

    energy_kev: float
    detector: str

    def channel(self) -> Channel:
        """Return the channel."""
        return Channel(self.energy_kev, self.detector)


class NormalisationRecord(_Record):
    """Percentiles of each channel of a stack that become the ends of the input scale."""

    kind: Literal["percentiles-of-stack"] = "percentiles-of-stack"
    low_percent: float
    high_percent: float

    def scaling(self) -> PercentileScaling:
        """Return the scaling."""
        return PercentileScaling(self.low_percent, self.high_percent)


class CorpusRecord(_Record):
    """What the network learned from."""

    name: str
    version: str
    digest: str


class ModelCard(_Record):
    """Everything needed to use a trained network, and to say how it came about."""

    format: Literal["synthfib/segmenter@1"] = "synthfib/segmenter@1"
    model: str = "unet"
    synthfib_version: str = __version__
    network: NetworkRecord
    adjacent_slices: Annotated[int, Field(ge=1, le=99)]
    channels: Annotated[tuple[ChannelRecord, ...], Field(min_length=1, max_length=64)]
    normalisation: NormalisationRecord
    pixel_size_nm: tuple[float, float]
    mean_slice_thickness_nm: float | None
    corpus: CorpusRecord
    settings: dict[str, float | int | bool | None]
    seed: int
    threads: int
    best_epoch: int = 0
    history: tuple[dict[str, float], ...] = ()
    weights_sha256: str = ""


def checkpoint_files(path: Path | str) -> tuple[Path, Path]:
    """Return the weights and the card that `path` stands for, with or without the ending of either."""
    path = Path(path)
    stem = path.with_suffix("") if path.suffix in _SUFFIXES else path
    weights, card = (stem.with_name(stem.name + suffix) for suffix in _SUFFIXES)
    return weights, card


def write_checkpoint(path: Path | str, network: torch.nn.Module, card: BaseModel) -> Path:
    """Write ``<stem>.safetensors`` and ``<stem>.json``, each complete or not at all, and return the former.

    The card, `ModelCard` or that of another family of networks, is given the digest of the weights as its ``weights_sha256``.

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


def read_checkpoint(path: Path | str) -> tuple[torch.nn.Module, ModelCard]:
    """Return what `write_checkpoint` wrote.

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
    try:
        weights = load(content)
        with torch.device("meta"):  # costs no memory, whatever sizes the card asks for
            fitting = _layout(card.network.build().state_dict()) == _layout(weights)
    except (SafetensorError, RuntimeError) as error:
        raise InputError(f"The weights in {weights_file} cannot be read; copy both files of the model again.") from error
    except InputError as error:
        raise InputError(f"The model card {card_file} cannot be used: {error}") from error
    if not fitting:
        raise InputError(f"The weights in {weights_file} do not fit the network that {card_file.name} describes; train the model again.")
    network = card.network.build()
    network.load_state_dict(weights)
    return network, card


def _layout(weights: Mapping[str, torch.Tensor]) -> dict[str, tuple[torch.dtype, torch.Size]]:
    return {name: (tensor.dtype, tensor.shape) for name, tensor in weights.items()}


def _read_card(card_file: Path) -> ModelCard:
    content = _bytes_of(card_file)
    try:
        card = ModelCard.model_validate_json(content)
        for record in card.channels:
            record.channel()
        card.normalisation.scaling()
    except InputError as error:
        raise InputError(f"The model card {card_file} cannot be used: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"A model card that synthfib wrote is required, in {card_file} {where} is wrong: {first['msg']}.") from error
    if card.network.in_channels != len(card.channels) * card.adjacent_slices:
        raise InputError(
            f"The model card {card_file} must have as many network inputs as channels times adjacent slices "
            f"({len(card.channels)} x {card.adjacent_slices}), got {card.network.in_channels}; restore the original file."
        )
    if NETWORKS[card.network.name].fuses and card.network.branches != len(card.channels):
        raise InputError(
            f"The model card {card_file} must have one branch for each of its {len(card.channels)} channels, "
            f"got {card.network.branches}; restore the original file."
        )
    return card


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"A trained model is two files, .safetensors and .json; {file} cannot be read ({error.strerror}).") from error

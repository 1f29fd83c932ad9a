"""The 2-D U-Net that sees a face together with its neighbours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

import synthfib.training.extra  # noqa: F401  (first, because it explains what to install)
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, UnknownNameError
from synthfib.training.checkpoint import ChannelRecord, CorpusRecord, ModelCard, NetworkRecord, NormalisationRecord, read_checkpoint, write_checkpoint
from synthfib.training.determinism import reproducible, seed_from
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.loop import Training
from synthfib.training.progress import OnProgress
from synthfib.training.settings import PRESETS, TrainingSettings
from synthfib.training.stacks import InputStack, LabelledStacks, read_split
from synthfib.training.whole_slices import predict_faces

if TYPE_CHECKING:
    import torch


class UNet:
    """A 2-D U-Net whose input channels are all channels of the corpus times a face and its neighbours (early fusion).

    Neighbours deeper in the block show what shines through now, those above what has been milled away.

    Parameters
    ----------
    adjacent_slices : int
        Faces seen at once, an odd number: 1, 3, 5, 7 or 9.
    settings : TrainingSettings or str
        How to train, or the name of a preset.
    threads : int
        Threads of the arithmetic. Another number gives other last digits, so it is part of the recorded recipe.

    Raises
    ------
    InputError
        If a number is out of range; UnknownNameError if there is no such preset.
    """

    def __init__(self, adjacent_slices: int = 7, *, settings: TrainingSettings | str = "fast", threads: int = 2) -> None:
        if adjacent_slices not in (1, 3, 5, 7, 9):
            raise InputError(f"The U-Net sees 1, 3, 5, 7 or 9 adjacent slices, got {adjacent_slices!r}.")
        if threads < 1:
            raise InputError(f"The number of threads must be 1 or more, got {threads!r}.")
        self.adjacent_slices, self.threads = adjacent_slices, threads
        self.settings = _preset(settings) if isinstance(settings, str) else settings
        self._network: torch.nn.Module | None = None
        self._card: ModelCard | None = None

    def fit(
        self,
        corpus: LabelledStacks,
        /,
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
        state_file: Path | None = None,
    ) -> None:
        """Learn from the split "train", watching the split "validation".

        Parameters
        ----------
        corpus : LabelledStacks
            Labelled volumes; the channels of the first one are learned.
        rng : Generator or int
            Decides first weights and patches.
        on_progress : callable, optional
            Called after every step.
        state_file : Path, optional
            Written after every epoch. If it exists, training goes on from it, to the same weights as without a break.

        Raises
        ------
        InputError
            If the corpus cannot be learned from, or the state file is damaged or of another training.
        """
        seed = seed_from(rng)
        first = corpus.read(_first(corpus))
        card = self._new_card(corpus, first, seed)
        scaling = card.normalisation.scaling()
        training, validation = (read_split(corpus, split, first.channels, scaling) for split in ("train", "validation"))
        with reproducible(seed=seed, threads=self.threads):
            network = card.network.build()
            run = Training(network, training, validation, self.settings, self.adjacent_slices, seed)
            state = run.run(state_file=state_file, fingerprint=_fingerprint(card), on_progress=on_progress)
        self._network = network
        self._card = card.model_copy(update={"best_epoch": state.best_epoch, "history": tuple(state.history)})

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return the probability of solid, ``(slice, y, x)``.

        Raises
        ------
        InputError
            If there is no trained network yet, or the stack lacks a channel that it was trained on.
        """
        network, card = self._trained()
        channels = [record.channel() for record in card.channels]
        inputs = InputStack.of(stack, channels, card.normalisation.scaling())
        with reproducible(seed=0, threads=self.threads):
            return predict_faces(network, inputs, np.arange(inputs.n_slices), adjacent_slices=self.adjacent_slices)

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return what the network looks at and how it was trained."""
        card = self.card
        return {
            "channels": [str(record.channel()) for record in card.channels],
            "adjacent_slices": card.adjacent_slices,
            "base_features": card.network.base_features,
            "epochs": len(card.history),
            "best_epoch": card.best_epoch,
            "threads": card.threads,
        }

    @property
    def card(self) -> ModelCard:
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

    @classmethod
    def load(cls, path: Path | str, *, threads: int | None = None) -> Self:
        """Return the network that `save` wrote; `path` is either file or their common stem.

        Raises
        ------
        InputError
            If a file is missing or damaged, or the two do not belong together.
        """
        network, card = read_checkpoint(path)
        try:
            settings = TrainingSettings(**card.settings)  # type: ignore[arg-type]
            model = cls(card.adjacent_slices, settings=settings, threads=card.threads if threads is None else threads)
        except (TypeError, InputError) as error:
            raise InputError(f"The model card of {path} cannot be used: {error}") from error
        model._network, model._card = network, card
        return model

    def _trained(self) -> tuple[torch.nn.Module, ModelCard]:
        if self._network is None or self._card is None:
            raise InputError("This U-Net has not learned yet; train it with fit, or load a checkpoint.")
        return self._network, self._card

    def _new_card(self, corpus: LabelledStacks, stack: ImageStack, seed: int) -> ModelCard:
        scaling = PercentileScaling()
        thickness = stack.plan.thickness_nm
        return ModelCard(
            network=NetworkRecord(in_channels=len(stack.channels) * self.adjacent_slices, base_features=self.settings.base_features),
            adjacent_slices=self.adjacent_slices,
            channels=tuple(ChannelRecord(energy_kev=channel.energy_kev, detector=channel.detector) for channel in stack.channels),
            normalisation=NormalisationRecord(low_percent=scaling.low_percent, high_percent=scaling.high_percent),
            pixel_size_nm=stack.plan.pixel_size_nm,
            mean_slice_thickness_nm=float(thickness.mean()) if thickness.size else None,
            corpus=CorpusRecord(name=corpus.name, version=corpus.version, digest=corpus.digest),
            settings=asdict(self.settings),
            seed=seed,
            threads=self.threads,
        )


def _preset(name: str) -> TrainingSettings:
    if name not in PRESETS:
        raise UnknownNameError("training preset", name, PRESETS)
    return PRESETS[name]


def _first(corpus: LabelledStacks) -> str:
    names = corpus.names("train")
    if not names:
        raise InputError(f"Training needs at least one volume in the split 'train', corpus {corpus.name!r} has none.")
    return names[0]


def _fingerprint(card: ModelCard) -> str:
    """Digest of all that decides the course of training; when to stop does not, so that a run can be prolonged."""
    content = card.model_dump(mode="json", exclude={"settings": {"max_epochs", "max_seconds"}})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

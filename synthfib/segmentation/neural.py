"""What all segmenters with a network share: learning, predicting, and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

import synthfib.training.extra  # noqa: F401  (first, because it explains what to install)
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError, UnknownNameError
from synthfib.segmentation.learned import LearnedNetwork, fingerprint, first_stack
from synthfib.training.checkpoint import read_checkpoint
from synthfib.training.determinism import reproducible, seed_from
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.loop import Training
from synthfib.training.model_card import ChannelRecord, CorpusRecord, ModelCard, NetworkName, NetworkRecord, NormalisationRecord
from synthfib.training.networks import NETWORKS
from synthfib.training.prediction import predict_stack
from synthfib.training.presets import Presets
from synthfib.training.progress import OnProgress
from synthfib.training.settings import PRESETS, TrainingSettings
from synthfib.training.stacks import InputStack, LabelledStacks, read_split

if TYPE_CHECKING:
    import torch


class NeuralSegmenter(LearnedNetwork["torch.nn.Module", ModelCard]):
    """A network that learns from labelled stacks; a subclass says which network.

    All channels of a face and its neighbours, or all channels of a block, are its input (early fusion).

    Parameters
    ----------
    adjacent_slices : int, optional
        Faces seen at once, an odd number: 1, 3, 5, 7 or 9; by default 7. A network in three dimensions sees blocks and takes only 1.
        Neighbours deeper in the block show what shines through now, those above what has been milled away.
    energies_kev : float or sequence of float, optional
        Landing energies of the channels that it looks at; by default all channels of the corpus.
    settings : TrainingSettings or str
        How to train, or the name of a preset.
    threads : int
        Threads of the arithmetic. Another number gives other last digits, so it is part of the recorded recipe.

    Raises
    ------
    InputError
        If a number is out of range; UnknownNameError if there is no such preset.
    """

    #: Name in `NETWORKS`.
    network: ClassVar[NetworkName]
    #: What the settings are called.
    presets: ClassVar[Presets] = PRESETS
    #: Where the network and its ``paper`` preset were published.
    reference: ClassVar[str]
    #: Channels that it needs.
    least_channels: ClassVar[int] = 1

    def __init__(
        self,
        adjacent_slices: int | None = None,
        *,
        energies_kev: float | Sequence[float] | None = None,
        settings: TrainingSettings | str = "fast",
        threads: int = 2,
    ) -> None:
        super().__init__()
        flat = NETWORKS[self.network].dimensions == 2
        allowed = (1, 3, 5, 7, 9) if flat else (1,)
        self.adjacent_slices = (7 if flat else 1) if adjacent_slices is None else adjacent_slices
        if self.adjacent_slices not in allowed:
            sees = "sees 1, 3, 5, 7 or 9 adjacent slices" if flat else "sees blocks, so that adjacent_slices must be 1"
            raise InputError(f"The model {self.name!r} {sees}, got {adjacent_slices!r}.")
        if threads < 1:
            raise InputError(f"The number of threads must be 1 or more, got {threads!r}.")
        self.threads = threads
        self.energies_kev = None if energies_kev is None else _energies(energies_kev)
        self.settings = self._preset(settings) if isinstance(settings, str) else settings

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
        first = first_stack(corpus)
        channels = self._channels(first)
        card = self._new_card(corpus, first, channels, seed)
        scaling = card.normalisation.scaling()
        training, validation = (read_split(corpus, split, channels, scaling) for split in ("train", "validation"))
        _check_phases(training)
        with reproducible(seed=seed, threads=self.threads):
            network = card.network.build()
            self._card = self._learn(network, card, training, validation, state_file, on_progress)
        self._network = network

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return the probability of solid, ``(slice, y, x)``.

        Raises
        ------
        InputError
            If there is no trained network yet, or the stack lacks a channel that it was trained on.
        """
        network, card = self._trained()
        inputs = InputStack.of(stack, [record.channel() for record in card.channels], card.normalisation.scaling())
        with reproducible(seed=0, threads=self.threads):
            return predict_stack(network, inputs, _view(card))

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return what the network looks at and how it was trained."""
        network, card = self._trained()
        return {
            "model": card.model,
            "network": card.network.name,
            "reference": self.reference,
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
            "channels": [str(record.channel()) for record in card.channels],
            "adjacent_slices": card.adjacent_slices,
            "base_features": card.network.base_features,
            "epochs": len(card.history),
            "best_epoch": card.best_epoch,
            "threads": card.threads,
        }

    @classmethod
    def load(cls, path: Path | str, *, threads: int | None = None) -> Self:
        """Return the network that `save` wrote; `path` is either file or their common stem.

        Raises
        ------
        InputError
            If a file is missing or damaged, the two do not belong together, or they are of another model.
        """
        network, card = read_checkpoint(path, ModelCard)
        if (card.model, card.network.name) != (cls.name, cls.network):
            raise InputError(f"A checkpoint of the model {cls.name!r} is required, {path} is one of {card.model!r} ({card.network.name}).")
        try:
            settings = TrainingSettings(**card.settings)  # type: ignore[arg-type]
            model = cls(card.adjacent_slices, settings=settings, threads=card.threads if threads is None else threads)
        except (TypeError, InputError) as error:
            raise InputError(f"The model card of {path} cannot be used: {error}") from error
        model._network, model._card = network, card
        return model

    def _learn(
        self,
        network: torch.nn.Module,
        card: ModelCard,
        training: Sequence[InputStack],
        validation: Sequence[InputStack],
        state_file: Path | None,
        on_progress: OnProgress | None,
    ) -> ModelCard:
        """Train the network and return its card with the history."""
        run = Training(network, training, validation, self.settings, _view(card), card.seed)
        state = run.run(state_file=state_file, fingerprint=fingerprint(card), on_progress=on_progress)
        return card.model_copy(update={"best_epoch": state.best_epoch, "history": tuple(state.history)})

    def _preset(self, name: str) -> TrainingSettings:
        if name not in self.presets:
            raise UnknownNameError("training preset", name, self.presets)
        return self.presets[name]

    def _channels(self, stack: ImageStack) -> tuple[Channel, ...]:
        """Return the channels that the network looks at."""
        known = ", ".join(map(str, stack.channels))
        energies = {channel.energy_kev for channel in stack.channels} if self.energies_kev is None else set(self.energies_kev)
        channels = tuple(channel for channel in stack.channels if channel.energy_kev in energies)
        missing = sorted(energies - {channel.energy_kev for channel in channels})
        if missing:
            raise InputError(f"Images at {', '.join(f'{energy:g}' for energy in missing)} keV are required, the corpus has {known}.")
        if len(channels) < self.least_channels:
            raise InputError(f"The model {self.name!r} fuses {self.least_channels} or more channels, got {', '.join(map(str, channels))}.")
        return channels

    def _new_card(self, corpus: LabelledStacks, stack: ImageStack, channels: Sequence[Channel], seed: int) -> ModelCard:
        scaling = PercentileScaling()
        thickness = stack.plan.thickness_nm
        return ModelCard(
            model=self.name,
            network=NetworkRecord(
                name=self.network,
                in_channels=len(channels) * self.adjacent_slices,
                base_features=self.settings.base_features,
                branches=len(channels) if NETWORKS[self.network].fuses else 1,
            ),
            adjacent_slices=self.adjacent_slices,
            channels=tuple(ChannelRecord(energy_kev=channel.energy_kev, detector=channel.detector) for channel in channels),
            normalisation=NormalisationRecord(low_percent=scaling.low_percent, high_percent=scaling.high_percent),
            pixel_size_nm=stack.plan.pixel_size_nm,
            mean_slice_thickness_nm=float(thickness.mean()) if thickness.size else None,
            corpus=CorpusRecord(name=corpus.name, version=corpus.version, digest=corpus.digest),
            settings=asdict(self.settings),
            seed=seed,
            threads=self.threads,
        )


def _view(card: ModelCard) -> FieldOfView:
    return card.network.view(card.adjacent_slices)


def _energies(energies_kev: float | Sequence[float]) -> tuple[float, ...]:
    try:
        energies = (float(energies_kev),) if isinstance(energies_kev, int | float) else tuple(map(float, energies_kev))
    except (TypeError, ValueError) as error:
        raise InputError(f"Landing energies must be numbers of keV, got {energies_kev!r}.") from error
    if not energies:
        raise InputError("A network must look at one landing energy or more, got none; leave out energies_kev for all.")
    return energies


def _check_phases(stacks: Sequence[InputStack]) -> None:
    truths = [stack.solid for stack in stacks if stack.solid is not None]
    for phase, found in (("solid", any(solid.any() for solid in truths)), ("pore", not all(solid.all() for solid in truths))):
        if not found:
            raise InputError(f"Training needs solid and pore in the split 'train', its volumes hold no {phase}; build a corpus with both.")

"""Sliding-window classifiers: a network says of each pixel, from its neighbourhood, whether it is solid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

import synthfib.training.extra  # noqa: F401  (first, because it explains what to install)
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, UnknownNameError
from synthfib.segmentation.learned import LearnedNetwork, fingerprint, first_stack
from synthfib.training.checkpoint import read_checkpoint
from synthfib.training.determinism import reproducible, seed_from
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.model_card import ChannelRecord, CorpusRecord, NormalisationRecord
from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.networks.sliding_window_members import published_parameters, window_plan
from synthfib.training.progress import OnProgress
from synthfib.training.sliding_window_card import SlidingWindowCard, WindowRecord
from synthfib.training.sliding_window_faces import TILE, predict_windows
from synthfib.training.sliding_window_loop import SlidingWindowTraining
from synthfib.training.sliding_window_settings import SLIDING_WINDOW_PRESETS, SlidingWindowSettings
from synthfib.training.stacks import InputStack, LabelledStacks, read_split


class SlidingWindow(LearnedNetwork[SlidingWindowNetwork, SlidingWindowCard]):
    """A classifier of pixels that is evaluated densely; a subclass says which member of the family.

    All channels of the corpus are its input. The convolutions see the pixels around the window, so that windows share their features.

    Parameters
    ----------
    size : int
        Edge length of the window in pixels, odd; published are 11, 33, 49, 65, 81, 97 and 113.
    slices : int, optional
        Slices of the window, odd; by default the published number.
    filters : sequence of int, optional
        Feature maps of each block; by default the published ones of the size. (16, 32, 64, 80) makes the 2DCNN of the article at 33 pixels.
    settings : SlidingWindowSettings or str
        How to train, or the name of a preset: ``fast`` or ``paper``.
    threads : int
        Threads of the arithmetic. Another number gives other last digits, so it is part of the recorded recipe.

    Raises
    ------
    InputError
        If a number is out of range; UnknownNameError if there is no such preset.
    """

    reference: ClassVar[str] = "Skärberg et al., Journal of Microscopy 283, 51-63 (2021), doi:10.1111/jmi.13007"

    def __init__(
        self,
        size: int = 33,
        slices: int | None = None,
        *,
        filters: Sequence[int] | None = None,
        settings: SlidingWindowSettings | str = "fast",
        threads: int = 2,
    ) -> None:
        super().__init__()
        if threads < 1:
            raise InputError(f"The number of threads must be 1 or more, got {threads!r}.")
        plan = window_plan(self.name, size, slices, filters=None if filters is None else tuple(filters))
        self.size, self.slices, self.filters, self.threads = plan.size, plan.slices, plan.paths[0].filters, threads
        self.settings = _preset(settings) if isinstance(settings, str) else settings

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
            Decides first weights and tiles.
        on_progress : callable, optional
            Called after every step.
        state_file : Path, optional
            Written after every epoch. If it exists, training goes on from it, to the same weights as without a break.

        Raises
        ------
        InputError
            If the corpus cannot be learned from, or the state file is damaged or of another training.
        """
        card = self._new_card(corpus, first_stack(corpus), seed_from(rng))
        channels, scaling = [record.channel() for record in card.channels], card.normalisation.scaling()
        training, validation = (read_split(corpus, split, channels, scaling) for split in ("train", "validation"))
        with reproducible(seed=card.seed, threads=self.threads):
            network = SlidingWindowNetwork(card.plan(), dropout=self.settings.dropout, spatial_dropout=self.settings.spatial_dropout)
            run = SlidingWindowTraining(network, training, validation, self.settings, card.seed)
            state = run.run(state_file=state_file, fingerprint=fingerprint(card), on_progress=on_progress)
            network.expect(_solid_share(training))
        self._network = network
        self._card = card.model_copy(update={"best_epoch": state.best_epoch, "history": tuple(state.history)})

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return the probability of solid, ``(slice, y, x)``, in images with as much solid as those of training.

        Raises
        ------
        InputError
            If there is no trained network yet, or the stack lacks a channel that it was trained on.
        """
        network, card = self._trained()
        inputs = InputStack.of(stack, [record.channel() for record in card.channels], card.normalisation.scaling())
        tile = TILE if len(network.plan.paths) == 1 and self.name != "3dcnn" else TILE // 3
        with reproducible(seed=0, threads=self.threads):
            return predict_windows(network, inputs, np.arange(inputs.n_slices), tile=tile)

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return what the network looks at and how it was trained."""
        network, card = self._trained()
        return {
            "model": self.name,
            "reference": self.reference,
            "channels": [str(record.channel()) for record in card.channels],
            "window": [self.size, self.size, self.slices],
            "parameters": network.n_parameters,
            "published_parameters": published_parameters(network.plan),
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
        network, card = read_checkpoint(path, SlidingWindowCard)
        if card.model != cls.name:
            raise InputError(f"A checkpoint of the model {cls.name!r} is required, {path} is one of {card.model!r}.")
        try:
            settings = SlidingWindowSettings(**card.settings)  # type: ignore[arg-type]
            model = cls(
                card.window.size,
                card.window.slices,
                filters=card.window.filters,
                settings=settings,
                threads=card.threads if threads is None else threads,
            )
        except (TypeError, InputError) as error:
            raise InputError(f"The model card of {path} cannot be used: {error}") from error
        model._network, model._card = cast(SlidingWindowNetwork, network), card
        return model

    def _new_card(self, corpus: LabelledStacks, stack: ImageStack, seed: int) -> SlidingWindowCard:
        scaling, thickness = PercentileScaling(), stack.plan.thickness_nm
        plan = window_plan(self.name, self.size, self.slices, channels=len(stack.channels), filters=self.filters)
        return SlidingWindowCard(
            model=self.name,
            window=WindowRecord(size=plan.size, slices=plan.slices, filters=plan.paths[0].filters),
            channels=tuple(ChannelRecord(energy_kev=channel.energy_kev, detector=channel.detector) for channel in stack.channels),
            normalisation=NormalisationRecord(low_percent=scaling.low_percent, high_percent=scaling.high_percent),
            pixel_size_nm=stack.plan.pixel_size_nm,
            mean_slice_thickness_nm=float(thickness.mean()) if thickness.size else None,
            corpus=CorpusRecord(name=corpus.name, version=corpus.version, digest=corpus.digest),
            settings=asdict(self.settings),
            seed=seed,
            threads=self.threads,
        )


class CNN2D(SlidingWindow):
    """2DCNN: slices are channels of a network in two dimensions; the best of the family in both publications."""

    name = "2dcnn"


class MeanCNN2D(SlidingWindow):
    """MV2DCNN: sees the mean of the slices."""

    name = "mv2dcnn"


class Triplanar(SlidingWindow):
    """TriplanarCNN: sees the three orthogonal planes through the pixel; layers of its paths are our own."""

    name = "triplanar"


class Multichannel(SlidingWindow):
    """MultichannelCNN: sees all planes of three directions, each as channels; layers of its paths are our own."""

    name = "multichannel"


class CNN3D(SlidingWindow):
    """3DCNN: sees the volume around the pixel."""

    name = "3dcnn"


class CNN1D(SlidingWindow):
    """1DCNN: sees rows of pixels as vectors; its layers are our own."""

    name = "1dcnn"


def _solid_share(stacks: Sequence[InputStack]) -> float:
    truths = [stack.solid for stack in stacks if stack.solid is not None]
    return sum(int(np.count_nonzero(solid)) for solid in truths) / sum(solid.size for solid in truths)


def _preset(name: str) -> SlidingWindowSettings:
    if name not in SLIDING_WINDOW_PRESETS:
        raise UnknownNameError("training preset", name, SLIDING_WINDOW_PRESETS)
    return SLIDING_WINDOW_PRESETS[name]

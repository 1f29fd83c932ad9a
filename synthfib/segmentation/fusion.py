"""Four ways to fuse the images of several landing energies, after Sardhara et al. 2024."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from synthfib.data.stack import ImageStack
from synthfib.segmentation.learned import fingerprint
from synthfib.segmentation.neural import NeuralSegmenter
from synthfib.segmentation.unet import ResidualUNet
from synthfib.training.determinism import reproducible
from synthfib.training.loop import Training
from synthfib.training.model_card import ModelCard, NetworkName, NetworkRecord
from synthfib.training.networks.fusion import Ensemble, Voting
from synthfib.training.presets import PRESETS_RESIDUAL_2D, Presets
from synthfib.training.progress import OnProgress
from synthfib.training.resume import FinishedStage, read_finished
from synthfib.training.settings import TrainingSettings
from synthfib.training.stacks import InputStack

if TYPE_CHECKING:
    import torch

#: A handful of weights between zero and a few, learned last, need larger steps and fewer of them than a network.
_ENSEMBLE_LEARNING_RATE = 0.1
_ENSEMBLE_SHARE = 2


class EarlyFusion(ResidualUNet):
    """A residual U-Net whose input channels are all landing energies times the adjacent slices; see `NeuralSegmenter`."""

    name: ClassVar[str] = "fusion-early"
    least_channels: ClassVar[int] = 2


class IntermediateFusion(NeuralSegmenter):
    """One residual U-Net for each landing energy, whose features are concatenated and classified; see `NeuralSegmenter`."""

    name: ClassVar[str] = "fusion-intermediate"
    network: ClassVar[NetworkName] = "intermediate-fusion-2d"
    presets: ClassVar[Presets] = PRESETS_RESIDUAL_2D
    reference: ClassVar[str] = ResidualUNet.reference
    least_channels: ClassVar[int] = 2


class LateFusion(NeuralSegmenter):
    """Residual U-Nets that learn one landing energy each, and then one 1x1 convolution on their probabilities; see `NeuralSegmenter`.

    Each branch is, bit for bit, the network that `ResidualUNet` learns from this energy alone with the same seed.
    """

    name: ClassVar[str] = "fusion-late"
    network: ClassVar[NetworkName] = "late-fusion-2d"
    presets: ClassVar[Presets] = PRESETS_RESIDUAL_2D
    reference: ClassVar[str] = ResidualUNet.reference
    least_channels: ClassVar[int] = 2

    def _learn(
        self,
        network: torch.nn.Module,
        card: ModelCard,
        training: Sequence[InputStack],
        validation: Sequence[InputStack],
        state_file: Path | None,
        on_progress: OnProgress | None,
    ) -> ModelCard:
        ensemble, settings = cast(Ensemble, network), _share_of_time(self.settings, card.network.branches + 1)
        digest = fingerprint(card)
        finished = list(read_finished(state_file, digest)) if state_file is not None and state_file.exists() else []
        for stage in range(card.network.branches + 1):
            if stage < len(finished):
                continue
            last = stage == card.network.branches
            if last:
                _take(ensemble, finished)
            run = Training(
                ensemble if last else _new_branch(card, self.threads),
                training if last else [_channel(stack, stage) for stack in training],
                validation if last else [_channel(stack, stage) for stack in validation],
                _for_ensemble(settings) if last else settings,
                card.network.view(card.adjacent_slices),
                card.seed,
                tuple(finished),
            )
            state = run.run(state_file=state_file, fingerprint=digest, on_progress=_part(on_progress, stage, card.network.branches + 1))
            finished.append(FinishedStage.of(state))
        history = tuple({"stage": float(number), **epoch} for number, stage in enumerate(finished) for epoch in stage.history)
        return card.model_copy(update={"best_epoch": finished[-1].best_epoch, "history": history})


class VotingFusion(LateFusion):
    """Residual U-Nets that learn one landing energy each, and then the weights of their votes, which add up to one; see `NeuralSegmenter`.

    Published weights are 0.5, 0.3 and 0.2 for 1, 2 and 4 kV.
    """

    name: ClassVar[str] = "voting"
    network: ClassVar[NetworkName] = "voting-2d"

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return what the network looks at, how it was trained, and the weight of each channel."""
        network, card = self._trained()
        weights: list[float] = cast(Voting, network).weights().tolist()
        named = {str(record.channel()): weight for record, weight in zip(card.channels, weights, strict=True)}
        return {**super().describe(stack), "weights": named}


def _new_branch(card: ModelCard, threads: int) -> torch.nn.Module:
    """Return a branch with the first weights of a network that learns alone."""
    record = NetworkRecord(name="residual-unet-2d", in_channels=card.adjacent_slices, base_features=card.network.base_features)
    with reproducible(seed=card.seed, threads=threads):
        return record.build()


def _take(ensemble: Ensemble, finished: Sequence[FinishedStage]) -> None:
    for branch, stage in zip(ensemble.branches, finished, strict=True):
        branch.load_state_dict(stage.weights)


def _channel(stack: InputStack, number: int) -> InputStack:
    return InputStack(stack.images[number : number + 1], stack.limits[number : number + 1], stack.solid)


def _share_of_time(settings: TrainingSettings, stages: int) -> TrainingSettings:
    return settings if settings.max_seconds is None else replace(settings, max_seconds=settings.max_seconds / stages)


def _for_ensemble(settings: TrainingSettings) -> TrainingSettings:
    return replace(settings, learning_rate=_ENSEMBLE_LEARNING_RATE, max_epochs=-(-settings.max_epochs // _ENSEMBLE_SHARE))


def _part(on_progress: OnProgress | None, stage: int, stages: int) -> OnProgress | None:
    if on_progress is None:
        return None
    return lambda progress: on_progress(replace(progress, fraction=(stage + progress.fraction) / stages))

"""Train a network: Adam, Dice loss, plateau schedule, early stopping, the best epoch restored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from monai.losses.dice import DiceLoss
from numpy.typing import NDArray

from synthfib.training.field_of_view import FieldOfView
from synthfib.training.patches import PatchSampler
from synthfib.training.prediction import predict_some
from synthfib.training.progress import FitProgress, OnProgress
from synthfib.training.resume import FinishedStage, TrainingState, read_state, write_state
from synthfib.training.settings import TrainingSettings
from synthfib.training.stacks import InputStack


@dataclass(frozen=True, slots=True)
class Training:
    """One training run; `run` starts it, or goes on where it stopped.

    Parameters
    ----------
    network : torch.nn.Module
        With its first weights; it ends with those of the best epoch.
    stacks, validation : sequence of InputStack
        Labelled stacks to learn from and to watch.
    settings : TrainingSettings
        How to train.
    view : FieldOfView
        What a patch is.
    seed : int
        Decides all patches. The patches of an epoch depend on the seed and the number of the epoch alone, so that a
        resumed run needs no state of a random generator.
    finished : tuple of FinishedStage
        Stages of the same training that came before this one; they travel in its state file.
    """

    network: torch.nn.Module
    stacks: Sequence[InputStack]
    validation: Sequence[InputStack]
    settings: TrainingSettings
    view: FieldOfView
    seed: int
    finished: tuple[FinishedStage, ...] = ()

    def run(self, *, state_file: Path | None = None, fingerprint: str = "", on_progress: OnProgress | None = None) -> TrainingState:
        """Train to the end.

        Parameters
        ----------
        state_file : Path, optional
            Written after every epoch; when it exists, training goes on from it and ends in the same weights as a run
            that was never interrupted.
        fingerprint : str
            Tells this run from others; a state file with another one is refused.
        on_progress : callable, optional
            Called after every step.

        Raises
        ------
        InputError
            If the state file is damaged or belongs to another run.
        """
        sampler = PatchSampler(
            self.stacks,
            self.view,
            patch_size=self.settings.patch_size,
            patch_slices=self.settings.patch_slices,
            augmentation=self.settings.augmentation,
        )
        state = TrainingState.start(self.network, self.settings)
        if state_file is not None and state_file.exists():
            read_state(state_file, state, fingerprint, stage=len(self.finished))
        clock = _Clock(self.settings, state.epoch, on_progress)
        while not self._finished(state) and clock.has_time_for_an_epoch():
            training_loss = self._epoch(state, sampler, clock)
            state.close_epoch(training_loss, self._validation_loss())
            if state_file is not None:
                write_state(state_file, state, fingerprint, self.finished)
            clock.epoch_ends(state)
        self.network.load_state_dict(state.best_weights)
        return state

    def _finished(self, state: TrainingState) -> bool:
        return state.epoch >= self.settings.max_epochs or state.epoch - state.best_epoch >= self.settings.stop_patience

    def _epoch(self, state: TrainingState, sampler: PatchSampler, clock: _Clock) -> float:
        rng = np.random.default_rng([self.seed, state.epoch])
        torch.manual_seed(int(np.random.SeedSequence([self.seed, state.epoch]).generate_state(1)[0]))  # for dropout
        dice_loss = DiceLoss(sigmoid=True, batch=True, squared_pred=self.settings.squared_dice)
        losses: list[float] = []
        self.network.train()
        for _ in range(self.settings.steps_per_epoch):
            inputs, solid = (torch.from_numpy(array) for array in sampler.draw(self.settings.batch_size, rng=rng))
            state.optimizer.zero_grad(set_to_none=True)
            loss = dice_loss(self.network(inputs), solid)
            loss.backward()
            state.optimizer.step()
            losses.append(loss.item())
            clock.step_ends(state, losses[-1])
        return float(np.mean(losses))

    def _validation_loss(self) -> float:
        """Dice loss of whole faces, each volume pooled, averaged over the volumes."""
        dice_loss = DiceLoss(batch=True)
        losses = [
            dice_loss(torch.from_numpy(found)[:, None], torch.from_numpy(solid.astype(np.float32))[:, None]).item()
            for found, solid in map(self._look_at, self.validation)
        ]
        return float(np.mean(losses))

    def _look_at(self, stack: InputStack) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        faces, found = predict_some(self.network, stack, -(-self.settings.validation_slices // len(self.validation)), self.view)
        solid = stack.solid if stack.solid is not None else np.zeros((0, 0, 0), np.bool_)
        return found, solid[faces]


class _Clock:
    """Reports progress, and knows whether another epoch fits into the time that was granted."""

    def __init__(self, settings: TrainingSettings, first_epoch: int, on_progress: OnProgress | None) -> None:
        self._settings, self._on_progress, self._first_epoch = settings, on_progress, first_epoch
        self._started = monotonic()
        self._steps_done, self._seconds_per_epoch = 0, 0.0

    def has_time_for_an_epoch(self) -> bool:
        limit = self._settings.max_seconds
        return limit is None or self._elapsed() + self._seconds_per_epoch <= limit or self._steps_done == 0

    def step_ends(self, state: TrainingState, loss: float) -> None:
        self._steps_done += 1
        self._report(self._fraction(), state.epoch + 1, loss, state)

    def epoch_ends(self, state: TrainingState) -> None:
        self._seconds_per_epoch = self._elapsed() / (state.epoch - self._first_epoch)
        self._report(self._fraction(), state.epoch, state.history[-1]["training_loss"], state)

    def _elapsed(self) -> float:
        return monotonic() - self._started

    def _fraction(self) -> float:
        steps = (self._settings.max_epochs - self._first_epoch) * self._settings.steps_per_epoch
        limit = self._settings.max_seconds
        return min(1.0, max(self._steps_done / steps, self._elapsed() / limit if limit else 0.0))

    def _report(self, fraction: float, epoch: int, loss: float, state: TrainingState) -> None:
        if self._on_progress is not None:
            self._on_progress(FitProgress(fraction, epoch, loss, state.history[-1]["validation_loss"] if state.history else None))

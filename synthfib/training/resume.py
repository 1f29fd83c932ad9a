"""The state of a training run, and the file that it resumes from."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from synthfib.data.atomic import atomic_path
from synthfib.errors import InputError
from synthfib.training.settings import TrainingSettings

_FORMAT = "synthfib/training-state@1"
#: What torch.load and load_state_dict raise on damaged or foreign files.
_DAMAGE = (RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError, OSError, pickle.UnpicklingError)


@dataclass(slots=True)
class TrainingState:
    """Everything that training changes: weights, optimiser, schedule, history and the best epoch so far."""

    network: torch.nn.Module
    optimizer: torch.optim.Adam
    schedule: ReduceLROnPlateau
    best_weights: dict[str, torch.Tensor]
    best_loss: float = math.inf
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def start(cls, network: torch.nn.Module, settings: TrainingSettings) -> TrainingState:
        """Return the state before the first epoch."""
        learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam(learning, lr=settings.learning_rate)
        schedule = ReduceLROnPlateau(optimizer, mode="min", factor=settings.plateau_factor, patience=settings.plateau_patience)
        return cls(network, optimizer, schedule, _copied(network.state_dict()))

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.history)

    def close_epoch(self, training_loss: float, validation_loss: float) -> None:
        """Record an epoch, keep its weights if it is the best, and let the schedule act.

        Raises
        ------
        InputError
            If the loss is no number any more.
        """
        if not math.isfinite(training_loss):
            raise InputError(f"Training diverged in epoch {self.epoch + 1}: its loss is not a number; learn again with a smaller learning_rate.")
        learning_rate = float(self.optimizer.param_groups[0]["lr"])
        self.history.append({"training_loss": training_loss, "validation_loss": validation_loss, "learning_rate": learning_rate})
        if validation_loss < self.best_loss:
            self.best_loss, self.best_epoch, self.best_weights = validation_loss, self.epoch, _copied(self.network.state_dict())
        self.schedule.step(validation_loss)


@dataclass(frozen=True, slots=True)
class FinishedStage:
    """What is left of a part of a training in several stages."""

    weights: dict[str, torch.Tensor]
    best_epoch: int
    history: list[dict[str, float]]

    @classmethod
    def of(cls, state: TrainingState) -> FinishedStage:
        """Return what is left of a stage."""
        return cls(state.best_weights, state.best_epoch, state.history)


def write_state(path: Path, state: TrainingState, fingerprint: str, finished: Sequence[FinishedStage] = ()) -> None:
    """Write a state, complete or not at all; the file holds tensors, numbers, strings, lists and dictionaries only."""
    content = {
        "format": _FORMAT,
        "fingerprint": fingerprint,
        "network": state.network.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "schedule": state.schedule.state_dict(),
        "best_weights": state.best_weights,
        "best_loss": state.best_loss,
        "best_epoch": state.best_epoch,
        "history": state.history,
        "finished": [asdict(stage) for stage in finished],
    }
    with atomic_path(path) as temporary:
        torch.save(content, temporary)


def read_state(path: Path, state: TrainingState, fingerprint: str, *, stage: int = 0) -> None:
    """Load what `write_state` wrote into `state`, if it is of this stage; no code is executed.

    Raises
    ------
    InputError
        If the file is damaged, or was written by a run with another fingerprint.
    """
    content = _read(path, fingerprint)
    try:
        if len(content.get("finished", ())) == stage:
            _restore(state, content)
    except _DAMAGE as error:
        raise _damaged(path) from error


def read_finished(path: Path, fingerprint: str) -> tuple[FinishedStage, ...]:
    """Return the finished stages of the training that a state file belongs to.

    Raises
    ------
    InputError
        If the file is damaged, or was written by a run with another fingerprint.
    """
    content = _read(path, fingerprint)
    try:
        return tuple(FinishedStage(**stage) for stage in content.get("finished", ()))
    except _DAMAGE as error:
        raise _damaged(path) from error


def _read(path: Path, fingerprint: str) -> Mapping[str, Any]:
    try:
        content: Mapping[str, Any] = torch.load(path, weights_only=True)
        if content["format"] != _FORMAT:
            raise ValueError(content["format"])
        own = content["fingerprint"] == fingerprint
    except _DAMAGE as error:
        raise _damaged(path) from error
    if not own:
        raise InputError(f"{path} belongs to a training with other settings, data or seed; delete it, or train in another folder.")
    return content


def _damaged(path: Path) -> InputError:
    return InputError(f"A training state that synthfib wrote is required, {path} cannot be read as one; delete it to start afresh.")


def _restore(state: TrainingState, content: Mapping[str, Any]) -> None:
    state.network.load_state_dict(content["network"])
    state.optimizer.load_state_dict(content["optimizer"])
    state.schedule.load_state_dict(content["schedule"])
    state.best_weights = dict(content["best_weights"])
    state.best_loss, state.best_epoch = float(content["best_loss"]), int(content["best_epoch"])
    state.history = list(content["history"])


def _copied(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in weights.items()}

"""Train a network that fills the gaps between faces."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional

from synthfib.data.atomic import atomic_path
from synthfib.errors import InputError
from synthfib.training.determinism import reproducible
from synthfib.training.gap_card import GapCard, GapMethod
from synthfib.training.gap_examples import GapExamples
from synthfib.training.gap_images import GapImageExamples

Examples = GapExamples | GapImageExamples
#: Called with the share of the steps done and the mean loss of the last of them.
OnStep = Callable[[float, float], None]
#: Steps between two records of the loss, and of the state.
RECORD_STEPS = 100


@dataclass(frozen=True, slots=True)
class GapTraining:
    """How to train.

    Parameters
    ----------
    steps : int
        Steps of Adam; the learning rate rises, and falls to zero along a cosine.
    batch_size : int
        Examples per step.
    patch_size : int
        Edge of an example in pixels, an even number.
    learning_rate : float
        Largest learning rate.
    seed : int
        Decides first weights and examples.
    threads : int
        Threads; other numbers give other last digits.

    Raises
    ------
    InputError
        If a number is not positive, or the edge is odd.
    """

    steps: int
    batch_size: int = 16
    patch_size: int = 64
    learning_rate: float = 3e-3
    seed: int = 0
    threads: int = 2

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "patch_size", "learning_rate", "threads"):
            if getattr(self, name) <= 0:
                raise InputError(f"The training setting {name} must be above 0, got {getattr(self, name)!r}.")
        if self.patch_size % 2:
            raise InputError(f"The edge of an example must be an even number of pixels, got {self.patch_size}.")

    def run(
        self, examples: Examples, card: GapCard, *, state_file: Path | None = None, on_step: OnStep | None = None
    ) -> tuple[torch.nn.Module, GapCard]:
        """Return a trained network, and its card with the losses.

        Parameters
        ----------
        examples : GapExamples or GapImageExamples
            What to learn from, the latter for the method that sees images.
        card : GapCard
            Says which network.
        state_file : Path, optional
            Written now and then; when it exists, training goes on from it and ends in the same weights as a run that was never interrupted.
        on_step : callable, optional
            Called after every step.

        Raises
        ------
        InputError
            If examples do not fit into the volumes, or the state file is damaged or belongs to another run.
        """
        card = card.model_copy(update={"settings": asdict(self)})
        with reproducible(seed=self.seed, threads=self.threads):
            run = _Run.start(card, self)
            if state_file is not None and state_file.exists():
                run.read(state_file)
            while len(run.losses) * RECORD_STEPS < self.steps:
                run.advance(examples, on_step)
                if state_file is not None:
                    run.write(state_file)
        return run.network.eval(), card.model_copy(update={"losses": tuple(run.losses)})


@dataclass(slots=True)
class _Run:
    """All that training changes."""

    card: GapCard
    settings: GapTraining
    network: torch.nn.Module
    optimizer: torch.optim.Adam
    schedule: torch.optim.lr_scheduler.OneCycleLR
    losses: list[float]

    @classmethod
    def start(cls, card: GapCard, settings: GapTraining) -> _Run:
        network = card.build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, total_steps=settings.steps, pct_start=0.05)
        return cls(card, settings, network, optimizer, schedule, [])

    def advance(self, examples: Examples, on_step: OnStep | None) -> None:
        """Go on to the next record."""
        first = len(self.losses) * RECORD_STEPS
        losses: list[float] = []
        for step in range(first, min(first + RECORD_STEPS, self.settings.steps)):
            # The examples of a step depend on the seed and its number alone: a resumed run needs no state of a generator.
            loss = _LESSONS[self.card.method](self.network, examples, self.settings, np.random.default_rng([self.settings.seed, step]))
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            losses.append(loss.item())
            if on_step is not None:
                on_step((step + 1) / self.settings.steps, float(np.mean(losses)))
        self.losses.append(float(np.mean(losses)))

    def write(self, path: Path) -> None:
        parts = {name: getattr(self, name).state_dict() for name in ("network", "optimizer", "schedule")}
        with atomic_path(path) as temporary:
            torch.save({"fingerprint": self._fingerprint(), "losses": self.losses, **parts}, temporary)

    def read(self, path: Path) -> None:
        try:
            content: dict[str, Any] = torch.load(path, weights_only=True)
            known = content["fingerprint"] == self._fingerprint()
            if known:
                self.losses = [float(loss) for loss in content["losses"]]
                for name in ("network", "optimizer", "schedule"):
                    getattr(self, name).load_state_dict(content[name])
        except Exception as error:
            raise InputError(f"The state of a training in {path} is damaged; remove it to begin anew.") from error
        if not known:
            raise InputError(f"The state in {path} belongs to another training; remove it, or write to another file.")

    def _fingerprint(self) -> str:
        return hashlib.sha256(self.card.model_dump_json().encode()).hexdigest()


def _between(network: torch.nn.Module, examples: Examples, settings: GapTraining, rng: np.random.Generator) -> torch.Tensor:
    """Cross entropy of missing planes, from the faces around them."""
    faces, gaps, shares, solid = map(torch.from_numpy, examples.between(settings.batch_size, settings.patch_size, rng=rng))
    logits = network(faces.contiguous(memory_format=torch.channels_last), gaps, shares)
    return functional.binary_cross_entropy_with_logits(logits, solid)


def _across(network: torch.nn.Module, examples: Examples, settings: GapTraining, rng: np.random.Generator) -> torch.Tensor:
    """Squared error of whole sections, as published."""
    drawn = cast(GapExamples, examples).across(settings.batch_size, settings.patch_size, rng=rng)
    planes, interpolated, solid = (torch.from_numpy(array).contiguous(memory_format=torch.channels_last) for array in drawn)
    return functional.mse_loss(network(planes, interpolated), solid)


_Lesson = Callable[[torch.nn.Module, Examples, GapTraining, np.random.Generator], torch.Tensor]
_LESSONS: Mapping[GapMethod, _Lesson] = MappingProxyType({"neural-spline": _between, "inpainting": _across, "shine-through": _between})
#: Settings that take minutes on two cores, for each network.
GAP_TRAININGS: Mapping[GapMethod, GapTraining] = MappingProxyType(
    {
        "neural-spline": GapTraining(steps=6000),
        "inpainting": GapTraining(steps=1500, batch_size=8, learning_rate=1e-3),
        "shine-through": GapTraining(steps=6000),
    }
)

"""Train a sliding-window network: stochastic gradient descent, balanced cross-entropy, step decay, the best epoch restored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from synthfib.training.balanced_tiles import BalancedTiles, Tile
from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.progress import FitProgress, OnProgress
from synthfib.training.resume import TrainingState, read_state, write_state
from synthfib.training.sliding_window_settings import SlidingWindowSettings
from synthfib.training.stacks import InputStack

_VALIDATION_TILE = 32
#: Norm of a gradient that is an accident; usual ones stay below.
_LARGEST_GRADIENT = 10.0


@dataclass(frozen=True, slots=True)
class SlidingWindowTraining:
    """One training run; `run` starts it, or goes on where it stopped.

    Parameters
    ----------
    network : SlidingWindowNetwork
        With its first weights; it ends with those of the best epoch.
    stacks, validation : sequence of InputStack
        Labelled stacks to learn from and to watch.
    settings : SlidingWindowSettings
        How to train.
    seed : int
        Decides all tiles and what is dropped; those of an epoch depend on the seed and the number of the epoch alone.
    """

    network: SlidingWindowNetwork
    stacks: Sequence[InputStack]
    validation: Sequence[InputStack]
    settings: SlidingWindowSettings
    seed: int

    def run(self, *, state_file: Path | None = None, fingerprint: str = "", on_progress: OnProgress | None = None) -> TrainingState:
        """Train to the end.

        Parameters
        ----------
        state_file : Path, optional
            Written after every epoch; when it exists, training goes on from it and ends in the same weights as a run that was never
            interrupted.
        fingerprint : str
            Tells this run from others; a state file with another one is refused.
        on_progress : callable, optional
            Called after every step.

        Raises
        ------
        InputError
            If a phase is nowhere, or the state file is damaged or belongs to another run.
        """
        tiles, watched = self._tiles(self.stacks, self.settings.tile_size), self._tiles(self.validation, _VALIDATION_TILE)
        state = self._start()
        if state_file is not None and state_file.exists():
            read_state(state_file, state, fingerprint)
        started, first = monotonic(), state.epoch
        while not self._finished(state) and self._in_time(monotonic() - started, state.epoch - first):
            loss = self._epoch(state, tiles, on_progress)
            state.close_epoch(loss, self._validation_loss(watched))
            if state_file is not None:
                write_state(state_file, state, fingerprint)
        self.network.load_state_dict(state.best_weights)
        return state

    def _tiles(self, stacks: Sequence[InputStack], tile_size: int) -> BalancedTiles:
        return BalancedTiles(stacks, tile_size=tile_size, slices=self.network.plan.slices, reach=self.network.reach)

    def _start(self) -> TrainingState:
        settings = self.settings
        optimizer: Any = torch.optim.SGD(
            self.network.parameters(), lr=settings.learning_rate, momentum=settings.momentum, weight_decay=2 * settings.weight_decay
        )
        weights = {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}
        return TrainingState(self.network, optimizer, cast(Any, _NoSchedule()), weights)

    def _finished(self, state: TrainingState) -> bool:
        return state.epoch >= self.settings.max_epochs or state.epoch - state.best_epoch >= self.settings.stop_patience

    def _in_time(self, elapsed: float, epochs: int) -> bool:
        limit = self.settings.max_seconds
        return limit is None or epochs == 0 or elapsed * (1 + 1 / epochs) <= limit

    def _epoch(self, state: TrainingState, tiles: BalancedTiles, on_progress: OnProgress | None) -> float:
        rng = np.random.default_rng([self.seed, state.epoch])
        torch.manual_seed(int(rng.integers(2**63)))
        state.optimizer.param_groups[0]["lr"] = self.settings.learning_rate_of(state.epoch)
        self.network.train()
        losses = []
        for step in range(1, self.settings.steps_per_epoch + 1):
            drawn = [self._changed(tile, rng) for tile in tiles.draw(self.settings.tiles_per_step, rng=rng)]
            state.optimizer.zero_grad(set_to_none=True)
            losses.append(self._learn(drawn))
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
            state.optimizer.step()
            if on_progress is not None:
                fraction = (state.epoch + step / self.settings.steps_per_epoch) / self.settings.max_epochs
                on_progress(FitProgress(fraction, state.epoch + 1, losses[-1], state.history[-1]["validation_loss"] if state.history else None))
        return float(np.mean(losses))

    def _changed(self, tile: Tile, rng: np.random.Generator) -> Tile:
        return tile.turned(rng=rng).relit(self.settings.mean_spread, self.settings.deviation_spread, rng=rng)

    def _learn(self, tiles: Sequence[Tile]) -> float:
        """Add the gradients of a step: window by window in one batch, or tile after tile."""
        weights = _balance(tiles)
        if tiles[0].solid.size == 1:
            windows, solid = torch.from_numpy(np.stack([tile.pixels for tile in tiles])), np.array([tile.solid.item() for tile in tiles])
            loss = _loss(self.network(windows), solid, weights)
            cast(Any, loss).backward()
            return loss.item()
        total = 0.0
        for tile in tiles:
            loss = _loss(self.network.dense(torch.from_numpy(np.ascontiguousarray(tile.pixels))), tile.solid, weights)
            cast(Any, loss).backward()
            total += loss.item()
        return total

    def _validation_loss(self, tiles: BalancedTiles) -> float:
        """Balanced cross-entropy of the same tiles after every epoch."""
        drawn = tiles.draw(self.settings.validation_tiles, rng=np.random.default_rng([self.seed, 2**32]))
        weights = _balance(drawn)
        self.network.eval()
        with torch.inference_mode():
            losses = [_loss(self.network.dense(torch.from_numpy(tile.pixels)), tile.solid, weights).item() for tile in drawn]
        return float(np.sum(losses))


class _NoSchedule:
    """Stands where a training state has its schedule; the learning rate follows from the number of the epoch."""

    def step(self, _: float) -> None:
        """Do nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Load nothing."""


def _balance(tiles: Sequence[Tile]) -> tuple[float, float]:
    """Return the weights of a pore pixel and of a solid one that make both phases count the same, and all pixels together 1."""
    n_solid = sum(int(np.count_nonzero(tile.solid)) for tile in tiles)
    n_pore = sum(tile.solid.size for tile in tiles) - n_solid
    share = 0.5 if n_solid and n_pore else 1.0
    return share / max(n_pore, 1), share / max(n_solid, 1)


def _loss(logits: Tensor, solid: np.ndarray[Any, Any], weights: tuple[float, float]) -> Tensor:
    truth = torch.from_numpy(solid.astype(np.float32))
    return functional.binary_cross_entropy_with_logits(logits, truth, torch.where(truth > 0, weights[1], weights[0]), reduction="sum")

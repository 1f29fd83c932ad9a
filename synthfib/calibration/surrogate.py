"""Teaches the learned simulator what Monte Carlo sees."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synthfib._version import __version__
from synthfib.calibration.pairs import Pair
from synthfib.data.milling import MillingPlan
from synthfib.errors import InputError
from synthfib.simulators.base import OnProgress
from synthfib.simulators.conditions import Conditions, conditions_of
from synthfib.simulators.depth_sums import DepthSums
from synthfib.simulators.depth_weights import KINDS, kind_of
from synthfib.simulators.surrogate.cones import DEPTH_LIMITS, N_AVERAGES, Averages, depth_intervals
from synthfib.simulators.surrogate.mirroring import summed_layers
from synthfib.simulators.surrogate.network import PixelNetwork
from synthfib.simulators.surrogate.weights import TrainedNetwork, write_weights
from synthfib.training.determinism import reproducible

#: Called after every epoch with its number, how many there are, and the loss.
OnEpoch = Callable[[int, int, float], None]

#: Every so many-th pair is not trained on but tells the error.
HELD_OUT = 20

# Error beside the noise at which an example counts as well learned, in units of its contrast.
_AIM = 0.03


@dataclass(frozen=True, slots=True)
class SurrogateTraining:
    """How to train.

    Parameters
    ----------
    width : int
        Hidden units per layer.
    epochs : int
        Passes over all pixels.
    batch_size : int
        Pixels per step.
    learning_rate : float
        Of Adam at the beginning; it falls to zero along a cosine.
    seed : int
        Decides first weights and the order of pixels.
    threads : int
        Threads; other numbers give other last digits.
    """

    width: int = 64
    epochs: int = 45
    batch_size: int = 8192
    learning_rate: float = 4e-3
    seed: int = 0
    threads: int = 2

    def run(self, pairs: Sequence[Pair], *, on_epoch: OnEpoch | None = None) -> PixelNetwork:
        """Return a trained network.

        Raises
        ------
        InputError
            If no pair has any contrast.
        """
        with reproducible(seed=self.seed, threads=self.threads):
            examples = Examples(pairs)
            network = PixelNetwork(self.width)
            network.mean[:] = examples.numbers.mean(0)
            network.deviation[:] = examples.numbers.std(0)
            optimizer = torch.optim.AdamW(network.parameters(), self.learning_rate, weight_decay=1e-4)
            steps = -(-len(examples.brightness) // self.batch_size)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.learning_rate, total_steps=self.epochs * steps, pct_start=0.03)
            for epoch in range(1, self.epochs + 1):
                loss_sum = 0.0
                for pixels in torch.split(torch.randperm(len(examples.brightness)), self.batch_size):
                    optimizer.zero_grad(set_to_none=True)
                    loss = examples.loss(network, pixels)
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                    schedule.step()
                    loss_sum += loss.item()
                if on_epoch:
                    on_epoch(epoch, self.epochs, loss_sum / steps)
        return network


class Examples:
    """The pixels of many pairs.

    Parameters
    ----------
    pairs : sequence of Pair
        Those without contrast are left out.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        found = [(pair, scene) for pair in pairs if (scene := conditions_of(pair.volume, pair.energy_kev)).contrast > 0]
        if not found:
            raise InputError("Training needs at least one pair with two phases.")
        self.numbers = torch.from_numpy(np.stack([scene.numbers for _, scene in found]))
        self.averages = torch.cat([averages_of(pair, scene).half() for pair, scene in found])
        self.brightness = torch.cat([torch.from_numpy((pair.yields.ravel() - s.darkest) / np.float32(s.contrast)) for pair, s in found])
        weights = np.array([1 / (pair.noise_variance / scene.contrast**2 + _AIM**2) for pair, scene in found])
        self.weights = torch.from_numpy((weights / weights.mean()).astype(np.float32))
        self.scene = torch.repeat_interleave(torch.arange(len(found)), torch.tensor([pair.yields.size for pair, _ in found]))

    def loss(self, network: PixelNetwork, pixels: Tensor) -> Tensor:
        """Return the squared error of some pixels, weighted by how certain their scenes are."""
        scene = self.scene[pixels]
        found = network(self.averages[pixels].float(), self.numbers[scene])
        error: Tensor = ((found - self.brightness[pixels]) ** 2 * self.weights[scene]).mean()
        return error


def averages_of(pair: Pair, scene: Conditions) -> Tensor:
    """Return what the network is given of each pixel of a pair, float32 ``(pixel, average)``."""
    z_nm, y_nm, x_nm = pair.volume.voxel_size_nm
    depth_layers = scene.depth_nm / z_nm
    summed = summed_layers(pair.volume.labels, scene.brightness, 0, int(DEPTH_LIMITS[-1] * depth_layers) + 2)
    ((_, sums),) = DepthSums(pair.volume, MillingPlan(np.zeros(1), (y_nm, x_nm)), scene)
    averages = Averages(pair.volume.shape[1:], (scene.depth_nm / y_nm, scene.depth_nm / x_nm), torch.device("cpu"))
    found = averages(depth_intervals(summed, 0.0, depth_layers), torch.from_numpy(np.moveaxis(sums, 2, 0).copy()))
    return found.reshape(N_AVERAGES, -1).T.contiguous()


def train_surrogate(pairs: Sequence[Pair], training: SurrogateTraining, out: Path, *, on_progress: OnProgress | None = None) -> TrainedNetwork:
    """Train on all but every twentieth pair, measure the error on those, and write the weights to `out`.

    Parameters
    ----------
    pairs : sequence of Pair
        Monte Carlo images.
    training : SurrogateTraining
        How to train.
    out : pathlib.Path
        Weights to write, safetensors.
    on_progress : callable, optional
        Called with the share of the work done and a word on it.

    Raises
    ------
    InputError
        If there are too few pairs, or none has any contrast.
    """
    learned = [pair for index, pair in enumerate(pairs) if index % HELD_OUT]
    unseen = [pair for index, pair in enumerate(pairs) if index % HELD_OUT == 0]

    def tell(epoch: int, epochs: int, loss: float) -> None:
        if on_progress:
            on_progress(epoch / epochs, f"epoch {epoch} of {epochs}, loss {loss:.4f}")

    network = training.run(learned, on_epoch=tell).eval()
    numbers = np.array([conditions_of(pair.volume, pair.energy_kev).numbers for pair in learned], np.float64)
    errors = {name: _error_percent(network, [pair for pair in unseen if kind_of(_scene(pair)) == kind]) for kind, name in enumerate(KINDS)}
    notes = {"pairs": len(pairs), "epochs": training.epochs, "seed": training.seed, "synthfib": __version__}
    trained = TrainedNetwork(network, numbers.min(axis=0), numbers.max(axis=0), errors)
    write_weights(out, trained, notes)
    return trained


def _scene(pair: Pair) -> Conditions:
    return conditions_of(pair.volume, pair.energy_kev)


def _error_percent(network: PixelNetwork, pairs: Sequence[Pair]) -> float:
    """Return the root mean square error in percent of the contrast, the noise of Monte Carlo taken off; NaN without pairs."""
    squares = []
    for pair in pairs:
        scene = _scene(pair)
        if scene.contrast > 0:
            with torch.inference_mode():
                found = network(averages_of(pair, scene), torch.from_numpy(scene.numbers)[None]).numpy()
            wanted = (pair.yields.ravel() - scene.darkest) / scene.contrast
            squares.append(float(((found - wanted) ** 2).mean()) - pair.noise_variance / scene.contrast**2)
    return 100 * math.sqrt(max(float(np.mean(squares)), 0.0)) if squares else float("nan")

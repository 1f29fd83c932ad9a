from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from synthfib.data.stack import Channel
from synthfib.errors import InputError
from synthfib.testing.segmenters import porous_corpus
from synthfib.training.determinism import reproducible, seed_from
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.loop import Training
from synthfib.training.networks import NETWORKS
from synthfib.training.progress import FitProgress
from synthfib.training.resume import TrainingState
from synthfib.training.settings import PRESETS, TrainingSettings
from synthfib.training.stacks import read_split

TINY = TrainingSettings(
    base_features=2,
    learning_rate=5e-3,
    batch_size=4,
    patch_size=32,
    patches_per_epoch=12,
    max_epochs=4,
    plateau_patience=1,
    plateau_factor=0.5,
    validation_slices=4,
)


def train(settings: TrainingSettings = TINY, *, seed: int = 3, **options: object) -> TrainingState:
    corpus = porous_corpus(shape=(6, 40, 40))
    training, validation = (read_split(corpus, split, (Channel(2.0),), PercentileScaling()) for split in ("train", "validation"))
    with reproducible(seed=seed, threads=1):
        network = NETWORKS["unet-2d"](in_channels=3, base_features=settings.base_features)
        return Training(network, training, validation, settings, FieldOfView(2, 3), seed).run(**options)  # type: ignore[arg-type]


def weights_of(state: TrainingState) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in state.network.state_dict().values())


class InterruptedAt:
    """Behaves like Ctrl-C at the first step of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def __call__(self, progress: FitProgress) -> None:
        if progress.epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def undisturbed() -> TrainingState:
    return train()


def test_training_learns(undisturbed: TrainingState) -> None:
    losses = [epoch["training_loss"] for epoch in undisturbed.history]
    assert len(losses) == TINY.max_epochs
    assert losses[-1] < losses[0]


def test_same_seed_same_weights_other_seed_other_weights(undisturbed: TrainingState) -> None:
    assert weights_of(train()) == weights_of(undisturbed)
    assert weights_of(train(seed=4)) != weights_of(undisturbed)


@pytest.mark.parametrize("epoch", [2, 4])
def test_an_interrupted_run_resumes_to_the_same_bits(epoch: int, tmp_path: Path, undisturbed: TrainingState) -> None:
    file = tmp_path / "last.pt"
    with pytest.raises(KeyboardInterrupt):
        train(state_file=file, on_progress=InterruptedAt(epoch))
    content = torch.load(file, weights_only=True)
    assert len(content["history"]) == epoch - 1
    resumed = train(state_file=file)
    assert weights_of(resumed) == weights_of(undisturbed)
    assert resumed.history == undisturbed.history
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


def test_a_finished_run_can_be_prolonged(tmp_path: Path, undisturbed: TrainingState) -> None:
    file = tmp_path / "last.pt"
    train(replace(TINY, max_epochs=2), state_file=file)
    assert weights_of(train(state_file=file)) == weights_of(undisturbed)


def test_the_state_of_another_run_and_damaged_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    train(replace(TINY, max_epochs=1), state_file=file, fingerprint="one")
    with pytest.raises(InputError, match="other settings, data or seed"):
        train(state_file=file, fingerprint="two")
    content = file.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"not a state"):
        file.write_bytes(damaged)
        with pytest.raises(InputError, match="cannot be read"):
            train(state_file=file, fingerprint="one")


def test_the_state_file_executes_nothing(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "executed",)  # type: ignore[return-value]

    file = tmp_path / "last.pt"
    torch.save({"format": Trap()}, file)
    with pytest.raises(InputError, match="cannot be read"):
        train(state_file=file)
    assert not (tmp_path / "executed").exists()


def test_the_best_epoch_is_restored_and_stopping_is_early(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.5, 0.2, 0.3, 0.4, 0.1])
    weights: list[bytes] = []

    def validation_loss(run: Training) -> float:
        weights.append(_bytes(run.network))
        return next(losses)

    monkeypatch.setattr(Training, "_validation_loss", validation_loss)
    state = train(replace(TINY, max_epochs=9, stop_patience=2))
    assert state.epoch == 4
    assert state.best_epoch == 2
    assert weights_of(state) == weights[1]


def test_a_loss_that_is_no_number_ends_training(undisturbed: TrainingState) -> None:
    with pytest.raises(InputError, match=r"diverged in epoch 5: .* smaller learning_rate"):
        undisturbed.close_epoch(float("nan"), 0.1)
    assert undisturbed.epoch == 4


def test_the_learning_rate_shrinks_on_a_plateau(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.5, 0.5, 0.5, 0.5])
    monkeypatch.setattr(Training, "_validation_loss", lambda _: next(losses))
    rates = [epoch["learning_rate"] for epoch in train().history]
    assert rates == pytest.approx([5e-3, 5e-3, 5e-3, 2.5e-3])


def test_progress_rises_to_one_and_carries_losses() -> None:
    seen: list[FitProgress] = []
    train(on_progress=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(seen) >= TINY.max_epochs * TINY.steps_per_epoch
    assert seen[0].validation_loss is None
    assert seen[-1].validation_loss is not None
    assert seen[-1].epoch == TINY.max_epochs


def test_a_time_budget_ends_training() -> None:
    assert train(replace(TINY, max_epochs=1000, max_seconds=0.5)).epoch < 1000
    assert train(replace(TINY, max_seconds=1e-9)).epoch == 1


def test_global_state_of_torch_is_put_back() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    with reproducible(seed=1, threads=threads + 1):
        torch.rand(7)
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.rand(3), expected)


def test_seeds() -> None:
    assert seed_from(12) == 12
    assert seed_from(np.random.default_rng(1)) == seed_from(np.random.default_rng(1))
    with pytest.raises(InputError, match="0 or more"):
        seed_from(-1)


@pytest.mark.parametrize("change", [{"learning_rate": 0.0}, {"max_epochs": -1}, {"max_seconds": 0.0}, {"plateau_factor": 1.0}])
def test_settings_are_checked(change: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        replace(PRESETS["fast"], **change)  # type: ignore[arg-type]


def _bytes(network: torch.nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())

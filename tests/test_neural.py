from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from synthfib.data.stack import Channel
from synthfib.errors import InputError, UnknownNameError
from synthfib.segmentation.checkpoints import load_checkpoint
from synthfib.segmentation.choosing import ready_segmenter
from synthfib.segmentation.fusion import EarlyFusion, IntermediateFusion, LateFusion, VotingFusion
from synthfib.segmentation.neural import NeuralSegmenter
from synthfib.segmentation.registry import SEGMENTERS
from synthfib.segmentation.unet import ResidualUNet, ResNet18UNet, UNet
from synthfib.segmentation.unet_3d import ResidualUNet3D, ResNet18UNet3D, UNet3D, VNet
from synthfib.testing.segmenters import StacksInMemory, porous_corpus, porous_stack
from synthfib.training.networks.residual_unet import residual_unet
from synthfib.training.progress import FitProgress
from synthfib.training.settings import TrainingSettings

TINY = TrainingSettings(
    base_features=2, learning_rate=5e-3, batch_size=2, patch_size=32, patch_slices=16, patches_per_epoch=4, max_epochs=2, validation_slices=2
)
VOLTAGES = (Channel(1.0), Channel(2.0), Channel(4.0))
CHEAP = (UNet, ResidualUNet, UNet3D, ResidualUNet3D, EarlyFusion, IntermediateFusion, LateFusion, VotingFusion)
LARGE = (ResNet18UNet, VNet, ResNet18UNet3D)
ALL = [*CHEAP, *(pytest.param(method, marks=pytest.mark.slow) for method in LARGE)]


def settings_of(method: type[NeuralSegmenter]) -> TrainingSettings:
    if method is VNet:
        return replace(TINY, base_features=16)
    return replace(TINY, patch_size=64, patch_slices=32) if method in (ResNet18UNet, ResNet18UNet3D) else TINY


def corpus_for(method: type[NeuralSegmenter]) -> StacksInMemory:
    return porous_corpus(VOLTAGES, (32, 64, 64) if method is ResNet18UNet3D else (4, 64, 64) if method is ResNet18UNet else (16, 32, 40))


def new(method: type[NeuralSegmenter]) -> NeuralSegmenter:
    return method(3 if method in (EarlyFusion, IntermediateFusion, LateFusion, VotingFusion) else None, settings=settings_of(method), threads=1)


class InterruptedAt:
    """Behaves like Ctrl-C after a number of steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __call__(self, progress: FitProgress) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("method", ALL)
def test_stopped_resumed_saved_and_loaded_it_predicts_the_same(method: type[NeuralSegmenter], tmp_path: Path) -> None:
    corpus, stack = corpus_for(method), porous_stack(9, (5, 37, 50), VOLTAGES)
    whole, parts = new(method), new(method)
    whole.fit(corpus, rng=5)
    for steps in (4, 3):
        with pytest.raises(KeyboardInterrupt):
            parts.fit(corpus, rng=5, state_file=tmp_path / "last.pt", on_progress=InterruptedAt(steps))
    parts.fit(corpus, rng=5, state_file=tmp_path / "last.pt")
    files = [model.save(tmp_path / name) for model, name in ((whole, "whole"), (parts, "parts"))]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert whole.card == parts.card
    again = load_checkpoint(files[0])
    assert type(again) is SEGMENTERS.load(method.name) is method
    assert again.describe(stack) == whole.describe(stack)
    expected = whole.predict(stack)
    assert expected.shape == (5, 37, 50)
    np.testing.assert_array_equal(again.predict(stack), expected)


@pytest.mark.parametrize("method", [*CHEAP, *LARGE])
def test_presets_are_named_and_published_ones_have_the_published_batch(method: type[NeuralSegmenter]) -> None:
    assert set(method.presets) == {"fast", "paper"}
    flat = not method.network.endswith("3d")
    assert method.presets["paper"].batch_size == (64 if flat else 1)
    assert method.presets["paper"].patch_size == 64
    assert method.presets["paper"].learning_rate <= 1e-4 < method.presets["fast"].learning_rate
    assert method(settings="paper").settings is method.presets["paper"]
    assert method.reference


def test_a_network_can_look_at_some_landing_energies_only() -> None:
    corpus = porous_corpus(VOLTAGES, (4, 32, 32))
    stack = porous_stack(9, (3, 32, 32), VOLTAGES)
    for energies, named in ((2.0, ["2 keV bse"]), ((4.0, 1.0), ["1 keV bse", "4 keV bse"])):
        model = ResidualUNet(1, energies_kev=energies, settings=TINY, threads=1)
        model.fit(corpus, rng=1)
        assert model.describe(stack)["channels"] == named
        assert model.card.network.in_channels == len(named)
        only = [channel for channel in VOLTAGES if str(channel) in named]
        picked = replace(stack, images=stack.images[[VOLTAGES.index(channel) for channel in only]], channels=tuple(only))
        np.testing.assert_array_equal(model.predict(stack), model.predict(picked))
    with pytest.raises(InputError, match=r"Images at 3, 5 keV are required, the corpus has 1 keV bse, 2 keV bse, 4 keV bse"):
        UNet(energies_kev=(5.0, 3.0, 1.0), settings=TINY).fit(corpus, rng=1)


def test_a_branch_of_late_fusion_is_the_network_that_learns_alone() -> None:
    corpus = porous_corpus(VOLTAGES[:2], (4, 32, 32))
    late, alone = LateFusion(3, settings=TINY, threads=1), ResidualUNet(3, energies_kev=2.0, settings=TINY, threads=1)
    late.fit(corpus, rng=3)
    alone.fit(corpus, rng=3)
    assert late._network is not None
    assert alone._network is not None
    branch = late._network.get_submodule("branches.1").state_dict()
    assert all(torch.equal(branch[name], tensor) for name, tensor in alone._network.state_dict().items())


def test_votes_are_told_and_lean_to_the_better_channel() -> None:
    corpus = porous_corpus((Channel(0.5), Channel(4.0)), (6, 40, 40))
    noisy = {name: replace(stack, images=np.stack([stack.images[0], np.roll(stack.images[1], 17, axis=-1)])) for name, stack in corpus.stacks.items()}
    model = VotingFusion(1, settings=replace(TINY, base_features=4, patches_per_epoch=24, max_epochs=4), threads=1)
    model.fit(StacksInMemory(noisy), rng=1)
    weights = model.describe(noisy["test-000"])["weights"]
    assert list(weights) == ["0.5 keV bse", "4 keV bse"]
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["0.5 keV bse"] > 0.55


def test_describe_counts_parameters() -> None:
    model = ResidualUNet(1, settings=TINY, threads=1)
    model.fit(porous_corpus(shape=(2, 32, 32)), rng=1)
    network = residual_unet(dimensions=2, in_channels=1, base_features=2)
    assert model.describe(porous_stack(9, (2, 32, 32)))["parameters"] == sum(parameter.numel() for parameter in network.parameters())


def test_progress_of_several_stages_rises_to_one() -> None:
    seen: list[FitProgress] = []
    LateFusion(1, settings=TINY, threads=1).fit(porous_corpus(VOLTAGES[:2], (2, 32, 32)), rng=1, on_progress=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_the_state_of_another_fusion_is_refused(tmp_path: Path) -> None:
    corpus, file = porous_corpus(VOLTAGES[:2], (2, 32, 32)), tmp_path / "last.pt"
    LateFusion(1, settings=TINY, threads=1).fit(corpus, rng=1, state_file=file)
    for other, seed in ((VotingFusion, 1), (LateFusion, 2)):
        with pytest.raises(InputError, match="other settings"):
            other(1, settings=TINY, threads=1).fit(corpus, rng=seed, state_file=file)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(InputError, match="cannot be read"):
        LateFusion(1, settings=TINY, threads=1).fit(corpus, rng=1, state_file=file)


def test_corpora_that_cannot_be_learned_from_are_refused() -> None:
    one_voltage = porous_corpus(shape=(4, 32, 32))
    for method in (EarlyFusion, IntermediateFusion, LateFusion, VotingFusion):
        with pytest.raises(InputError, match="fuses 2 or more channels, got 2 keV bse"):
            method(settings=TINY).fit(one_voltage, rng=1)
    with pytest.raises(InputError, match="blocks of 16 slices or more, the stacks have 4"):
        UNet3D(settings=TINY).fit(one_voltage, rng=1)
    with pytest.raises(InputError, match="64 x 64 pixels, the smallest side is 32"):
        ResNet18UNet(settings=TINY).fit(one_voltage, rng=1)
    with pytest.raises(InputError, match="patches of at least 32 x 32 pixels, got patch_size 16"):
        UNet(settings=replace(TINY, patch_size=16)).fit(one_voltage, rng=1)
    with pytest.raises(InputError, match="16 features"):
        VNet(settings=TINY).fit(porous_corpus(shape=(16, 32, 32)), rng=1)


@pytest.mark.parametrize(("label", "missing"), [(0, "solid"), (1, "pore")])
def test_a_phase_that_is_missing_in_training_is_told(label: int, missing: str) -> None:
    corpus = porous_corpus(shape=(4, 32, 32))
    bare = {name: replace(stack, labels=np.full(stack.shape[1:], label, np.uint8)) for name, stack in corpus.stacks.items()}
    with pytest.raises(InputError, match=f"hold no {missing}"):
        UNet(settings=TINY).fit(StacksInMemory(bare), rng=1)


def test_arguments_that_do_not_fit_the_network_are_refused() -> None:
    with pytest.raises(InputError, match="adjacent_slices must be 1"):
        UNet3D(3)
    with pytest.raises(InputError, match="1, 3, 5, 7 or 9"):
        ResidualUNet(2)
    for energies in ("1,2", [1.0, None]):
        with pytest.raises(InputError, match="must be numbers of keV"):
            UNet(energies_kev=energies)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="got none"):
        UNet(energies_kev=())
    with pytest.raises(UnknownNameError, match="paper"):
        VNet(settings="papers")


class TestCheckpoints:
    @pytest.fixture
    def saved(self, tmp_path: Path) -> Path:
        model = ResidualUNet(1, settings=TINY, threads=1)
        model.fit(porous_corpus(shape=(2, 32, 32)), rng=1)
        return model.save(tmp_path / "model")

    def edit(self, saved: Path, **change: object) -> None:
        card = saved.with_suffix(".json")
        card.write_text(json.dumps(json.loads(card.read_text()) | change))

    def test_of_another_model_they_are_refused(self, saved: Path) -> None:
        with pytest.raises(InputError, match=r"of the model 'unet' is required, .* is one of 'residual-unet'"):
            UNet.load(saved)
        self.edit(saved, model="unet-3d")
        with pytest.raises(InputError, match="'unet-3d' is required"):
            load_checkpoint(saved)

    def test_an_old_card_without_a_model_is_of_a_unet(self, tmp_path: Path) -> None:
        model = UNet(1, settings=TINY, threads=1)
        model.fit(porous_corpus(shape=(2, 32, 32)), rng=1)
        card = json.loads((file := model.save(tmp_path / "model")).with_suffix(".json").read_text())
        new_settings = ("patch_slices", "contrast", "brightness", "stretch", "rotation_deg", "squared_dice")
        old = {**card, "settings": {key: value for key, value in card["settings"].items() if key not in new_settings}}
        del old["model"]
        file.with_suffix(".json").write_text(json.dumps(old))
        again = load_checkpoint(file)
        assert type(again) is UNet
        stack = porous_stack(9, (2, 32, 32))
        np.testing.assert_array_equal(again.predict(stack), model.predict(stack))

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"model": "os.system"}, "Unknown model"),
            ({"model": "otsu"}, "needs no training"),
            ({"model": 7}, "names no model"),
            ({"network": {"name": "late-fusion-2d", "in_channels": 1, "base_features": 2, "branches": 2}}, "one branch for each of its 1 channels"),
            ({"network": {"name": "residual-unet-3d", "in_channels": 1, "base_features": 2}}, "do not fit"),
            ({"network": {"name": "unet-3d", "in_channels": 1, "base_features": 512}}, "do not fit"),  # 6 GB, if it were built
            ({"network": {"name": "vnet-3d", "in_channels": 1, "base_features": 2}}, "16 features"),
        ],
    )
    def test_edited_cards_are_refused(self, saved: Path, change: dict[str, object], sentence: str) -> None:
        self.edit(saved, **change)
        with pytest.raises(InputError, match=sentence) as caught:
            load_checkpoint(saved)
        assert "\n" not in str(caught.value)

    def test_weights_with_code_in_them_are_not_executed(self, saved: Path, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[object, tuple[Path]]:
                return Path.touch, (tmp_path / "executed",)

        torch.save({"weights": Trap()}, saved)
        with pytest.raises(InputError, match="damaged or do not belong"):
            load_checkpoint(saved)
        assert not (tmp_path / "executed").exists()

    def test_missing_and_foreign_files_are_refused(self, saved: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="two files"):
            load_checkpoint(tmp_path / "nothing.safetensors")
        saved.with_suffix(".json").write_text("[[")
        with pytest.raises(InputError, match="is not JSON"):
            load_checkpoint(saved)

    def test_choosing_takes_files_and_names_without_training(self, saved: Path) -> None:
        assert type(ready_segmenter(str(saved), threads=1)) is ResidualUNet
        with pytest.raises(InputError, match="'fusion-late' must be trained first"):
            ready_segmenter("fusion-late")
        assert type(ready_segmenter("otsu")) is SEGMENTERS.load("otsu")

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from synthfib.data.stack import Channel
from synthfib.errors import InputError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.segmentation.kmeans import KMeans
from synthfib.segmentation.unet import UNet
from synthfib.testing.segmenters import porous_corpus, porous_stack
from synthfib.training import whole_slices
from synthfib.training.model_card import NetworkRecord
from synthfib.training.settings import PRESETS, TrainingSettings

TINY = TrainingSettings(base_features=2, learning_rate=5e-3, batch_size=4, patch_size=32, patches_per_epoch=8, max_epochs=1, validation_slices=2)
TWO_CHANNELS = (Channel(1.0), Channel(4.0))


@pytest.fixture(scope="module")
def model() -> UNet:
    unet = UNet(3, settings=TINY, threads=1)
    unet.fit(porous_corpus(TWO_CHANNELS, (6, 40, 40)), rng=1)
    return unet


@pytest.fixture
def saved(model: UNet, tmp_path: Path) -> Path:
    return model.save(tmp_path / "model.v1")


def test_it_beats_k_means_by_a_margin() -> None:
    corpus = porous_corpus(shape=(12, 64, 64))
    settings = replace(PRESETS["fast"], base_features=8, patches_per_epoch=160, patch_size=48, max_epochs=4, validation_slices=4)
    unet = UNet(7, settings=settings, threads=1)
    unet.fit(corpus, rng=1)
    test = corpus.read("test-000")
    assert test.labels is not None
    learned, clustered = (scores(Confusion.of(method.predict(test), test.labels))["mean_dice"] for method in (unet, KMeans()))
    assert learned > clustered + 0.05


@pytest.mark.parametrize("adjacent_slices", [1, 3, 5, 7, 9])
def test_inputs_are_channels_times_adjacent_slices(adjacent_slices: int) -> None:
    unet = UNet(adjacent_slices, settings=TINY, threads=1)
    unet.fit(porous_corpus(TWO_CHANNELS, (4, 32, 32)), rng=1)
    assert unet.card.network.in_channels == 2 * adjacent_slices
    stack = porous_stack(9, (3, 33, 34), TWO_CHANNELS)
    assert unet.predict(stack).shape == (3, 33, 34)


def test_saved_and_loaded_it_predicts_the_same(model: UNet, saved: Path) -> None:
    stack = porous_stack(9, (5, 37, 50), TWO_CHANNELS)
    expected = model.predict(stack)
    for name in ("model.v1", "model.v1.safetensors", "model.v1.json"):
        again = UNet.load(saved.with_name(name))
        np.testing.assert_array_equal(again.predict(stack), expected)
        assert again.describe(stack) == model.describe(stack)
    assert sorted(path.name for path in saved.parent.iterdir()) == ["model.v1.json", "model.v1.safetensors"]


def test_the_card_says_how_the_network_came_about(model: UNet, saved: Path) -> None:
    card = json.loads(saved.with_suffix(".json").read_text())
    corpus = porous_corpus(TWO_CHANNELS, (6, 40, 40))
    assert card["network"] == {"name": "unet-2d", "in_channels": 6, "base_features": 2}
    assert card["adjacent_slices"] == 3
    assert card["channels"] == [{"energy_kev": 1.0, "detector": "bse"}, {"energy_kev": 4.0, "detector": "bse"}]
    assert card["pixel_size_nm"] == [2.5, 2.5]
    assert card["mean_slice_thickness_nm"] == 10.0
    assert card["corpus"] == {"name": corpus.name, "version": corpus.version, "digest": corpus.digest}
    assert (card["seed"], card["threads"]) == (1, 1)
    assert len(card["history"]) == 1
    assert card["settings"]["learning_rate"] == TINY.learning_rate


def test_channels_are_matched_by_energy_and_detector(model: UNet) -> None:
    stack = porous_stack(9, (3, 32, 32), (Channel(4.0), Channel(2.0), Channel(1.0)))
    picked = replace(stack, images=stack.images[[2, 0]], channels=(Channel(1.0), Channel(4.0)))
    np.testing.assert_array_equal(model.predict(stack), model.predict(picked))
    with pytest.raises(InputError, match="1 keV bse is required"):
        model.predict(porous_stack(9, (3, 32, 32), (Channel(4.0), Channel(2.0))))


def test_memory_is_bounded_by_batches_of_faces(model: UNet, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = porous_stack(9, (5, 32, 48), TWO_CHANNELS)
    expected = model.predict(stack)
    seen: list[int] = []
    network = model._network
    assert network is not None
    monkeypatch.setattr(whole_slices, "_PIXELS_AT_ONCE", 2 * 32 * 48)
    hook = network.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    found = model.predict(stack)
    hook.remove()
    assert seen == [2, 2, 1]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_training_resumes_to_the_same_weights(tmp_path: Path) -> None:
    corpus, settings = porous_corpus(shape=(4, 32, 32)), replace(TINY, max_epochs=3)
    whole, parts = (UNet(1, settings=settings, threads=1) for _ in range(2))
    whole.fit(corpus, rng=5)
    with pytest.raises(ZeroDivisionError):
        parts.fit(corpus, rng=5, state_file=tmp_path / "last.pt", on_progress=lambda progress: 1 // (3 - progress.epoch))  # type: ignore[arg-type]
    parts.fit(corpus, rng=5, state_file=tmp_path / "last.pt")
    assert whole.save(tmp_path / "whole").read_bytes() == parts.save(tmp_path / "parts").read_bytes()
    assert whole.card == parts.card
    with pytest.raises(InputError, match="other settings"):
        parts.fit(corpus, rng=6, state_file=tmp_path / "last.pt")


@pytest.mark.parametrize("ending", [".safetensors", ".json"])
def test_damaged_and_missing_files_are_refused(saved: Path, ending: str) -> None:
    file = saved.with_suffix(ending)
    content = file.read_bytes()
    for damaged in (content[:-9], b"", b"\xff" * 50):
        file.write_bytes(damaged)
        with pytest.raises(InputError, match="model"):
            UNet.load(saved)
    file.unlink()
    with pytest.raises(InputError, match="two files"):
        UNet.load(saved)


def test_weights_of_another_model_are_refused(saved: Path) -> None:
    weights = load_file(saved)
    save_file({name: tensor + 1 for name, tensor in weights.items()}, saved)
    with pytest.raises(InputError, match="do not belong"):
        UNet.load(saved)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "something-else@7"}, "format"),
        ({"adjacent_slices": 5}, "2 x 5"),
        ({"channels": [{"energy_kev": 1.0, "detector": "bse"}, {"energy_kev": -4.0, "detector": "bse"}]}, "landing energy"),
        ({"network": {"name": "unet-2d", "in_channels": 6, "base_features": 4}}, "do not fit"),
        ({"network": {"name": "os.system", "in_channels": 6, "base_features": 2}}, "network.name"),
        ({"settings": {"unheard_of": 1}}, "unheard_of"),
        ({"normalisation": {"kind": "percentiles-of-stack", "low_percent": 99.0, "high_percent": 1.0}}, "percentiles"),
    ],
)
def test_a_card_that_was_edited_is_refused(saved: Path, change: dict[str, object], sentence: str) -> None:
    file = saved.with_suffix(".json")
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(InputError, match=sentence) as caught:
        UNet.load(saved)
    assert "\n" not in str(caught.value)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="1, 3, 5, 7 or 9"):
        UNet(4)
    with pytest.raises(InputError, match="threads"):
        UNet(threads=0)
    with pytest.raises(UnknownNameError, match="fast"):
        UNet(settings="fats")
    with pytest.raises(InputError, match="not learned"):
        UNet().predict(porous_stack(0))
    with pytest.raises(InputError, match="not learned"):
        UNet().save("model")


def test_the_network_has_the_expected_size() -> None:
    network = NetworkRecord(in_channels=7, base_features=16).build()
    assert 490_000 < sum(parameter.numel() for parameter in network.parameters()) < 510_000
    assert network(torch.zeros(2, 7, 32, 48)).shape == (2, 1, 32, 48)

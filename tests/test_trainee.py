"""A model that is trained on its own: what it takes reaches it, and what it does not take is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthfib.benchmark.trainee import make_trainee
from synthfib.cli.options import named_values
from synthfib.errors import InputError
from synthfib.segmentation.sliding_window import CNN2D

Run = Callable[..., Any]


def trainee(model: str, **options: object) -> Any:
    return make_trainee(model, preset="fast", max_seconds=None, threads=1, options=options)


def test_options_and_training_settings_reach_the_model() -> None:
    network = trainee("2dcnn", size=11, slices=5, max_epochs=2)
    assert isinstance(network, CNN2D)
    assert (network.size, network.slices, network.settings.max_epochs) == (11, 5, 2)
    assert trainee("unet", energies_kev=(1, 2)).energies_kev == (1, 2)
    assert trainee("post-processed", segmenter="2dcnn", options={"size": 11}).segmenter.size == 11


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        ("unet", {"window": 3}, "takes the options adjacent_slices, energies_kev, got window; its training settings are base_features"),
        ("otsu", {}, "nothing to learn"),
        ("2dcnn", {"size": "big"}, "cannot take the options size=big"),
        ("unet", {"max_epochs": "many"}, "cannot take the options max_epochs=many"),
        ("unet", {"max_epochs": 0}, "max_epochs must be above 0"),
        ("random-forest", {"max_seconds": 3}, "leave out --max-seconds"),
    ],
)
def test_what_a_model_does_not_take_is_explained(model: str, options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        trainee(model, **options)
    assert "\n" not in str(caught.value)


def test_values_are_read_as_what_they_look_like() -> None:
    assert named_values(["size=33", "energies_kev=1, 2.5", "rate=1e-3", "squared_dice=true", "segmenter=2dcnn"], "--option") == {
        "size": 33,
        "energies_kev": (1, 2.5),
        "rate": 0.001,
        "squared_dice": True,
        "segmenter": "2dcnn",
    }


@pytest.mark.parametrize("texts", [["size"], ["size="], ["=3"], ["size=3", "size=5"]])
def test_half_an_option_is_refused(texts: list[str]) -> None:
    with pytest.raises(InputError, match="--option needs NAME=VALUE"):
        named_values(texts, "--option")


def test_the_command_names_what_is_there(synthfib: Run, tmp_path: Path) -> None:
    refused = synthfib("train", tmp_path, "--model", "2dcnn", "--option", "window=5", "--out", tmp_path / "model")
    assert refused.code == 2
    assert "takes the options filters, size, slices, got window" in refused.err
    assert not list(tmp_path.iterdir())

"""The numbered examples run, and make what they say."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import synthfib
from synthfib.catalogue import list_recipes
from synthfib.data.readers import read_volume

EXAMPLES = Path(__file__).parent.parent / "examples"


def load(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_every_example_says_how_to_run_it(path: Path) -> None:
    module = load(path.stem)
    assert callable(module.main)
    assert f"python examples/{path.name}" in (module.__doc__ or "")


def test_first_stack(tmp_path: Path) -> None:
    example = load("00_first_stack")
    example.main(tmp_path, (24, 40, 40))
    stack = synthfib.read_stack(tmp_path / "first-stack.h5")
    assert [channel.energy_kev for channel in stack.channels] == [1, 2, 4]
    assert (tmp_path / "first-stack.png").read_bytes().startswith(b"\x89PNG")
    # Shine-through grows with energy: pores get brighter, relative to solid.
    assert stack.labels is not None
    pore_over_solid = [float(images[stack.labels == 0].mean() / images[stack.labels > 0].mean()) for images in stack.images]
    assert np.all(np.diff(pore_over_solid) > 0)
    assert isinstance(example.draw(stack), Figure)


@pytest.mark.slow
def test_train_and_segment(tmp_path: Path) -> None:
    scores = load("10_train_and_segment").main(tmp_path, pixels=(64, 64), slices=8, seconds=20)
    assert set(scores) == {"kmeans", "unet"}
    assert all(0 < score["mean_dice"] <= 1 for score in scores.values())


def test_validate_depth_weighted(tmp_path: Path) -> None:
    load("20_validate_depth_weighted").main(tmp_path)
    assert any(path.suffix == ".png" for path in tmp_path.iterdir())


def test_structure_statistics(tmp_path: Path) -> None:
    load("50_structure_statistics").main(tmp_path, size=64, seeds=2)
    assert (tmp_path / "structure-statistics.png").read_bytes().startswith(b"\x89PNG")


def test_reconstruction(tmp_path: Path) -> None:
    load("80_reconstruction").main(tmp_path, shape=(48, 32, 40), rows=(4,), methods=("nearest", "cubic-spline"))
    assert (tmp_path / "reconstruction.png").read_bytes().startswith(b"\x89PNG")


def test_degradations(tmp_path: Path) -> None:
    micrograph = tmp_path / "micrograph.png"
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(micrograph)
    load("70_degradations").main(tmp_path, micrograph, size=64)
    for name in ("degradations", "degraded-presets", "degraded-beside-micrograph"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_gallery_shows_every_recipe_as_it_is(tmp_path: Path, synthfib: Callable[..., Any]) -> None:
    example = load("40_gallery")
    page = (EXAMPLES.parent / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert page == example.page(), "the recipes have changed; run: python examples/40_gallery.py docs"
    assert set(example.ENTRIES) == {recipe.name for recipe in list_recipes("material")}
    example.main(tmp_path, names=("calibration-sphere",))
    assert (tmp_path / "gallery" / "calibration-sphere.png").read_bytes().startswith(b"\x89PNG")
    command = example.command("calibration-sphere").split()[1:]
    out = [str(tmp_path / part) if part.startswith("structure.") else part for part in command]
    assert synthfib(*out).code == 0
    assert read_volume(tmp_path / "structure.h5").shape == example.ENTRIES["calibration-sphere"].shape


def test_electron_physics(tmp_path: Path) -> None:
    load("60_electron_physics").main(tmp_path, electrons=500, per_pixel=5, pixels=24, points=2)
    pictures = {path.name for path in tmp_path.iterdir()}
    assert pictures == {f"monte-carlo-{name}.png" for name in ("trajectories", "eta", "layers", "staircase", "voltages")}

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

Run = Callable[..., Any]
KEYS = (
    "noise_sd_solid",
    "noise_variance_slope",
    "curtaining_column_sd",
    "pore_brighter_than_solid_p5_percent",
    "otsu_pore_iou",
    "best_threshold_pore_iou",
    "pore_fraction",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stacks of 3 faces with pores in stripes, the second noisier, and the labels of both."""
    root = tmp_path_factory.mktemp("stacks")
    y, x = np.indices((128, 128))
    solid = np.broadcast_to(np.sin(x / 5) + np.sin(y / 7) > -0.6, (3, 128, 128))
    for name, sd, seed in (("quiet.tif", 6, 0), ("loud.tif", 12, 1)):
        grey = np.where(solid, 130, 70) + np.random.default_rng(seed).normal(0, sd, solid.shape)
        tifffile.imwrite(root / name, grey.clip(0, 255).astype(np.uint8), photometric="minisblack")
    (root / "labels").mkdir()
    for index, mask in enumerate(solid):
        Image.fromarray(mask.astype(np.uint8) * 255).save(root / "labels" / f"{index}.png")
    return root


def test_figures_of_a_stack_with_labels(synthfib: Run, folder: Path) -> None:
    done = synthfib("realism", folder / "quiet.tif", "--labels", folder / "labels", "--json")
    assert done.code == 0
    assert all(isinstance(done.json[key], float) for key in KEYS)
    assert done.json["noise_sd_solid"] == pytest.approx(6, rel=0.1)
    assert done.json["slices"] == 3
    assert len(done.json["power_spectrum"]["power"]) == 16


def test_without_labels_what_needs_them_is_null(synthfib: Run, folder: Path) -> None:
    found = synthfib("realism", folder / "quiet.tif", "--json").json
    assert found["noise_sd"] is not None
    assert found["otsu_pore_iou"] is None
    assert synthfib("realism", folder / "quiet.tif").out.count("\n") > 10


def test_a_classifier_is_tried_on_another_stack(synthfib: Run, folder: Path) -> None:
    asked = ("realism", folder / "loud.tif", "--against", folder / "quiet.tif", "--patch-pixels", "16", "--json")
    test = synthfib(*asked).json["two_sample_test"]
    assert test["accuracy"] > 0.9
    assert test["real_versus_real"]["accuracy"] < 0.7
    assert synthfib(*asked).json["two_sample_test"] == test
    assert "real from real" in synthfib(*asked[:-1]).out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("missing.tif",), "there is none"),
        (("notes.txt",), ".tif"),
        (("quiet.tif", "--labels", "missing"), "missing"),
        (("quiet.tif", "--energy-kev", "2"), "landing energy"),
        (("quiet.tif", "--against", "loud.tif", "--patch-pixels", "64"), "20 patches"),
    ],
)
def test_bad_input_is_one_sentence(synthfib: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], word: str) -> None:
    monkeypatch.chdir(folder)
    Path("notes.txt").write_text("no images")
    done = synthfib("realism", *arguments)
    assert done.code == 2
    assert word in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""

"""Alignment and thickness on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy import ndimage

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack

Run = Callable[..., Any]
MOVES = [(0, 0), (1, 0), (0, -2), (0, 0), (2, 1), (0, 0), (0, 3), (-1, 0), (0, 0), (0, 1)]


@pytest.fixture
def drifted(tmp_path: Path) -> Path:
    smooth = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((20, 96, 96)), 4, mode="wrap")
    clean = 60 + 120 * ndimage.gaussian_filter((smooth[::2] > 0.0).astype(float), (0, 1, 1))
    moved = np.stack([np.roll(face, by, axis=(0, 1)) for face, by in zip(clean, MOVES, strict=True)])
    noise = 5 * np.random.default_rng(2).standard_normal((2, *moved.shape))
    nominal = 10.0 * np.arange(10, dtype=np.float64)
    plan = MillingPlan(
        nominal, (2.5, 2.5), measured_positions_nm={"nominal": nominal, "ruler": nominal + 0.5 * (np.arange(10, dtype=np.float64) % 2)}
    )
    displacement_nm = np.broadcast_to(2.5 * np.array(MOVES), (2, 10, 2)).astype(np.float32)
    path = tmp_path / "drifted.h5"
    write_stack(path, ImageStack((moved + noise).clip(0, 255).astype(np.uint8), (Channel(1.0), Channel(2.0)), plan, displacement_nm=displacement_nm))
    return path


def test_align_writes_a_stack_with_less_drift(synthfib: Run, drifted: Path, tmp_path: Path) -> None:
    out = tmp_path / "aligned.h5"
    done = synthfib("align", drifted, "--out", out, "--reference-kev", "2", "--json")
    assert done.code == 0, done.err
    assert done.json["reference"] == "2 keV bse"
    assert np.shape(done.json["displacement_px"]) == (2, 10, 2)
    with h5py.File(drifted) as before, h5py.File(out) as after:
        spread = [float(np.asarray(file["displacement_nm"]).std(axis=(0, 1)).mean()) for file in (before, after)]
        assert spread[1] < 0.7 * spread[0]
    assert "true error" in synthfib("align", drifted, "--out", out, "--force", "--affine").out


def test_thickness_says_and_writes_positions(synthfib: Run, drifted: Path, tmp_path: Path) -> None:
    table = tmp_path / "positions.csv"
    done = synthfib("thickness", drifted, "--out", table, "--json")
    assert done.code == 0, done.err
    assert np.mean(done.json["thickness_nm"]) == pytest.approx(10.0, abs=1e-3)
    assert done.json["against_positions_of_the_stack"]["ruler"]["position_nm"] == pytest.approx(0.25)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "slice,images_nm"
    assert len(lines) == 11
    assert "ruler" in synthfib("thickness", drifted, "--mean-nm", "9").out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("align", "{stack}", "--out", "aligned.png"), ".h5"),
        (("align", "{stack}", "--out", "{folder}/a.h5", "--reference-kev", "5"), "5 keV"),
        (("thickness", "{stack}", "--mean-nm", "-1"), "above 0 nm"),
        (("thickness", "{stack}", "--mean-nm", "9", "--solid", "{stack}"), "choose one"),
    ],
)
def test_bad_input_is_one_sentence(synthfib: Run, drifted: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = synthfib(*(argument.format(stack=drifted, folder=tmp_path) for argument in arguments))
    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "a.h5").exists()

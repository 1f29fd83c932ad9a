"""`synthfib degrade`: what was drawn is kept, and what cannot be used is said in one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.readers import read_stack
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack

Run = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    images = np.random.default_rng(1).integers(60, 200, (2, 4, 48, 40), dtype=np.uint8)
    plan = MillingPlan(10.0 * np.arange(4, dtype=np.float64), (2.5, 2.5))
    write_stack(tmp_path / "stack.h5", ImageStack(images, (Channel(1.0), Channel(2.0)), plan))
    return tmp_path / "stack.h5"


def test_strengths_reach_the_file(synthfib: Run, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    shown = synthfib("degrade", file, "--with", "drift=4..6,drift.realignment=0.5,gaussian-noise=0.002", "--seed", "3", "--out", out, "--json")
    assert shown.code == 0
    told = shown.json["degradations"]
    kept = {step.name: dict(step.parameters) for step in read_stack(out).provenance.steps}
    assert told == kept
    assert 4 <= told["drift"]["step_nm"] <= 6
    assert told["drift"]["realignment"] == 0.5
    assert read_stack(out).displacement_nm is not None


def test_presets_and_the_same_seed(synthfib: Run, file: Path, tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        assert synthfib("degrade", file, "--preset", "bad-day", "--out", tmp_path / name).code == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert synthfib("degrade", file, "--out", tmp_path / "none.h5").code == 0
    assert np.array_equal(read_stack(tmp_path / "none.h5").images, read_stack(file).images)


def test_tiff_in_and_out(synthfib: Run, file: Path, tmp_path: Path) -> None:
    assert synthfib("degrade", file, "--preset", "published", "--out", tmp_path / "a.tif").code == 0
    assert synthfib("degrade", tmp_path / "a.tif", "--with", "line-noise=0.05", "--bit-depth", "16", "--out", tmp_path / "b.tif").code == 0
    assert read_stack(tmp_path / "b.tif").images.dtype == np.uint16


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--with", "drif=2"), "did you mean drift"),
        (("--with", "drift=-2"), "0 to 1000"),
        (("--with", "drift=3..2"), "lowest and highest"),
        (("--with", "drift=1..2..3"), "range LOW..HIGH"),
        (("--with", "drift"), "NAME=VALUE"),
        (("--with", "drift=much"), "numbers"),
        (("--with", "drift.stp_nm=1"), "did you mean step_nm"),
        (("--with", "point-spread=900"), "smaller than the image"),
        (("--with", "dose-noise=50,dose-noise.dwell_time_us=1"), "recorded already"),
        (("--preset", "badday"), "did you mean bad-day"),
        (("--bit-depth", "12"), "8 or 16"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(synthfib: Run, file: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    shown = synthfib("degrade", file, *arguments, "--out", tmp_path / "out.h5")
    assert shown.code == 2
    assert said in shown.err
    assert len(shown.err.strip().splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stack.h5"]


def test_a_stack_is_never_written_over_itself(synthfib: Run, file: Path) -> None:
    before = file.read_bytes()
    assert synthfib("degrade", file, "--with", "drift=5", "--out", file, "--force").code == 2
    assert file.read_bytes() == before

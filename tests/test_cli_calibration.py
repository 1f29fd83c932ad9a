"""Tables and weights are made anew from Monte Carlo images, and the fast simulators serve the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthfib.data.readers import read_stack

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calibration") / "pairs"


@pytest.mark.slow
def test_the_surrogate_and_the_weights_are_made_from_the_same_pairs(synthfib: Run, pairs: Path, tmp_path: Path) -> None:
    few = ("--pairs", pairs, "--count", 20, "--electrons-per-pixel", 1, "--json")
    trained = synthfib("train-surrogate", *few, "--epochs", 1, "--width", 4, "--out", tmp_path / "w.safetensors")
    assert trained.code == 0
    assert trained.json["rms_percent_of_contrast"].keys() == {"vacuum", "filled"}
    assert (tmp_path / "w.safetensors").exists()
    fitted = synthfib("calibrate", "depth-weighted", *few, "--out", tmp_path / "d.json")
    assert fitted.code == 0
    assert fitted.json["rms_percent_of_contrast"]["filled"] >= 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train-surrogate", "--out", "w.h5"), ".safetensors"),
        (("train-surrogate", "--out", "nowhere/w.safetensors"), "nowhere"),
        (("calibrate", "depth-weighted", "--out", "d.txt"), ".json"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_any_work(
    synthfib: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = synthfib(*arguments, "--pairs", "pairs", "--count", 20)
    assert refused.code == 2
    assert said in refused.err
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "pairs").exists()


def test_simulate_takes_the_surrogate_or_chooses(synthfib: Run, tmp_path: Path) -> None:
    structure = tmp_path / "s.h5"
    assert synthfib("generate", "nanoporous-gold", "--shape", "20,24,24", "--voxel-size-nm", "2.5", "--out", structure).code == 0
    for name in ("surrogate", "auto"):
        assert synthfib("simulate", structure, "--simulator", name, "--energies-kev", "2", "--out", tmp_path / f"{name}.h5").code == 0
    assert [step.name for step in read_stack(tmp_path / "surrogate.h5").provenance.steps].count("surrogate") == 1
    assert "monte-carlo" in [step.name for step in read_stack(tmp_path / "auto.h5").provenance.steps]
    refused = synthfib("simulate", structure, "--simulator", "surrogate", "--energies-kev", "8", "--out", tmp_path / "no.h5")
    assert refused.code == 2
    assert "0.5-6 keV" in refused.err

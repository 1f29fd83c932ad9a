"""The benchmark of slice thickness: its reconstructions, and the law that says what they misplace."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from synthfib.generators.leveled_wave import LeveledWave
from synthfib.physics.materials import material

PATH = Path(__file__).parent.parent / "benchmarks" / "slice_thickness_mimicking.py"
HNPG = LeveledWave((110.0, 15.0), 0.123, (material("epoxy"), material("gold")))


@pytest.fixture(scope="module")
def mimicking() -> Any:
    specification = importlib.util.spec_from_file_location(PATH.stem, PATH)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_planes_are_copied_from_the_faces_they_should_be(mimicking: Any) -> None:
    faces = np.array([0, 1, 5, 9])
    assert mimicking.nearest_face(faces).tolist() == [0, 1, 1, 1, 5, 5, 5, 5, 9, 9]
    assert mimicking.face_above(faces).tolist() == [0, 1, 1, 1, 1, 5, 5, 5, 5, 9]
    assert mimicking.assumed_face(faces).tolist() == [0, 0, 1, 1, 1, 1, 5, 5, 5, 5]


def test_splines_keep_the_faces_and_thin_layers_between_them(mimicking: Any) -> None:
    labels = np.repeat(np.array([0, 1, 1, 0], np.uint8), 4)[:, None, None] * np.ones((1, 40, 3), np.uint8)
    filled = mimicking.splined(labels, np.array([0, 4, 8, 12]))
    assert np.array_equal(filled[[0, 4, 8, 12]], labels[[0, 4, 8, 12]] > 0)
    assert filled[:, 0, 0].sum() == 9  # half-way on both sides: planes 2 to 10


def test_the_law_says_what_is_misplaced(mimicking: Any) -> None:
    """Measured minus predicted, 16 structures of 80 voxels, zero in the mean: false alarm 1e-4 for each of the four."""
    measured: list[list[float]] = []
    for seed in range(16):
        labels = HNPG.generate((80, 64, 64), (2.5, 2.5, 2.5), rng=seed).labels
        faces = mimicking.faces_of(10.16, 3.12, 80, seed)
        runs = [mimicking.copied(labels, source(faces), HNPG) for source in (mimicking.nearest_face, mimicking.face_above)]
        measured.append([run[name] - run[f"law_{name}"] for run in runs for name in ("mp", "mgp")])
    differences = np.array(measured)
    score = differences.mean(axis=0) / (differences.std(axis=0, ddof=1) / 4)
    assert np.abs(score).max() < t.isf(0.5e-4, 15), score
    assert (differences.std(axis=0, ddof=1) / 4)[0] < 0.15  # of about 4.8 %


def test_the_small_distance_law_is_the_limit(mimicking: Any) -> None:
    near, far = mimicking.law_percent(HNPG, np.array([0.1])), mimicking.law_percent(HNPG, np.array([2.7]))
    assert near["mp_small_distance"] == pytest.approx(near["mp"], rel=1e-3)
    assert far["mp"] < far["mp_small_distance"] < 1.05 * far["mp"]


def test_the_benchmark_runs(mimicking: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", [PATH.name, "--json", "--size", "48", "--structures", "2", "--plans", "1"])
    mimicking.main()
    document = json.loads(capsys.readouterr().out)
    nearest, above = (document["measured_percent"][name]["mp"][0] for name in ("nearest", "face_above"))
    assert 2 < nearest < above < 12
    assert set(document["published_percent"]) < set(document["measured_percent"])

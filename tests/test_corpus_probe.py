from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import synthfib
from synthfib.catalogue import CorpusRecipe, SplitSizes, dump_recipe, load_corpus, small_edition
from synthfib.corpus import probe
from synthfib.corpus.plan import CorpusPlan
from synthfib.corpus.probe import Piece, Probe, measure_plan
from synthfib.data.resources import forget_peak_memory, peak_memory_bytes

ROOT = Path(synthfib.__file__).parents[1]
PIECE = Piece(
    n_voxels=1000,
    n_pixels=100,
    resting_bytes=6_000,
    drawing_bytes=4_000,
    imaging_bytes=20_000,
    drawing_seconds=1.0,
    imaging_seconds=2.0,
    volume_bytes=500,
    structure_bytes=300,
)
LARGER = replace(PIECE, n_voxels=2000, n_pixels=200, imaging_bytes=30_000, drawing_seconds=3.0, imaging_seconds=1.9, volume_bytes=900)


def quickstart(**changes: object) -> CorpusRecipe:
    return load_corpus("quickstart").model_copy(update=changes)


def found(monkeypatch: pytest.MonkeyPatch, recipe: CorpusRecipe, workers: int = 1) -> tuple[list[tuple[CorpusRecipe, CorpusRecipe]], CorpusPlan]:
    """What pieces are built for a recipe, and what is concluded from `PIECE` and `LARGER`."""
    pieces: list[tuple[CorpusRecipe, CorpusRecipe]] = []

    def not_built(function: object, tasks: list[tuple[float, CorpusRecipe, CorpusRecipe]]) -> list[Probe]:
        pieces.extend((small, large) for _, small, large in tasks)
        return [Probe((PIECE, LARGER), 5_000, 1.0, 3.0, 7_000, 60) for _ in tasks]

    monkeypatch.setattr(probe, "run_fresh", not_built)
    return pieces, measure_plan(recipe, workers=workers)


def test_a_small_corpus_is_measured_at_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    [(small, large)], _ = found(monkeypatch, quickstart())
    assert (small.slices, large.slices, large.pixels) == (12, 24, (128, 128))
    assert large.splits == SplitSizes(train=1, validation=0, test=0)


def test_a_large_corpus_is_measured_on_fewer_slices_and_one_that_is_slow_on_fewer_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    [(small, large)], _ = found(monkeypatch, quickstart(slices=500, pixels=(512, 512), simulator="depth-weighted"))
    assert (small.slices, large.slices, large.pixels) == (8, 16, (512, 512))
    [(small, large)], _ = found(monkeypatch, quickstart(slices=500, pixels=(512, 400), simulator="monte-carlo"))
    assert (small.slices, large.slices) == (1, 2)
    assert large.pixels[0] < 256
    assert large.pixels[1] < 256


def test_every_material_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, _ = found(monkeypatch, small_edition(load_corpus("ec-hpc-film")))
    assert [large.materials for _, large in pieces] == [("ec-hpc-22",), ("ec-hpc-30",), ("ec-hpc-45",)]


def test_lines_are_drawn_through_both_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = quickstart(slices=1, pixels=(20, 20), splits=SplitSizes(train=4, validation=0, test=0), thickness_draws=2)
    _, plan = found(monkeypatch, recipe)
    n_voxels, n_pixels = plan.largest_shape[0] * 400, 400
    assert plan.measured
    assert plan.memory_bytes == max(10_000, 30_000 + 100 * (n_pixels - 200))
    assert plan.disk_bytes == 7_000 + 8 * (900 + 4 * (n_pixels - 200) + 60 + 300 // 2)
    assert plan.seconds == pytest.approx(1 + 3 + 8 * (3.0 + 0.002 * (n_voxels - 2000) + 1.9), rel=0.05)


def test_several_workers_are_measured_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "n_cpus", lambda: 2)
    pieces, plan = found(monkeypatch, quickstart(), workers=3)
    assert len(pieces) == 2
    assert plan.workers == 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a peak cannot be forgotten")
def test_a_peak_is_forgotten() -> None:
    block = bytearray(200_000_000)
    block[::4096] = b"x" * len(block[::4096])
    before = peak_memory_bytes()
    del block
    forget_peak_memory()
    after = peak_memory_bytes()
    assert before is not None
    assert after is not None
    assert after < before - 150_000_000


# What a build in a process of its own needed.
BUILD = """
import sys
from pathlib import Path
from synthfib.catalogue import load_corpus
from synthfib.corpus.build import build_corpus
from synthfib.data.resources import peak_memory_bytes
build_corpus(load_corpus(sys.argv[1]), Path(sys.argv[2]))
print(peak_memory_bytes())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of one process")
@pytest.mark.parametrize(
    "recipe",
    [small_edition(load_corpus("hnpg-multivoltage")), quickstart(slices=96, pixels=(256, 256), splits=SplitSizes(train=1, validation=0, test=0))],
    ids=["small", "large slices"],
)
def test_memory_and_disk_are_predicted_within_30_percent(recipe: CorpusRecipe, tmp_path: Path) -> None:
    plan = measure_plan(recipe)
    (tmp_path / "recipe.yaml").write_text(dump_recipe(recipe))
    command = [sys.executable, "-c", BUILD, str(tmp_path / "recipe.yaml"), str(tmp_path / "corpus")]
    start = time.monotonic()
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, timeout=300, capture_output=True, text=True)
    seconds, disk_bytes = time.monotonic() - start, sum(file.stat().st_size for file in (tmp_path / "corpus").rglob("*") if file.is_file())
    assert plan.memory_bytes == pytest.approx(int(done.stdout), rel=0.3)
    assert plan.disk_bytes == pytest.approx(disk_bytes, rel=0.3)
    assert seconds / 10 < plan.seconds < seconds * 10  # others use this machine

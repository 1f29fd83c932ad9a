"""Published experiments: every recipe can be read and run, and a wrong one says what is wrong where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthfib.benchmark.experiment_run import experiment_rows, run_experiment
from synthfib.benchmark.experiments import list_experiments, load_experiment
from synthfib.benchmark.tiers import find_tier
from synthfib.errors import InputError, RecipeError, UnknownNameError
from synthfib.segmentation.registry import SEGMENTERS

Run = Callable[..., Any]

TINY = """
schema: synthfib/experiment@1
name: thresholds
title: Two thresholds
citation: {text: "Somebody 2020", reference: 10.1234/5678, where: table 1}
metric: mp
unit: percent
corpora:
  plain: {recipe: quickstart}
tiers:
  smoke: {seeds: 2, changes: {slices: 3, pixels: [32, 32], splits: {train: 1, validation: 0, test: 1}}}
rows:
  - {name: a, title: Otsu, model: otsu, corpus: plain, published: 43.0}
  - {name: b, title: four clusters, model: kmeans, options: {n_clusters: 4}, corpus: plain, note: not published}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "thresholds.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", list_experiments())
@pytest.mark.parametrize("tier", ["smoke", "laptop", "paper"])
def test_every_experiment_can_be_run(name: str, tier: str) -> None:
    experiment = load_experiment(name)
    assert experiment.name == name
    assert {row.model for row in experiment.rows} <= set(SEGMENTERS.names())
    n_entrants = sum(len(experiment.entrants(key, find_tier(tier))) for key in experiment.corpora)
    assert n_entrants == len(experiment.rows)
    for key in experiment.corpora:
        assert experiment.corpus_recipe(key, tier).slices == experiment.tier(tier).changes.slices


def test_the_table_has_our_number_beside_the_published_one(recipe: Path, tmp_path: Path) -> None:
    document = run_experiment(load_experiment(str(recipe)), tmp_path / "out", tier="smoke")
    heading, otsu, clusters = experiment_rows(document)
    assert heading == ["method", "mp (%)", "published", "note"]
    assert otsu[0::2] == ["Otsu", "43"]
    assert clusters[2:] == ["", "not published"]
    assert 0 < document["rows"][0]["ours"]["mean"] < 100
    assert (document["seeds"], document["rows"][0]["ours"]["std"]) == (2, 0.0)
    assert run_experiment(load_experiment(str(recipe)), tmp_path / "out", tier="smoke") == document


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("metric: mp", "metric: dice", "metric must be one of"),
        ("corpus: plain, published", "corpus: fancy, published", "fancy"),
        ("name: b", "name: a", "different names"),
        ("unit: percent", "unit: per-mille", "line 7: unit must be"),
        ("published: 43.0", "publisht: 43.0", "published"),
        ("pixels: [32, 32]", "pixels: [32]", "pixels"),
        ("model: otsu", "model: [otsu]", "model must be text"),
    ],
)
def test_a_wrong_recipe_is_explained(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(TINY.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=says):
        load_experiment(str(path))


def test_unknown_names_are_refused(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="adjacent-slices"):
        load_experiment("adjacent-slice")
    with pytest.raises(UnknownNameError, match="smoke"):
        run_experiment(load_experiment(str(recipe)), tmp_path / "out", tier="laptop")
    recipe.write_text(TINY.replace("model: otsu", "model: otsoo"), encoding="utf-8")
    with pytest.raises(UnknownNameError, match="otsu"):
        run_experiment(load_experiment(str(recipe)), tmp_path / "out", tier="smoke")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_refused(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"thresholds\.yaml"):
        run_experiment(load_experiment(str(recipe)), tmp_path, tier="smoke")


def test_the_command_lists_and_runs(synthfib: Run, recipe: Path, tmp_path: Path) -> None:
    assert "adjacent-slices" in synthfib("experiment").out
    done = synthfib("experiment", recipe, "--seeds", 1, "--out", tmp_path / "out")
    assert done.code == 0
    assert "Somebody 2020, table 1" in done.out

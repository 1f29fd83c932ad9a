"""Published experiments: every recipe can be read and run, and a wrong one says what is wrong where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from synthfib.benchmark.experiment_run import run_experiment
from synthfib.benchmark.experiment_table import experiment_tables
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
scores:
  misplaced: {metric: mp, unit: percent, where: table 1}
corpora:
  plain: {recipe: quickstart}
tiers:
  smoke: {seeds: 2, changes: {slices: 3, pixels: [32, 32], splits: {train: 1, validation: 0, test: 1}}}
rows:
  - {name: a, title: Otsu, model: otsu, corpus: plain, published: {misplaced: 43.0}}
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
    rows = experiment.rows_of(tier)
    assert [experiment.entrant(row, find_tier(tier)).name for row in rows] == [row.name for row in rows]
    assert all(set(row.published) for row in rows)
    for key in experiment.corpora:
        assert experiment.corpus_recipe(key, tier).slices == experiment.tier(tier).changes.slices


def test_the_table_has_our_number_beside_the_published_one(recipe: Path, tmp_path: Path) -> None:
    document = run_experiment(load_experiment(str(recipe)), tmp_path / "out", tier="smoke")
    ((title, (heading, otsu, clusters)),) = experiment_tables(document)
    assert title == "mp (%); published: table 1"
    assert heading == ["method", "ours", "published", "note"]
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
        ("corpus: plain, note", "corpus: plain, trained_on: fancy, note", "fancy"),
        ("name: b", "name: a", "different names"),
        ("unit: percent", "unit: per-mille", "line 7: .*unit must be"),
        ("published: {misplaced", "publisht: {misplaced", "published"),
        ("published: {misplaced", "published: {mp", "published scores that are not there: mp"),
        ("seeds: 2,", "seeds: 2, rows: [c],", "rows that are not there: c"),
        ("pixels: [32, 32]", "pixels: [32]", "pixels"),
        ("model: otsu", "model: [otsu]", "model must be text"),
    ],
)
def test_a_wrong_recipe_is_explained(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(TINY.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=says):
        load_experiment(str(path))


TRANSFER = """
schema: synthfib/experiment@1
name: transfer
title: From one corpus to a structure
citation: {text: "Somebody 2020", where: table 2}
scores:
  misplaced: {metric: mp, unit: percent, where: table 2}
  isotropy: {metric: isotropy_lpf, unit: fraction, where: table 3, published_truth: 0.01}
  one: {metric: solid_fraction, unit: fraction, where: table 4, volume: test-000}
corpora:
  spheres: {recipe: quickstart, changes: {materials: [random-pore-gold], degradations: published}}
  measured: {recipe: quickstart, stand_in: {generator: phase-separated-film, pore_diameter_nm: 20, porosity: 0.6, n_waves: 50}}
tiers:
  smoke:
    seeds: 1
    changes: {slices: 6, pixels: [32, 32], splits: {train: 1, validation: 1, test: 1}}
    settings: {n_trees: 3, n_pixels: 500}
    settings_of: {forest: {smallest_leaf: 7}}
    rows: [forest, clusters]
rows:
  - {name: forest, title: forest, model: random-forest, corpus: measured, trained_on: spheres, published: {misplaced: null, isotropy: 0.02}}
  - {name: clusters, title: clusters, model: kmeans, corpus: measured}
  - {name: left-out, title: left out, model: otsu, corpus: spheres}
"""


def test_what_was_learned_on_one_corpus_is_tested_on_another(tmp_path: Path) -> None:
    (tmp_path / "transfer.yaml").write_text(TRANSFER, encoding="utf-8")
    document = run_experiment(load_experiment(str(tmp_path / "transfer.yaml")), tmp_path / "out", tier="smoke")
    spheres = json.loads((tmp_path / "out" / "corpora" / "spheres" / "manifest.json").read_text(encoding="utf-8"))
    assert [volume["split"] for volume in spheres["volumes"]] == ["train", "validation"]
    assert set(spheres["volumes"][0]["degradations"]) >= {"edge-blur", "poisson-noise"}
    run = json.loads((tmp_path / "out" / "scores" / "spheres-to-measured" / "runs" / "forest" / "seed-1" / "result.json").read_text(encoding="utf-8"))
    assert (run["entrant"]["options"]["settings"]["n_trees"], run["entrant"]["options"]["settings"]["smallest_leaf"]) == (3, 7)
    tables = dict(experiment_tables(document))
    assert [[row[0] for row in rows] for rows in tables.values()] == [["method", "forest", "clusters"]] * 3
    isotropy = next(row for row in document["rows"] if (row["score"], row["name"]) == ("isotropy", "forest"))
    assert isotropy["published"] == 0.02
    assert isotropy["interval"][0] <= isotropy["ours"]["mean"] <= isotropy["interval"][1]
    assert 0 < isotropy["floor"] <= isotropy["floor_high"]
    assert isotropy["truth"] > 0
    assert any("stand-in (phase-separated-film)" in note for note in document["notes"])
    assert run_experiment(load_experiment(str(tmp_path / "transfer.yaml")), tmp_path / "out", tier="smoke") == document


def test_a_measured_structure_takes_the_place_of_the_stand_in(synthfib: Run, tmp_path: Path) -> None:
    (tmp_path / "transfer.yaml").write_text(TRANSFER.replace("[forest, clusters]", "[clusters]"), encoding="utf-8")
    z, y, x = np.indices((24, 40, 40))
    balls = (z % 12 - 6) ** 2 + (y % 20 - 10) ** 2 + (x % 20 - 10) ** 2 < 25
    tifffile.imwrite(tmp_path / "balls.tif", np.where(balls, 220, 30).astype(np.uint8))
    arguments = ("experiment", tmp_path / "transfer.yaml", "--structure", tmp_path / "balls.tif", "--out", tmp_path / "out", "--json")
    assert "voxel size" in synthfib(*arguments).err
    document = synthfib(*arguments, "--voxel-size-nm", 40).json
    (solid,) = [row for row in document["rows"] if row["score"] == "one"]
    assert solid["truth"] == pytest.approx(balls.mean(), abs=0.08)
    assert "Tested on images of the measured structure balls.tif." in document["notes"]


def test_a_structure_without_a_place_is_refused(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leave out --structure"):
        run_experiment(load_experiment(str(recipe)), tmp_path / "out", tier="smoke", structure=tmp_path / "balls.tif")
    assert not (tmp_path / "out").exists()


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

"""`synthfib cite`, and what `synthfib build` says about editions that are registered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from synthfib.corpus.editions import Edition

Run = Callable[..., Any]

RECIPE = """
schema: synthfib/corpus@1
name: smallest
title: As small as it can be
version: 1.0.0
license: CC-BY-4.0
seed: 5
materials: [nanoporous-gold]
microscope: helios-g3-multi-voltage
energies_kev: [2]
voxel_size_nm: 5
slices: 2
pixels: [12, 12]
splits: {train: 1, validation: 0, test: 0}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "smallest.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def test_cite_prints_synthfib_and_a_corpus(synthfib: Run) -> None:
    assert synthfib("cite").out.startswith("@misc{synthfib-")
    both = synthfib("cite", "quickstart").out
    assert [line.split("-")[0] for line in both.splitlines() if line.startswith("@")] == ["@misc{quickstart", "@misc{synthfib"]
    assert yaml.safe_load(synthfib("cite", "quickstart", "--style", "cff").out)["type"] == "dataset"
    works = synthfib("cite", "quickstart", "--small", "--json").json["works"]
    assert [work["name"] for work in works] == ["quickstart-small", "synthfib"]


def test_cite_refuses_an_unknown_corpus(synthfib: Run) -> None:
    refused = synthfib("cite", "quickstrat")
    assert refused.code == 2
    assert "quickstart" in refused.err


def test_a_folder_is_cited_with_the_digest_of_its_content(synthfib: Run, recipe: Path, tmp_path: Path) -> None:
    built = synthfib("build", recipe, "--out", tmp_path / "corpus", "--json")
    assert built.json["as_registered"] is None, "nobody registered it"
    assert "Warning" not in built.err
    printed = synthfib("cite", tmp_path / "corpus", "--style", "cff").out
    assert printed == (tmp_path / "corpus/CITATION.cff").read_text(encoding="utf-8")


def test_a_build_says_whether_it_is_as_registered(synthfib: Run, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synthfib.corpus.load import Corpus

    synthfib("build", recipe, "--out", tmp_path / "corpus")
    made = Corpus.open(tmp_path / "corpus").manifest

    def register(edition: Edition) -> None:
        monkeypatch.setattr("synthfib.corpus.editions.find_edition", lambda name, version: edition)

    register(Edition(recipe_digest=made.recipe_digest, content_digest=made.content_digest))
    assert ", as registered" in synthfib("build", recipe, "--out", tmp_path / "corpus").out
    register(Edition(recipe_digest=made.recipe_digest, content_digest="0" * 64))
    other = synthfib("build", recipe, "--out", tmp_path / "corpus", "--json")
    assert (other.code, other.json["as_registered"]) == (0, False)
    assert "Warning: The content differs from that registered for smallest 1.0.0" in other.err

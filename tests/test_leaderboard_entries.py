"""Leaderboard entries are strict: every one in the repository keeps the rules, and each broken rule is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthfib.benchmark.campaign import run_campaign
from synthfib.benchmark.entrants import Entrant, Field
from synthfib.benchmark.entries import entry_of_campaign, entry_text, leaderboard_root, read_entry, read_leaderboard
from synthfib.benchmark.run import Task
from synthfib.errors import InputError, UnknownNameError
from synthfib.testing.segmenters import porous_corpus

Run = Callable[..., Any]
FILES = sorted(leaderboard_root().glob("*/*"))


def content() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FILES[0].read_text(encoding="utf-8"))
    return document


def written(tmp_path: Path, document: dict[str, Any]) -> Path:
    path = tmp_path / FILES[0].parent.name / FILES[0].name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_there_are_entries() -> None:
    assert len(FILES) >= 3


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_entry_of_the_repository_keeps_the_rules(file: Path) -> None:
    entry = read_entry(file)
    assert entry_text(entry) == file.read_text(encoding="utf-8")
    assert 0.5 < entry.summary()["scores"]["mean_dice"]["mean"] <= 1


def _two_seeds(document: dict[str, Any]) -> None:
    del document["results"][2:]


def _one_seed_thrice(document: dict[str, Any]) -> None:
    for result in document["results"]:
        result["seed"] = 1


def _other_digest(document: dict[str, Any]) -> None:
    document["corpus"]["digest"] = "0" * 64


def _other_version(document: dict[str, Any]) -> None:
    document["corpus"]["version"] = "9.0.0"


def _volume_left_out(document: dict[str, Any]) -> None:
    document["results"][1]["volumes"].clear()


def _other_truth(document: dict[str, Any]) -> None:
    next(iter(document["results"][1]["volumes"].values()))["solid_as_solid"] += 1


def _validation_split(document: dict[str, Any]) -> None:
    document["corpus"]["split"] = "validation"


def _unknown_key(document: dict[str, Any]) -> None:
    document["mean_dice"] = 0.999


def _negative(document: dict[str, Any]) -> None:
    next(iter(document["results"][0]["volumes"].values()))["pore_as_solid"] = -1


def _other_name(document: dict[str, Any]) -> None:
    document["name"] = "mine"


BROKEN: dict[Callable[[dict[str, Any]], None], str] = {
    _two_seeds: "3 different seeds",
    _one_seed_thrice: "3 different seeds",
    _other_digest: "digest of the corpus must be the registered one",
    _other_version: "must be in",
    _volume_left_out: "Every volume must be scored with seed",
    _other_truth: "must be the same for every seed",
    _validation_split: "corpus.split is wrong",
    _unknown_key: "mean_dice is wrong",
    _negative: "pore_as_solid is wrong",
    _other_name: "must be in",
}


@pytest.mark.parametrize("change", BROKEN, ids=lambda change: change.__name__.strip("_"))
def test_a_broken_rule_is_named(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = content()
    read_entry(written(tmp_path, document))
    change(document)
    with pytest.raises(InputError, match=BROKEN[change]):
        read_entry(written(tmp_path, document))


def test_a_corpus_that_is_not_registered_cannot_be_entered(tmp_path: Path) -> None:
    task = Task(porous_corpus(shape=(3, 32, 32)))
    done = run_campaign(task, Field((Entrant("otsu", "otsu"),)), tmp_path / "out", seeds=(1, 2, 3), tier="smoke")
    with pytest.raises(InputError, match="must be registered"):
        entry_of_campaign(done, "otsu", name="otsu", title="Otsu", authors=["A. Nobody"])
    with pytest.raises(UnknownNameError, match="otsu"):
        entry_of_campaign(done, "otsoo", name="otsu", title="Otsu", authors=["A. Nobody"])


def test_the_table_of_a_corpus_ranks_its_entries() -> None:
    entries = read_leaderboard(leaderboard_root(), FILES[0].parent.name)
    dice = [entry.summary()["scores"]["mean_dice"]["mean"] for entry in entries]
    assert dice == sorted(dice, reverse=True)
    with pytest.raises(UnknownNameError):
        read_leaderboard(leaderboard_root(), "quickstart@0.0.1")


def test_commands_show_and_check(synthfib: Run, tmp_path: Path) -> None:
    shown = synthfib("leaderboard", "show", FILES[0].parent.name)
    assert shown.code == 0
    assert FILES[0].stem in shown.out
    assert synthfib("leaderboard", "check").code == 0
    document = content()
    _two_seeds(document)
    written(tmp_path, document)
    checked = synthfib("leaderboard", "check", tmp_path, "--json")
    assert checked.code == 1
    assert "3 different seeds" in checked.json["problems"][0]

"""A benchmark in a folder: everything is scored, killed and resumed it ends in the same table, and it refuses what it cannot do."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.benchmark import run as run_module
from synthfib.benchmark.campaign import SCORES_CSV, Campaign, run_campaign, run_folder
from synthfib.benchmark.entrants import Entrant, Field, choose_entrants
from synthfib.benchmark.run import RESULT, SLICES, STATE, Task
from synthfib.benchmark.slices import read_slices
from synthfib.benchmark.tiers import find_tier
from synthfib.errors import InputError, MissingDependencyError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.report.benchmark_page import write_benchmark_page
from synthfib.segmentation.otsu import Otsu
from synthfib.segmentation.registry import SEGMENTERS
from synthfib.testing.segmenters import StacksInMemory, porous_corpus, porous_stack
from synthfib.training.settings import PRESETS

TINY = replace(PRESETS["fast"], base_features=2, batch_size=4, patch_size=32, patches_per_epoch=8, max_epochs=3, validation_slices=2)
UNET = Entrant("unet-of-three", "unet", {"settings": TINY, "adjacent_slices": 3})
CLASSICAL = (Entrant("otsu", "otsu"), Entrant("kmeans", "kmeans"))


@pytest.fixture(scope="module")
def task() -> Task:
    return Task(porous_corpus(shape=(5, 40, 40)), threads=1)


@pytest.fixture(scope="module")
def done(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return run_campaign(task, Field((*CLASSICAL, UNET)), tmp_path_factory.mktemp("done") / "out", seeds=(1, 2), tier="smoke")


def table(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / SCORES_CSV).read_text(encoding="utf-8").splitlines()))


def test_every_model_seed_volume_and_score_has_a_row(task: Task, done: Campaign) -> None:
    rows = [row for row in table(done.folder) if "isotropy" not in row["metric"]]
    n_scores = len(scores(Confusion(1, 1, 1, 1)))
    assert len(rows) == 3 * 2 * 3 * n_scores  # entrants, seeds, two volumes and pooled
    stack = task.corpus.read("test-001")
    assert stack.labels is not None
    expected = scores(Confusion.of(Otsu().predict(stack), stack.labels))
    own = [row for row in rows if (row["model"], row["seed"], row["volume"]) == ("otsu", "2", "test-001")]
    assert {row["metric"]: float(row["value"]) for row in own} == expected
    assert {row["unit"] for row in rows} == {"fraction"}


def test_the_document_says_what_was_done(task: Task, done: Campaign) -> None:
    document = done.document
    assert document["corpus"]["digest"] == task.corpus.digest
    assert (document["tier"], document["seeds"], document["threads"]) == ("smoke", [1, 2], 1)
    assert document["surroundings"]["cores"] >= 1
    assert len(document["runs"]) == 6
    unet = next(run for run in document["runs"] if run["entrant"]["name"] == UNET.name)
    assert len(unet["history"]) == 3
    assert unet["entrant"]["options"]["settings"]["max_epochs"] == 3


def test_seeds_become_mean_and_standard_deviation(done: Campaign) -> None:
    by_name = {entry["name"]: entry for entry in done.document["summary"]}
    values = [run["pooled"]["mp"] for run in done.runs if run["entrant"]["name"] == UNET.name]
    assert by_name[UNET.name]["scores"]["mp"] == {"mean": pytest.approx(np.mean(values)), "std": pytest.approx(np.std(values, ddof=1))}
    assert by_name["otsu"]["scores"]["mp"]["std"] == 0


def test_isotropy_stands_beside_that_of_the_truth(done: Campaign) -> None:
    rows = {(row["model"], row["seed"], row["volume"], row["metric"]): float(row["value"]) for row in table(done.folder)}
    for model in ("otsu", "kmeans"):
        assert rows[model, "1", "test-000", "isotropy_lpf"] > 0
        assert rows[model, "1", "test-000", "truth_isotropy_lpf"] == rows["otsu", "2", "test-000", "truth_isotropy_lpf"]
        beyond = rows[model, "1", "test-000", "isotropy_lpf"] - rows[model, "1", "test-000", "truth_isotropy_lpf"]
        assert rows[model, "1", "test-000", "isotropy_lpf_beyond_truth"] == pytest.approx(beyond)
        assert 0 < rows[model, "1", "test-000", "isotropy_lpf_floor"] <= rows[model, "1", "test-000", "isotropy_lpf_floor_high"]
    (own,) = [row for row in table(done.folder) if tuple(row.values())[:4] == ("otsu", "1", "test-000", "isotropy_lpf")]
    assert float(own["ci_low"]) <= float(own["value"]) <= float(own["ci_high"])
    assert done.runs[0]["volumes"][0]["isotropy_distance_nm"] > 0


def test_a_solid_fraction_has_an_interval_where_the_block_is_large_enough(tmp_path: Path) -> None:
    corpus = StacksInMemory({"test-000": porous_stack(3, (40, 120, 120))})
    run_campaign(Task(corpus), Field(CLASSICAL), tmp_path / "out", seeds=(1,), tier="smoke")
    (row,) = [r for r in table(tmp_path / "out") if (r["model"], r["volume"], r["metric"]) == ("otsu", "test-000", "solid_fraction")]
    assert float(row["ci_low"]) < float(row["value"]) < float(row["ci_high"])


def test_the_best_one_is_compared_with_the_others(task: Task, tmp_path: Path) -> None:
    three = run_campaign(task, Field(CLASSICAL), tmp_path / "out", seeds=(1, 2, 3), tier="smoke").document
    best, other = (entry["name"] for entry in three["summary"])
    (compared,) = three["comparisons"]
    assert (compared["name"], compared["other"], compared["unit"], compared["pairs"]) == (best, other, "volume", 6)
    means = {entry["name"]: [entry["volumes"][volume]["mean_dice"]["mean"] for volume in ("test-000", "test-001")] for entry in three["summary"]}
    assert compared["mean_difference"] == pytest.approx(np.mean(means[best]) - np.mean(means[other]))
    assert compared["p_value"] >= compared["smallest_p_value"] == 0.5


def test_a_second_call_does_nothing_again(task: Task, done: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("something was computed again")

    before = (done.folder / SCORES_CSV).read_bytes()
    monkeypatch.setattr(run_module.Run, "perform", fail)
    run_campaign(task, Field((*CLASSICAL, UNET)), done.folder, seeds=(1, 2), tier="smoke")
    assert (done.folder / SCORES_CSV).read_bytes() == before


class Killed(BaseException):
    """Stands for whatever ends the process."""


def kill_at(call: int) -> Callable[[float, str], None]:
    calls = iter(range(1, 1000))

    def report(_share: float, _note: str) -> None:
        if next(calls) == call:
            raise Killed

    return report


@pytest.mark.parametrize("call", [2, 7, 13])
def test_killed_and_resumed_ends_in_the_same_table(task: Task, done: Campaign, tmp_path: Path, call: int) -> None:
    field = Field((*CLASSICAL, UNET))
    with pytest.raises(Killed):
        run_campaign(task, field, tmp_path / "out", seeds=(1, 2), tier="smoke", on_progress=kill_at(call))
    assert not (tmp_path / "out" / SCORES_CSV).exists()
    run_campaign(task, field, tmp_path / "out", seeds=(1, 2), tier="smoke")
    assert (tmp_path / "out" / SCORES_CSV).read_bytes() == (done.folder / SCORES_CSV).read_bytes()


def test_the_state_of_training_is_kept(done: Campaign) -> None:
    assert (run_folder(done.folder, UNET.name, 1) / STATE).is_file()


def test_more_seeds_may_follow(task: Task, tmp_path: Path) -> None:
    run_campaign(task, Field(CLASSICAL), tmp_path / "out", seeds=(1,), tier="smoke")
    more = run_campaign(task, Field(CLASSICAL), tmp_path / "out", seeds=(1, 2, 3), tier="smoke")
    assert {run["seed"] for run in more.runs} == {1, 2, 3}


def test_progress_grows_to_the_end(task: Task, tmp_path: Path) -> None:
    seen: list[float] = []
    run_campaign(task, Field((*CLASSICAL, UNET)), tmp_path / "out", seeds=(1,), tier="smoke", on_progress=lambda share, _: seen.append(share))
    assert seen == sorted(seen)
    assert 0.9 < seen[-1] <= 1


def test_worst_and_median_slices_are_what_they_say(task: Task, done: Campaign) -> None:
    shown = read_slices(run_folder(done.folder, "otsu", 1) / SLICES)
    stacks = {name: task.corpus.read(name) for name in ("test-000", "test-001")}
    shares = []
    for stack in stacks.values():
        assert stack.labels is not None
        shares += [float(np.mean((f >= 0.5) != (t != 0))) for f, t in zip(Otsu().predict(stack), stack.labels, strict=True)]
    assert shown["worst"].misplaced == max(shares)
    assert shown["median"].misplaced == sorted(shares)[(len(shares) - 1) // 2]
    np.testing.assert_array_equal(shown["worst"].image, stacks[shown["worst"].volume].images[0, shown["worst"].number])


def test_the_page_shows_every_entrant_and_needs_nothing_else(done: Campaign) -> None:
    write_benchmark_page(done)
    page = (done.folder / "leaderboard.html").read_text(encoding="utf-8")
    assert all(f"Slices: {name}" in page for name in ("otsu", "kmeans", UNET.name))
    assert page.count("data:image/png;base64,") == 3 + 2
    assert "http" not in page.replace("http-equiv", "")


def test_results_of_other_settings_are_refused(task: Task, done: Campaign) -> None:
    other = replace(UNET, options={**UNET.options, "adjacent_slices": 5})
    with pytest.raises(InputError, match="other settings"):
        run_campaign(task, Field((other,)), done.folder, seeds=(1,), tier="smoke")
    with pytest.raises(InputError, match="other settings"):
        run_campaign(replace(task, threads=2), Field(CLASSICAL), done.folder, seeds=(1,), tier="smoke")


def test_a_damaged_result_is_refused(task: Task, tmp_path: Path) -> None:
    run_campaign(task, Field(CLASSICAL), tmp_path / "out", seeds=(1,), tier="smoke")
    (run_folder(tmp_path / "out", "otsu", 1) / RESULT).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        run_campaign(task, Field(CLASSICAL), tmp_path / "out", seeds=(1,), tier="smoke")


def test_a_folder_of_something_else_is_refused(task: Task, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match=r"thesis\.tex"):
        run_campaign(task, Field(CLASSICAL), tmp_path, seeds=(1,), tier="smoke")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_refusing_entrant_is_left_out_of_an_open_field_only(task: Task, tmp_path: Path) -> None:
    single = Entrant("single", "kmeans", {"n_clusters": 1})
    found = run_campaign(task, Field((*CLASSICAL, single), is_open=True), tmp_path / "open", seeds=(1,), tier="smoke")
    assert "2 clusters" in found.document["left_out"]["single"]
    assert {run["entrant"]["name"] for run in found.runs} == {"otsu", "kmeans"}
    with pytest.raises(InputError, match="2 clusters"):
        run_campaign(task, Field((single,)), tmp_path / "named", seeds=(1,), tier="smoke")
    assert not (tmp_path / "named").exists()
    with pytest.raises(InputError, match="none can"):
        run_campaign(task, Field((single,), is_open=True), tmp_path / "nobody", seeds=(1,), tier="smoke")


def test_a_volume_without_truth_is_refused_before_any_work(tmp_path: Path) -> None:
    stacks = {"test-000": replace(porous_stack(1, (3, 32, 32)), labels=None, phases=())}
    with pytest.raises(InputError, match="'test-000' has none"):
        run_campaign(Task(StacksInMemory(stacks)), Field(CLASSICAL), tmp_path / "out", seeds=(1,), tier="smoke")
    assert not (tmp_path / "out").exists()


def test_all_leaves_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    load = type(SEGMENTERS).load

    def without_torch(self: Any, name: str) -> Any:
        if name == "unet":
            raise MissingDependencyError("This needs the package 'torch'.")
        return load(self, name)

    monkeypatch.setattr(type(SEGMENTERS), "load", without_torch)
    field = choose_entrants(["all"], find_tier("smoke"))
    assert "torch" in field.left_out["unet"]
    assert {"otsu", "kmeans"} <= {entrant.name for entrant in field.entrants}
    with pytest.raises(MissingDependencyError):
        choose_entrants(["unet"], find_tier("smoke"))


def test_a_tier_decides_the_settings() -> None:
    def settings(tier: str) -> Any:
        return choose_entrants(["unet"], find_tier(tier)).entrants[0].options["settings"]

    assert settings("smoke").max_epochs < settings("laptop").max_epochs < settings("paper").max_epochs
    with pytest.raises(UnknownNameError, match="smoke"):
        find_tier("smok")

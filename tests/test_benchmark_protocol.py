from __future__ import annotations

import json
from dataclasses import replace

import pytest

from synthfib.benchmark.protocol import BenchmarkProgress, BenchmarkResult, run_benchmark
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.segmentation.otsu import Otsu
from synthfib.testing.segmenters import StacksInMemory, porous_corpus, porous_stack
from synthfib.training.settings import TrainingSettings

TINY = TrainingSettings(base_features=2, learning_rate=5e-3, batch_size=4, patch_size=32, patches_per_epoch=8, max_epochs=1, validation_slices=2)


class Unreadable(StacksInMemory):
    def read(self, name: str, /) -> ImageStack:
        raise AssertionError(f"{name} was read")


@pytest.fixture(scope="module")
def corpus() -> StacksInMemory:
    return porous_corpus(shape=(5, 40, 40))


@pytest.fixture(scope="module")
def result(corpus: StacksInMemory) -> BenchmarkResult:
    return run_benchmark(corpus, ["otsu", "kmeans"], rng=1)


def test_every_volume_is_scored_and_pooled_by_summed_confusion(corpus: StacksInMemory, result: BenchmarkResult) -> None:
    assert [(entry["method"], entry["volume"]) for entry in result.volumes] == [
        (method, volume) for method in ("otsu", "kmeans") for volume in ("test-000", "test-001")
    ]
    stacks = [corpus.read(name) for name in corpus.names("test")]
    confusions = [Confusion.of(Otsu().predict(stack), stack.labels) for stack in stacks if stack.labels is not None]
    pooled = scores(confusions[0] + confusions[1])
    assert {key: result.scores[0][key] for key in pooled} == pooled
    assert result.volumes[1]["mean_dice"] == scores(confusions[1])["mean_dice"]


def test_the_json_document_holds_what_is_promised(corpus: StacksInMemory, result: BenchmarkResult) -> None:
    document = json.loads(result.to_json())
    assert document["corpus"] == {
        "name": corpus.name, "version": corpus.version, "digest": corpus.digest, "split": "test", "volumes": ["test-000", "test-001"], "seed": 1
    }  # fmt: skip
    assert document["seconds"] > 0
    for entry in document["scores"]:
        assert entry["mp_percent"] == pytest.approx(100 * entry["mp"])
        assert entry["mgp_percent"] == pytest.approx(100 * (1 - entry["recall"]))
        assert {"mean_dice", "solid_fraction", "truth_solid_fraction", "fit_seconds", "predict_seconds"} <= set(entry)
        assert sum(entry["confusion"].values()) == 2 * 5 * 40 * 40
    assert document["volumes"][0]["details"]["channels"] == ["2 keV bse"]


def test_a_network_takes_part_with_options_threads_and_progress(corpus: StacksInMemory) -> None:
    seen: list[BenchmarkProgress] = []
    options = {"unet": {"settings": TINY, "adjacent_slices": 3}}
    found = run_benchmark(
        corpus,
        ["unet"],
        rng=1,
        split="validation",
        threads=1,
        model_options=options,
        on_progress=seen.append,
    )
    details = found.volumes[0]["details"]
    assert (details["threads"], details["adjacent_slices"]) == (1, 3)
    assert {(progress.method, progress.stage) for progress in seen} == {("unet", "fit"), ("unet", "predict")}
    assert any(progress.fit is not None and progress.fit.training_loss is not None for progress in seen)
    stack = corpus.read("validation-000")
    assert stack.labels is not None
    assert scores(Confusion.of(found.segmenters["unet"].predict(stack), stack.labels))["mean_dice"] == found.scores[0]["mean_dice"]


def test_names_are_checked_before_any_work(corpus: StacksInMemory) -> None:
    untouched = Unreadable(corpus.stacks)
    with pytest.raises(UnknownNameError, match="kmeans"):
        run_benchmark(untouched, ["otsu", "kmean"], rng=1)
    with pytest.raises(InputError, match="once"):
        run_benchmark(untouched, ["otsu", "otsu"], rng=1)
    with pytest.raises(InputError, match="at least one model"):
        run_benchmark(untouched, [], rng=1)
    with pytest.raises(InputError, match="n_cluster"):
        run_benchmark(untouched, ["kmeans"], rng=1, model_options={"kmeans": {"n_cluster": 4}})
    with pytest.raises(InputError, match="'holdout'"):
        run_benchmark(untouched, ["otsu"], rng=1, split="holdout")


def test_a_volume_without_labels_is_refused() -> None:
    stacks = {"test-000": replace(porous_stack(1, (3, 32, 32)), labels=None, phases=())}
    with pytest.raises(InputError, match="'test-000' has none"):
        run_benchmark(StacksInMemory(stacks), ["otsu"], rng=1)

"""Fit every model on one corpus, predict one split, score every volume and all together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from operator import add
from time import perf_counter
from typing import Any, Literal

from synthfib._version import __version__
from synthfib.benchmark.entrants import Entrant, check_names
from synthfib.benchmark.run import labelled
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.registry import SEGMENTERS
from synthfib.training.progress import FitProgress
from synthfib.training.stacks import LabelledStacks


@dataclass(frozen=True, slots=True)
class BenchmarkProgress:
    """Where a benchmark is.

    Parameters
    ----------
    method : str
        Model at work.
    stage : {"fit", "predict"}
        What it does.
    fraction : float
        Share of this stage of this model that is done, in [0, 1].
    fit : FitProgress, optional
        Epoch and losses while it learns.
    """

    method: str
    stage: Literal["fit", "predict"]
    fraction: float
    fit: FitProgress | None = None


OnProgress = Callable[[BenchmarkProgress], None]


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """Scores of several models on one split of one corpus.

    Parameters
    ----------
    corpus : dict
        Name, version, digest, split and volumes, and the seed.
    scores : tuple of dict
        One per model, over all volumes together (summed confusion), in the order asked for: ``method``, every score of
        `synthfib.evaluation.overlap.scores`, ``mp_percent``, ``mgp_percent``, ``confusion``, ``fit_seconds``, ``predict_seconds``.
    volumes : tuple of dict
        One per model and volume: ``method``, ``volume``, the same scores, and what the model says it did.
    seconds : float
        Duration of it all.
    segmenters : dict of str to Segmenter
        The models as they are after learning; not part of the JSON.
    """

    corpus: dict[str, Any]
    scores: tuple[dict[str, Any], ...]
    volumes: tuple[dict[str, Any], ...]
    seconds: float
    segmenters: dict[str, Segmenter] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the document as plain JSON types."""
        return {"corpus": self.corpus, "scores": list(self.scores), "volumes": list(self.volumes), "seconds": self.seconds, "synthfib": __version__}

    def to_json(self) -> str:
        """Return the document as JSON text."""
        return json.dumps(self.to_dict(), indent=2)


def run_benchmark(
    corpus: LabelledStacks,
    models: Sequence[str],
    *,
    rng: int,
    split: str = "test",
    threads: int = 2,
    on_progress: OnProgress | None = None,
    model_options: Mapping[str, Mapping[str, Any]] | None = None,
) -> BenchmarkResult:
    """Fit `models` on a corpus and score them on one of its splits.

    Parameters
    ----------
    corpus : LabelledStacks
        A `Corpus`, or labelled stacks in memory.
    models : sequence of str
        Registered names of segmenters.
    rng : int
        Seed of every fit, so that no model depends on which others take part.
    split : str
        What is predicted.
    threads : int
        Given to the models that take a number of threads.
    on_progress : callable, optional
        Told what is going on.
    model_options : mapping of str to mapping, optional
        Arguments for the constructors, by model.

    Raises
    ------
    UnknownNameError
        If a model is not known; nothing was done then.
    InputError
        If there is no model, one is named twice or does not take its options, or the split is empty or has no labels.
    """
    started = perf_counter()
    segmenters = _make_segmenters(models, threads, model_options or {})
    names = corpus.names(split)
    if not names:
        raise InputError(f"A benchmark needs at least one volume in the split {split!r}, corpus {corpus.name!r} has none.")
    report = on_progress or (lambda _: None)
    entries = [_compete(method, segmenter, corpus, names, rng, report) for method, segmenter in segmenters.items()]
    return BenchmarkResult(
        corpus={"name": corpus.name, "version": corpus.version, "digest": corpus.digest, "split": split, "volumes": list(names), "seed": rng},
        scores=tuple(pooled for pooled, _ in entries),
        volumes=tuple(volume for _, volumes in entries for volume in volumes),
        seconds=perf_counter() - started,
        segmenters=segmenters,
    )


def _make_segmenters(models: Sequence[str], threads: int, options: Mapping[str, Mapping[str, Any]]) -> dict[str, Segmenter]:
    check_names(models)
    for name in options:
        if name not in SEGMENTERS.names():
            raise UnknownNameError(SEGMENTERS.kind, name, SEGMENTERS.names())
    return {name: Entrant(name, name, options.get(name, {})).make(threads) for name in models}


def _compete(
    method: str, segmenter: Segmenter, corpus: LabelledStacks, names: Sequence[str], rng: int, report: OnProgress
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the pooled entry and the entries of the volumes."""
    started = perf_counter()
    segmenter.fit(corpus, rng=rng, on_progress=lambda fit: report(BenchmarkProgress(method, "fit", fit.fraction, fit)))
    report(BenchmarkProgress(method, "fit", 1.0))
    fit_seconds, predict_seconds = perf_counter() - started, 0.0
    confusions: list[Confusion] = []
    volumes: list[dict[str, Any]] = []
    for done, name in enumerate(names, start=1):
        stack = labelled(corpus, name)
        confusion, seconds = _score(segmenter, stack)
        confusions.append(confusion)
        volumes.append({"method": method, "volume": name, **_entry(confusion), "details": dict(segmenter.describe(stack.without_truth()))})
        predict_seconds += seconds
        report(BenchmarkProgress(method, "predict", done / len(names)))
    pooled = {"method": method, **_entry(reduce(add, confusions)), "fit_seconds": fit_seconds, "predict_seconds": predict_seconds}
    return pooled, volumes


def _score(segmenter: Segmenter, stack: ImageStack) -> tuple[Confusion, float]:
    assert stack.labels is not None
    started = perf_counter()
    found = segmenter.predict(stack.without_truth())
    return Confusion.of(found, stack.labels), perf_counter() - started


def _entry(confusion: Confusion) -> dict[str, Any]:
    found = scores(confusion)
    return {**found, "mp_percent": 100 * found["mp"], "mgp_percent": 100 * found["mgp"], "confusion": asdict(confusion)}

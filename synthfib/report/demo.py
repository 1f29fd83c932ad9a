"""The whole line at once: build a small corpus, train on it, score three methods, write a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import numpy as np
from matplotlib.figure import Figure

from synthfib.benchmark.protocol import BenchmarkProgress, BenchmarkResult, run_benchmark
from synthfib.catalogue import load_corpus
from synthfib.corpus.build import build_corpus
from synthfib.corpus.load import Corpus
from synthfib.data.atomic import atomic_path, write_text
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.report import figures
from synthfib.report.page import Section, png_bytes, render_page
from synthfib.report.tables import score_rows
from synthfib.training.settings import PRESETS

CORPUS = "quickstart"
MODELS = ("otsu", "kmeans", "unet")
FIGURES = ("faces.png", "section.png", "histogram.png", "scores.png", "training.png")
_OWN_FILES = {"corpus", "scores.json", "report.html", "unet.safetensors", "unet.json", *FIGURES}
# A slow machine stops learning early rather than keep people waiting; on two cores of a laptop this limit is not reached.
_TRAINING_SECONDS = 110.0
# Share of the time that is over when each part ends.
_BUILT, _SCORED = 0.08, 0.97

Report = Callable[[float, str], None]


def run_demo(out: Path, *, rng: int, on_progress: Report | None = None) -> dict[str, Any]:
    """Fill the folder `out` and return the scores: ``{"scores": [...], "seconds": ...}``.

    `out` gets ``corpus/``, ``unet.safetensors`` with ``unet.json``, five PNG figures, ``scores.json`` and ``report.html``. A demo that was
    stopped goes on with the volumes that it has.

    Parameters
    ----------
    out : Path
        A new or empty folder, or that of an earlier demo.
    rng : int
        Seed of the training; the corpus has its own.
    on_progress : callable, optional
        Told the share of the work done, and what is going on.

    Raises
    ------
    InputError
        If the folder holds something else.
    """
    started = perf_counter()
    report = on_progress or (lambda _share, _note: None)
    _claim(out)
    recipe = load_corpus(CORPUS)
    build_corpus(
        recipe, out / "corpus", on_progress=lambda done, total: report(_BUILT * done / total, f"building volume {min(done + 1, total)} of {total}")
    )
    corpus = Corpus.open(out / "corpus")
    settings = replace(PRESETS["fast"], max_seconds=_TRAINING_SECONDS)
    result = run_benchmark(
        corpus,
        MODELS,
        rng=rng,
        on_progress=lambda progress: report(_share(progress), _note(progress)),
        model_options={"unet": {"settings": settings}},
    )
    unet = cast(Any, result.segmenters["unet"])
    unet.save(out / "unet.safetensors")
    report(_SCORED, "drawing")
    document = {"scores": list(result.scores), "seconds": perf_counter() - started, "corpus": result.corpus}
    _publish(out, corpus, result, document, [dict(entry) for entry in unet.card.history])
    report(1.0, "done")
    return document


def _claim(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"A folder is required for the demo, {str(out)!r} is a file; choose another name.")
    if out.is_dir():
        foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in _OWN_FILES)
        if foreign:
            raise InputError(
                f"The folder of the demo must be new, empty or of an earlier demo, {str(out)!r} holds {foreign[0]!r}; choose another one."
            )
    out.mkdir(parents=True, exist_ok=True)


def _share(progress: BenchmarkProgress) -> float:
    """Nearly all the time goes into learning."""
    learning = progress.fraction if progress.stage == "fit" else 1.0
    return _BUILT + (_SCORED - _BUILT) * (learning if progress.method == "unet" else 0.0)


def _note(progress: BenchmarkProgress) -> str:
    epoch = f", epoch {progress.fit.epoch}" if progress.fit and progress.fit.epoch else ""
    return f"{'training' if progress.stage == 'fit' else 'scoring'} {progress.method}{epoch}"


def _publish(out: Path, corpus: Corpus, result: BenchmarkResult, document: dict[str, Any], history: list[dict[str, Any]]) -> None:
    stack = corpus.read(corpus.names("test")[0])
    pictures = {name: png_bytes(figure) for name, figure in zip(FIGURES, _figures(stack, result, history), strict=True)}
    for name, png in pictures.items():
        with atomic_path(out / name) as temporary:
            temporary.write_bytes(png)
    write_text(out / "report.html", render_page("synthfib demo", _sections(stack, document, pictures)))
    write_text(out / "scores.json", json.dumps(document, indent=1) + "\n")


def _figures(stack: ImageStack, result: BenchmarkResult, history: list[dict[str, Any]]) -> list[Figure]:
    predictions = {name: method.predict(stack) >= 0.5 for name, method in result.segmenters.items()}
    faces = [round(share * (stack.shape[1] - 1)) for share in (0.25, 0.75)]
    return [
        figures.face_gallery(stack, predictions, faces),
        figures.milling_section(stack, predictions),
        figures.grey_histogram(stack),
        figures.score_bars(result.scores),
        figures.training_curve(history),
    ]


def _sections(stack: ImageStack, document: dict[str, Any], pictures: dict[str, bytes]) -> list[Section]:
    faces, section, histogram, bars, training = (pictures[name] for name in FIGURES)
    thickness = stack.plan.thickness_nm
    what = (
        f"A virtual block of nanoporous gold in epoxy was milled into {stack.shape[1]} slices, {np.mean(thickness):.1f} nm thick on average "
        f"(standard deviation {np.std(thickness):.1f} nm), and every face was imaged at {stack.channels[0]}. "
        "The methods below never saw this volume. The corpus, with its exact labels, is in the folder corpus."
    )
    return [
        Section("What was done", what),
        Section(
            "Scores",
            "On the held-out volume. Misplaced: pixels of the wrong phase; missed solid: solid taken for pore.",
            score_rows(document["scores"]),
            bars,
        ),
        Section("Faces", "Two exposed faces. Gold below the face shines through the epoxy, so grey alone does not tell what is solid.", (), faces),
        Section(
            "Along the milling direction",
            "Every slice is drawn as thick as it really is. Solid that shines through appears too early, above itself.",
            (),
            section,
        ),
        Section("Why a threshold fails", "Pores with solid just below them overlap with solid in grey value.", (), histogram),
        Section("Training", f"The network learned for {_fit_seconds(document):.0f} s; the best epoch was kept. See unet.json.", (), training),
    ]


def _fit_seconds(document: dict[str, Any]) -> float:
    return float(next(score["fit_seconds"] for score in document["scores"] if score["method"] == "unet"))

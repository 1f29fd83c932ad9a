"""One run of a benchmark: one entrant learns with one seed and segments the test volumes; its folder remembers it."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from synthfib._version import __version__
from synthfib.benchmark.entrants import Entrant
from synthfib.benchmark.slices import SliceShow, write_slices
from synthfib.benchmark.structure import structure_scores
from synthfib.benchmark.surroundings import surroundings
from synthfib.data.atomic import write_text
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.evaluation.overlap import SOLID_FROM, Confusion, scores
from synthfib.segmentation.base import Segmenter
from synthfib.training.progress import FitProgress
from synthfib.training.stacks import LabelledStacks

FORMAT = "synthfib/benchmark-run@1"
RESULT, STATE, MODEL, SLICES = "result.json", "training.pt", "model", "slices.npz"

#: Told the share of a run that is done, and what is going on.
Report = Callable[[float, str], None]
#: Share of a run that is over when learning is.
_LEARNED = 0.9


@dataclass(frozen=True, slots=True)
class Task:
    """What an entrant has to do.

    Parameters
    ----------
    corpus : LabelledStacks
        Where to learn, and what to segment.
    split : str
        What is segmented.
    threads : int
        Given to entrants that take a number of threads.
    """

    corpus: LabelledStacks
    split: str = "test"
    threads: int = 2

    def names(self) -> tuple[str, ...]:
        """Return the volumes to segment.

        Raises
        ------
        InputError
            If there are none.
        """
        names = self.corpus.names(self.split)
        if not names:
            raise InputError(f"A benchmark needs at least one volume in the split {self.split!r}, corpus {self.corpus.name!r} has none.")
        return names

    def to_dict(self) -> dict[str, Any]:
        """Return corpus, split, volumes and threads as plain JSON types."""
        corpus = {"name": self.corpus.name, "version": self.corpus.version, "digest": self.corpus.digest}
        return {"corpus": {**corpus, "split": self.split, "volumes": list(self.names())}, "threads": self.threads}


@dataclass(frozen=True, slots=True)
class Run:
    """An entrant, its seed, and the folder that remembers what came of it."""

    task: Task
    entrant: Entrant
    seed: int
    folder: Path

    @property
    def identity(self) -> str:
        """Digest of all that decides the result."""
        content = {**self.task.to_dict(), "entrant": self.entrant.to_dict(), "seed": self.seed, "synthfib": __version__}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def finished(self) -> dict[str, Any] | None:
        """Return the result if it is there.

        Raises
        ------
        InputError
            If the folder holds something else, or the result of a run with other settings.
        """
        file = self.folder / RESULT
        if not file.exists():
            return None
        try:
            result: dict[str, Any] = json.loads(file.read_bytes())
            known = result["schema"] == FORMAT
            own = result["identity"] == self.identity
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"The result of a benchmark is required in {file}, it is damaged; delete it and run again.") from error
        if not known or not own:
            raise InputError(f"{file} was made with other settings, data, threads or another version of synthfib; choose another folder with --out.")
        return result

    def perform(self, report: Report) -> dict[str, Any]:
        """Learn, segment and score; the result is in the folder afterwards. After a kill, learning goes on where it was.

        Raises
        ------
        InputError
            If the entrant cannot serve the corpus, or a volume has no truth.
        """
        segmenter = self.entrant.make(self.task.threads)
        self.folder.mkdir(parents=True, exist_ok=True)
        fit_seconds = self._fit(segmenter, report)
        volumes, seconds = self._segment(segmenter, report)
        result = {
            "schema": FORMAT,
            "identity": self.identity,
            "entrant": self.entrant.to_dict(),
            "seed": self.seed,
            "volumes": volumes,
            "pooled": pooled_scores(volumes),
            "history": learning_curve(segmenter),
            "seconds": {"fit": fit_seconds, "predict": seconds},
            "surroundings": surroundings(),
        }
        write_text(self.folder / RESULT, json.dumps(result, indent=1) + "\n")
        return result

    def _fit(self, segmenter: Segmenter, report: Report) -> float | None:
        """Return the seconds of learning, None if a part of them was spent before a break."""
        state_file, started = self.folder / STATE, perf_counter()
        resumed = state_file.exists()
        fit_resumably(segmenter, self.task.corpus, self.seed, state_file, lambda fit: report(_LEARNED * fit.fraction, _note(self, fit)))
        if callable(getattr(segmenter, "save", None)):
            cast(Any, segmenter).save(self.folder / MODEL)
        return None if resumed else perf_counter() - started

    def _segment(self, segmenter: Segmenter, report: Report) -> tuple[list[dict[str, Any]], float]:
        names, volumes, seconds, show = self.task.names(), [], 0.0, SliceShow()
        for done, name in enumerate(names):
            report(_LEARNED + (1 - _LEARNED) * done / len(names), f"{self.entrant.name}, seed {self.seed}, segmenting {name}")
            stack = labelled(self.task.corpus, name)
            started = perf_counter()
            probability = segmenter.predict(stack.without_truth())
            seconds += perf_counter() - started
            assert stack.labels is not None
            show.look_at(name, np.asarray(probability >= SOLID_FROM, np.bool_), stack.labels != 0)
            volumes.append({"volume": name, **volume_scores(probability, stack), "details": dict(segmenter.describe(stack.without_truth()))})
        shown = {volume for volume, _ in show.places().values()}
        write_slices(self.folder / SLICES, show.show({name: self.task.corpus.read(name) for name in shown}))
        return volumes, seconds


def volume_scores(probability: NDArray[Any], stack: ImageStack) -> dict[str, Any]:
    """Return ``confusion``, ``scores`` of overlap, and what `structure_scores` says, of the segmentation of a stack with labels."""
    assert stack.labels is not None
    confusion = Confusion.of(probability, stack.labels)
    structure = structure_scores(np.asarray(probability >= SOLID_FROM, np.bool_), stack.labels != 0, stack.plan)
    return {"confusion": asdict(confusion), "scores": scores(confusion), "structure": structure.pop("scores"), **structure}


def pooled_scores(volumes: list[dict[str, Any]]) -> dict[str, float]:
    """Return the scores of all volumes together, their confusions summed."""
    return scores(reduce(add, (Confusion(**volume["confusion"]) for volume in volumes)))


def labelled(corpus: LabelledStacks, name: str) -> ImageStack:
    """Return a volume that has its truth.

    Raises
    ------
    InputError
        If it has none, or it is sealed.
    """
    stack = corpus.read(name)
    if stack.labels is None and stack.provenance.is_sealed:
        raise InputError(f"The truth of {name!r} is sealed; wait until it is revealed, or score on another split.")
    if stack.labels is None:
        raise InputError(f"A benchmark needs labels to compare with, the volume {name!r} has none.")
    return stack


def fit_resumably(
    segmenter: Segmenter, corpus: LabelledStacks, seed: int, state_file: Path, on_progress: Callable[[FitProgress], None] | None = None
) -> None:
    """Let a segmenter learn; one that can go on after a break keeps `state_file`."""
    extra: dict[str, Any] = {"state_file": state_file} if "state_file" in inspect.signature(segmenter.fit).parameters else {}
    segmenter.fit(corpus, rng=seed, on_progress=on_progress, **extra)


def learning_curve(segmenter: Segmenter) -> list[dict[str, float]]:
    """Return the losses of every epoch as the card of a trained network has them; nothing for other methods."""
    history = getattr(getattr(segmenter, "card", None), "history", ())
    return [dict(epoch) for epoch in history]


def _note(run: Run, fit: FitProgress) -> str:
    epoch = f", epoch {fit.epoch}" if fit.epoch else ""
    return f"{run.entrant.name}, seed {run.seed}, learning{epoch}"

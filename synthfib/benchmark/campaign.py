"""A benchmark in a folder: every entrant, every seed, one run after the other; whatever is finished is never done again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthfib._version import __version__
from synthfib.benchmark.entrants import Entrant, Field
from synthfib.benchmark.run import Report, Run, Task, labelled
from synthfib.benchmark.summary import comparisons, summary
from synthfib.benchmark.surroundings import surroundings
from synthfib.benchmark.tidy import csv_text, rows
from synthfib.corpus.lock import locked
from synthfib.data.atomic import write_text
from synthfib.data.untrusted import read_bounded
from synthfib.errors import InputError, SynthfibError

FORMAT = "synthfib/benchmark@1"
RUNS, SCORES_CSV, SCORES_JSON, PAGE, LOCK = "runs", "scores.csv", "scores.json", "leaderboard.html", ".lock"
_OWN = {RUNS, SCORES_CSV, SCORES_JSON, PAGE, LOCK}
#: What learning takes compared with a method that does not learn, for the time left.
_LEARNING_WEIGHT = 100.0
_MOST_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Campaign:
    """A finished benchmark.

    Parameters
    ----------
    folder : Path
        Where it is.
    document : dict
        What ``scores.json`` holds.
    """

    folder: Path
    document: dict[str, Any]

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The result of every run."""
        found: list[dict[str, Any]] = self.document["runs"]
        return found


def run_campaign(
    task: Task,
    field: Field,
    out: Path,
    *,
    seeds: Sequence[int],
    tier: str,
    on_progress: Callable[[float, str], None] | None = None,
) -> Campaign:
    """Do what is not done yet of a benchmark, and write ``scores.csv`` and ``scores.json``.

    Parameters
    ----------
    task : Task
        Corpus, split and threads.
    field : Field
        Who takes part.
    out : Path
        A new or empty folder, or that of an earlier benchmark.
    seeds : sequence of int
        Each entrant learns once with each.
    tier : str
        Name of the tier, for the record.
    on_progress : callable, optional
        Told the share of the remaining work that is done, and what is going on.

    Raises
    ------
    InputError
        If the folder holds something else or is in use, results were made with other settings, a truth is missing, or an entrant cannot serve
        the corpus (in an open field it is left out instead).
    """
    if not seeds or len(set(seeds)) != len(seeds):
        raise InputError("A benchmark needs at least one seed, each given once.")
    for name in task.names():
        labelled(task.corpus, name)
    _claim(out)
    with locked(out / LOCK):
        try:
            results, left_out = _all_runs(task, field, out, seeds, on_progress or (lambda _share, _note: None))
        except SynthfibError:
            _abandon(out)
            raise
        document = _document(task, tier, list(seeds), results, left_out)
        write_text(out / SCORES_CSV, csv_text(rows(results)))
        write_text(out / SCORES_JSON, json.dumps(document, indent=1) + "\n")
    return Campaign(out, document)


def read_campaign(out: Path) -> Campaign:
    """Return a finished benchmark.

    Raises
    ------
    InputError
        If there is none in the folder, or it is damaged.
    """
    try:
        document: dict[str, Any] = json.loads(read_bounded(out / SCORES_JSON, _MOST_BYTES))
        if document["schema"] != FORMAT or not document["runs"]:
            raise ValueError(FORMAT)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"A finished benchmark is required, there is none in {str(out)!r}; make one with: synthfib benchmark.") from error
    return Campaign(out, document)


def run_folder(out: Path, entrant: str, seed: int) -> Path:
    """Return the folder of one run."""
    return out / RUNS / entrant / f"seed-{seed}"


def _all_runs(task: Task, field: Field, out: Path, seeds: Sequence[int], report: Report) -> tuple[list[dict[str, Any]], dict[str, str]]:
    runs = {each.name: [Run(task, each, seed, run_folder(out, each.name, seed)) for seed in seeds] for each in _in_order(field)}
    results = {(run.entrant.name, run.seed): run.finished() for each in runs.values() for run in each}
    share = _Share(report, sum(_weight(run) for each in runs.values() for run in each if results[run.entrant.name, run.seed] is None))
    left_out = dict(field.left_out)
    for entrant, each in runs.items():
        try:
            for run in each:
                if results[entrant, run.seed] is None:
                    results[entrant, run.seed] = run.perform(share.of(run))
                    share.done(run)
        except InputError as error:
            if not field.is_open:
                raise
            left_out[entrant] = str(error)
            _forget(each)
    found = [result for (name, _), result in results.items() if result is not None and name not in left_out]
    if not found:
        reasons = " ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise InputError(f"A benchmark needs at least one model that can serve the corpus, none can. {reasons}")
    return found, left_out


def _in_order(field: Field) -> tuple[Entrant, ...]:
    names = [entrant.name for entrant in field.entrants]
    if not names or len(set(names)) != len(names):
        raise InputError(f"The entrants of a benchmark need different names, got {', '.join(names) or 'none'}.")
    return tuple(sorted(field.entrants, key=lambda entrant: entrant.learns))


def _abandon(out: Path) -> None:
    """Delete a folder in which nothing was done."""
    if {entry.name for entry in out.rglob("*") if not entry.is_dir()} == {LOCK}:
        shutil.rmtree(out, ignore_errors=True)


def _forget(runs: Sequence[Run]) -> None:
    """Delete the folders that an entrant left empty."""
    with suppress(OSError):
        for run in runs:
            run.folder.rmdir()
        runs[0].folder.parent.rmdir()


def _document(task: Task, tier: str, seeds: list[int], results: list[dict[str, Any]], left_out: dict[str, str]) -> dict[str, Any]:
    return {
        "schema": FORMAT,
        "synthfib": __version__,
        **task.to_dict(),
        "tier": tier,
        "seeds": seeds,
        "units": "every score is a fraction unless its name ends in _percent; times are in seconds",
        "surroundings": surroundings(),
        "summary": summary(results),
        "comparisons": comparisons(results),
        "left_out": left_out,
        "runs": results,
    }


def _claim(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"A folder is required for the benchmark, {str(out)!r} is a file; choose another name with --out.")
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in _OWN) if out.is_dir() else []
    if foreign:
        raise InputError(f"The folder of a benchmark must be new, empty or of an earlier benchmark, {str(out)!r} holds {foreign[0]!r}.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / LOCK).touch()
    except OSError as error:
        raise InputError(f"Cannot write into {str(out)!r}: {error.strerror}.") from error


def _weight(run: Run) -> float:
    return _LEARNING_WEIGHT if run.entrant.learns else 1.0


class _Share:
    """Turns the progress of one run into that of all that are left to do."""

    def __init__(self, report: Report, total: float) -> None:
        self._report, self._total, self._done = report, total, 0.0

    def of(self, run: Run) -> Report:
        return lambda share, note: self._report((self._done + share * _weight(run)) / self._total, note)

    def done(self, run: Run) -> None:
        self._done += _weight(run)

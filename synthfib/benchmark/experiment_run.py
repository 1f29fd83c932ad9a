"""Repeat a published experiment: build its corpora, run its methods, put the numbers beside the published ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synthfib.benchmark.campaign import run_campaign
from synthfib.benchmark.entrants import Field
from synthfib.benchmark.experiments import Experiment, Row
from synthfib.benchmark.run import Task
from synthfib.benchmark.tiers import find_tier
from synthfib.corpus.build import build_corpus
from synthfib.corpus.load import Corpus
from synthfib.data.atomic import write_text
from synthfib.errors import InputError

FORMAT = "synthfib/experiment-result@1"
_CORPORA, _SCORES, _RESULT = "corpora", "scores", "result.json"
#: Share of the work on a corpus that is over when it is built.
_BUILT = 0.2

Report = Callable[[float, str], None]


def run_experiment(
    experiment: Experiment, out: Path, *, tier: str, seeds: int | None = None, threads: int = 2, on_progress: Report | None = None
) -> dict[str, Any]:
    """Do what is not done yet of an experiment, and return its table.

    Parameters
    ----------
    experiment : Experiment
        What to repeat.
    out : Path
        A new or empty folder, or that of an earlier run; it gets ``corpora/``, ``scores/`` (a benchmark for each corpus) and ``result.json``.
    tier : str
        Size of the corpora and settings of the methods.
    seeds : int, optional
        Seeds per method; by default as many as the experiment says.
    threads : int
        Given to methods that take a number of threads.
    on_progress : callable, optional
        Told the share of the work done, and what is going on.

    Returns
    -------
    dict
        ``name``, ``title``, ``citation``, ``metric``, ``unit``, ``tier``, ``seeds`` and ``rows`` (``name``, ``title``, ``ours`` with ``mean`` and
        ``std`` and ``published``, both in `unit`, and ``note``), as plain JSON types.

    Raises
    ------
    InputError
        If the folder holds something else, or a method cannot serve its corpus.
    """
    report = on_progress or (lambda _share, _note: None)
    settings, n_seeds = find_tier(tier), seeds or experiment.tier(tier).seeds
    keys = [key for key in experiment.corpora if any(row.corpus == key for row in experiment.rows)]
    recipes = {key: experiment.corpus_recipe(key, tier) for key in keys}
    fields = {key: Field(experiment.entrants(key, settings)) for key in keys}
    _claim(out)
    scores: dict[str, dict[str, Any]] = {}
    for done, key in enumerate(keys):

        def tell(share: float, note: str, done: int = done) -> None:
            report((done + share) / len(keys), note)

        build_corpus(recipes[key], out / _CORPORA / key, on_progress=lambda n, of, tell=tell: tell(_BUILT * n / of, "building"))  # type: ignore[misc]
        task = Task(Corpus.open(out / _CORPORA / key), threads=threads)
        campaign = run_campaign(
            task,
            fields[key],
            out / _SCORES / key,
            seeds=range(1, n_seeds + 1),
            tier=tier,
            on_progress=lambda share, note, tell=tell: tell(_BUILT + (1 - _BUILT) * share, note),  # type: ignore[misc]
        )
        scores |= {entry["name"]: entry["scores"] for entry in campaign.document["summary"]}
    document = {
        "schema": FORMAT,
        **{key: getattr(experiment, key) for key in ("name", "title", "metric", "unit")},
        "citation": experiment.citation.model_dump(),
        "notes": list(experiment.notes),
        "tier": tier,
        "seeds": n_seeds,
        "rows": [_row(experiment, row, scores[row.name]) for row in experiment.rows],
    }
    write_text(out / _RESULT, json.dumps(document, indent=1) + "\n")
    return document


def experiment_rows(document: dict[str, Any]) -> list[list[str]]:
    """Return the table of a result: a heading, and a row per method."""
    unit = "%" if document["unit"] == "percent" else "fraction"
    rows = [["method", f"{document['metric']} ({unit})", "published", "note"]]
    for row in document["rows"]:
        mean, std = row["ours"]["mean"], row["ours"]["std"]
        ours = f"{mean:.3g}" + ("" if std is None else f" ± {std:.2g}")
        rows.append([row["title"], ours, "" if row["published"] is None else f"{row['published']:g}", row["note"] or ""])
    return rows


def _row(experiment: Experiment, row: Row, scores: dict[str, Any]) -> dict[str, Any]:
    factor = 100 if experiment.unit == "percent" else 1
    ours = {key: None if value is None else factor * value for key, value in scores[experiment.metric].items()}
    return {"name": row.name, "title": row.title, "model": row.model, "ours": ours, "published": row.published, "note": row.note}


def _claim(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"A folder is required for the experiment, {str(out)!r} is a file; choose another name with --out.")
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in (_CORPORA, _SCORES, _RESULT)) if out.is_dir() else []
    if foreign:
        raise InputError(f"The folder of an experiment must be new, empty or of an earlier one, {str(out)!r} holds {foreign[0]!r}.")
    for name in (_CORPORA, _SCORES):
        (out / name).mkdir(parents=True, exist_ok=True)

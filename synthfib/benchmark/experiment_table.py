"""Our numbers of an experiment beside the published ones, and with what makes them readable: spread, truth, interval and floor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from synthfib.benchmark.experiments import Experiment, Row, Score
from synthfib.benchmark.summary import mean_and_std

Runs = Sequence[Mapping[str, Any]]


def result_rows(experiment: Experiment, rows: Sequence[Row], runs: Mapping[str, Runs]) -> list[dict[str, Any]]:
    """Return one entry for each score and method, given the runs of each row: one for every seed.

    Returns
    -------
    list of dict
        ``score`` (its key in the experiment), ``metric``, ``unit``, ``name``, ``title``, ``model``, ``corpus``, ``trained_on``, ``ours`` (``mean``
        over the seeds and ``std``, None where there is nothing to tell), ``published`` or None, ``truth``, ``floor``, ``floor_high`` and
        ``interval`` or None, ``isotropy_distance_nm`` (how far its curves reach) or None, and ``note``. Numbers are in `unit`.
    """
    return [_entry(key, score, row, runs[row.name]) for key, score in experiment.scores.items() for row in rows]


def experiment_tables(document: Mapping[str, Any]) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield a title and a table for each score of a result: a heading, and a row per method; no column is empty."""
    for key, score in document["scores"].items():
        own = [row for row in document["rows"] if row["score"] == key]
        of = f", {score['volume']}" if score["volume"] else ""
        reach_nm = [row["isotropy_distance_nm"] for row in own if row["isotropy_distance_nm"] is not None]
        reach = f", up to {min(reach_nm):.3g} nm" if reach_nm else ""
        true = "" if score["published_truth"] is None else f", with {score['published_truth']:g} for the truth"
        note = f". {score['note']}" if score["note"] else ""
        unit = "%" if score["unit"] == "percent" else "fraction"
        yield f"{score['metric']} ({unit}{of}{reach}); published: {score['where']}{true}{note}", _filled([_HEADING, *map(_texts, own)])


_HEADING = ["method", "ours", "published", "truth", "95 % interval", "floor", "floor 95 %", "note"]


def _entry(key: str, score: Score, row: Row, runs: Runs) -> dict[str, Any]:
    factor = 100 if score.unit == "percent" else 1
    values = [value for run in runs if (value := _value(run, score, score.metric)) is not None]
    ours: Mapping[str, float | None] = mean_and_std(values) if values else {"mean": None, "std": None}
    beside = {
        "truth": _mean([_value(run, score, f"truth_{score.metric}") for run in runs], factor),
        "floor": _mean([_value(run, score, f"{score.metric}_floor") for run in runs], factor),
        "floor_high": _mean([_value(run, score, f"{score.metric}_floor_high") for run in runs], factor),
    }
    return {
        "score": key,
        "metric": score.metric,
        "unit": score.unit,
        **{name: getattr(row, name) for name in ("name", "title", "model", "corpus")},
        "trained_on": row.trained_on or row.corpus,
        "ours": {name: None if value is None else factor * value for name, value in ours.items()},
        "published": row.published.get(key),
        **beside,
        "interval": _interval(runs, score, factor),
        "isotropy_distance_nm": _reach_nm(runs, score),
        "note": row.note,
    }


def _value(run: Mapping[str, Any], score: Score, metric: str) -> float | None:
    """Return a score of a run: of all volumes, their pixels counted together, or where that is no matter of pixels as a mean over volumes."""
    if score.volume is None and metric in run["pooled"]:
        return float(run["pooled"][metric])
    return _mean([{**volume["scores"], **volume["structure"]}.get(metric) for volume in _volumes(run, score)])


def _interval(runs: Runs, score: Score, factor: float) -> list[float] | None:
    """Return the mean over volumes and seeds of the ends of the interval."""
    ends = [volume["intervals"][score.metric] for run in runs for volume in _volumes(run, score) if score.metric in volume["intervals"]]
    return [factor * end for end in np.mean(ends, axis=0).tolist()] if ends else None


def _reach_nm(runs: Runs, score: Score) -> float | None:
    """Return the distance that the curves behind an isotropy error reach."""
    reach_nm = [volume["isotropy_distance_nm"] for run in runs for volume in _volumes(run, score)] if "isotropy" in score.metric else []
    return min((each for each in reach_nm if each is not None), default=None)


def _volumes(run: Mapping[str, Any], score: Score) -> list[Mapping[str, Any]]:
    return [volume for volume in run["volumes"] if score.volume in (None, volume["volume"])]


def _mean(values: Sequence[float | None], factor: float = 1) -> float | None:
    known = [value for value in values if value is not None]
    return factor * float(np.mean(known)) if known else None


def _texts(row: Mapping[str, Any]) -> list[str]:
    mean, std, interval = row["ours"]["mean"], row["ours"]["std"], row["interval"]
    ours = "none" if mean is None else f"{mean:.3g}" + ("" if std is None else f" ± {std:.2g}")
    span = "" if interval is None else f"{interval[0]:.3g} to {interval[1]:.3g}"
    beside = ["" if row[key] is None else f"{row[key]:.3g}" for key in ("truth", "floor", "floor_high")]
    published = "" if row["published"] is None else f"{row['published']:g}"
    return [row["title"], ours, published, beside[0], span, *beside[1:], row["note"] or ""]


def _filled(rows: list[list[str]]) -> list[list[str]]:
    """Leave out columns that are empty below the heading, but for those that are compared."""
    kept = [index for index in range(len(rows[0])) if index < 3 or any(row[index] for row in rows[1:])]
    return [[row[index] for index in kept] for row in rows]

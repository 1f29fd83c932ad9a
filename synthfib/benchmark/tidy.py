"""Scores as a tidy table: one value per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

#: What stands for all volumes of a split together.
POOLED = "pooled"


@dataclass(frozen=True, slots=True)
class Row:
    """One value.

    Parameters
    ----------
    model : str
        Name of the entrant.
    seed : int
        Seed of the run.
    volume : str
        Name of the volume, or ``pooled`` for all of them, their pixels counted together.
    metric : str
        Name of the score.
    unit : str
        ``fraction`` for every score.
    value : float
        The score.
    ci_low, ci_high : float, optional
        Ends of its 95 % interval, where one is known.
    """

    model: str
    seed: int
    volume: str
    metric: str
    unit: str
    value: float
    ci_low: float | None = None
    ci_high: float | None = None


def rows(results: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return every score of every run, volume by volume and pooled; times are no scores, so that equal runs give equal tables."""
    return [row for result in results for row in _rows(result)]


def csv_text(table: Sequence[Row]) -> str:
    """Return the table with a heading; an unknown interval is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([each.name for each in fields(Row)])
    writer.writerows(["" if value is None else value for value in astuple(row)] for row in table)
    return out.getvalue()


def _rows(result: Mapping[str, Any]) -> Iterator[Row]:
    volumes = [*result["volumes"], {"volume": POOLED, "scores": result["pooled"]}]
    for entry in volumes:
        for metric, value in {**entry["scores"], **entry.get("structure", {})}.items():
            low, high = entry.get("intervals", {}).get(metric, (None, None))
            yield Row(result["entrant"]["name"], result["seed"], entry["volume"], metric, "fraction", value, low, high)

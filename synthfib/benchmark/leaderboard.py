"""The tables of a benchmark as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from synthfib.benchmark.structure import ERRORS

#: Heading, key and number format of each column after the name.
_COLUMNS = (
    ("mean Dice", "mean_dice", ".4f"),
    ("Dice solid", "dice_solid", ".4f"),
    ("Dice pore", "dice_pore", ".4f"),
    ("mean IoU", "mean_iou", ".4f"),
    ("MP %", "mp_percent", ".2f"),
    ("MGP %", "mgp_percent", ".2f"),
    ("solid", "solid_fraction", ".4f"),
    ("true solid", "truth_solid_fraction", ".4f"),
    ("fit s", "fit_seconds", ".1f"),
    ("predict s", "predict_seconds", ".2f"),
)

#: Heading, score, factor and number format of each column of a table of means.
_MEANS = (
    ("mean Dice", "mean_dice", 1, ".3f"),
    ("Dice solid", "dice_solid", 1, ".3f"),
    ("mean IoU", "mean_iou", 1, ".3f"),
    ("MP %", "mp", 100, ".2f"),
    ("MGP %", "mgp", 100, ".2f"),
    ("solid", "solid_fraction", 1, ".3f"),
)


def mean_rows(summary: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Return a heading and one row per entrant: mean ± standard deviation over the seeds, in the order of the summary; no column is empty."""
    heading = ["method", "seeds", *(title for title, *_ in _MEANS), "true solid", "parameters", "fit s", "predict s"]
    rows = [heading, *(_mean_row(entry) for entry in summary)]
    filled = [index for index in range(len(heading)) if len(rows) == 1 or any(row[index] for row in rows[1:])]
    return [[row[index] for index in filled] for row in rows]


def mean_table(summary: Iterable[Mapping[str, Any]]) -> str:
    """Return `mean_rows` as a table of fixed width."""
    return aligned(mean_rows(summary))


def mean_and_std_text(value: Mapping[str, float | None], spec: str, factor: float = 1) -> str:
    """Return ``mean ± standard deviation``, or the mean alone where there is but one value."""
    mean, std = value["mean"], value["std"]
    assert mean is not None
    return f"{factor * mean:{spec}}" + (f" ± {factor * std:{spec}}" if std is not None else "")


def _mean_row(entry: Mapping[str, Any]) -> list[str]:
    seconds, parameters = entry.get("seconds", {}), entry.get("parameters")
    scores = [mean_and_std_text(entry["scores"][key], spec, factor) for _, key, factor, spec in _MEANS]
    scores.append(f"{entry['scores']['truth_solid_fraction']['mean']:.3f}")
    times = ["" if (value := seconds.get(part)) is None else f"{value:{spec}}" for part, spec in (("fit", ".1f"), ("predict", ".2f"))]
    return [str(entry["name"]), str(entry["seeds"]), *scores, "" if parameters is None else f"{parameters:,}", *times]


def volume_table(document: Mapping[str, Any]) -> str:
    """Return the scores of every volume and of all together, given what `synthfib.benchmark.predictions.score_predictions` returned."""
    titles = [*((title, key, factor, spec) for title, key, factor, spec in _MEANS), ("true solid", "truth_solid_fraction", 1, ".3f")]
    lines = [*((volume["volume"], volume["scores"]) for volume in document["volumes"]), ("pooled", document["pooled"])]
    return aligned(
        [["volume", *(each[0] for each in titles)], *([name, *(f"{f * own[key]:{spec}}" for _, key, f, spec in titles)] for name, own in lines)]
    )


def structure_table(document: Mapping[str, Any]) -> str:
    """Return the isotropy errors of every volume with their intervals, and beside each that of the truth; empty if all are too small."""
    names = [name for name in ERRORS if any(f"isotropy_{name}" in volume["structure"] for volume in document["volumes"])]
    rows = [["isotropy error", *(title for name in names for title in (name, "true"))]]
    for volume in document["volumes"]:
        found, ends = volume["structure"], volume["intervals"]
        row = [volume["volume"]]
        for own in (f"isotropy_{name}" for name in names):
            row += [
                "{:.3f} [{:.3f}, {:.3f}]".format(found[own], *ends[own]) if own in found else "",
                f"{found[true]:.3f}" if (true := f"truth_{own}") in found else "",
            ]
        rows.append(row)
    return aligned(rows) if names else ""


def leaderboard(scores: Iterable[Mapping[str, Any]]) -> str:
    """Return a table of fixed width, best mean Dice first.

    Parameters
    ----------
    scores : iterable of mapping
        The ``scores`` of a `BenchmarkResult`, or of its JSON document.
    """
    ranked = sorted(scores, key=lambda entry: (-entry["mean_dice"], entry["method"]))
    rows = [["method", *(heading for heading, _, _ in _COLUMNS)]]
    rows += [[str(entry["method"]), *(format(entry[key], spec) if key in entry else "" for _, key, spec in _COLUMNS)] for entry in ranked]
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows, the first of them the heading, with fixed widths: names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]]) + "\n"

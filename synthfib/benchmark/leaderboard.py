"""The table of a benchmark as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows, the first of them the heading: names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]]) + "\n"

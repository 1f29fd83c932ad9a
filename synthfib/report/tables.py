"""Scores as rows of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_COLUMNS = {
    "method": ("method", "{}"),
    "mean_dice": ("mean Dice", "{:.3f}"),
    "mp_percent": ("misplaced pixels (%)", "{:.2f}"),
    "mgp_percent": ("missed solid (%)", "{:.2f}"),
    "solid_fraction": ("solid fraction", "{:.3f}"),
    "truth_solid_fraction": ("true solid fraction", "{:.3f}"),
}


def score_rows(scores: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return a header and one row per method, the best mean Dice first."""
    ranked = sorted(scores, key=lambda score: -score["mean_dice"])
    header = [title for title, _ in _COLUMNS.values()]
    return [header, *([form.format(score[key]) for key, (_, form) in _COLUMNS.items()] for score in ranked)]

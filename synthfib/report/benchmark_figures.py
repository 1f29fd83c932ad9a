"""Pictures of a benchmark: slices that went worst and middling, scores of all seeds, learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from synthfib.benchmark.slices import ShownSlice
from synthfib.report.figures import OUTCOME_NAMES, OUTCOMES, outcomes

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
_KINDS = ("worst", "median")


def slice_gallery(shown: Mapping[str, ShownSlice]) -> Figure:
    """Return the worst and the median slice as rows: image, truth, what was found, and the misplaced pixels in colour."""
    figure = Figure(figsize=(9.4, 2.5 * len(_KINDS) + 0.4), layout="constrained", dpi=110)
    grid = figure.subplots(len(_KINDS), 4, squeeze=False)
    for row, kind in zip(grid, _KINDS, strict=True):
        one = shown[kind]
        for axes, picture in zip(row[:3], (one.image, one.truth, one.found), strict=True):
            axes.imshow(picture, cmap="gray", interpolation="nearest")
        row[3].imshow(outcomes(one.found, one.truth), cmap=OUTCOMES, vmin=0, vmax=3, interpolation="nearest")
        row[0].set_ylabel(f"{kind}: {one.volume},\nslice {one.number}", fontsize=9)
        row[3].set_xlabel(f"{100 * one.misplaced:.2f} % misplaced", fontsize=9)
    for axes, title in zip(grid[0], ("image", "truth", "found", "misplaced"), strict=True):
        axes.set_title(title, fontsize=9)
    for axes in grid.ravel():
        axes.set(xticks=[], yticks=[])
    patches = [Patch(color=colour, label=name) for name, colour in OUTCOME_NAMES.items()]
    figure.legend(handles=patches, loc="outside lower right", ncols=2, frameon=False, fontsize=8)
    return figure


def seed_scores(summary: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> Figure:
    """Return mean Dice and misplaced pixels of every run, with mean and standard deviation of each entrant."""
    names = [entry["name"] for entry in reversed(summary)]
    figure = Figure(figsize=(8.6, 0.42 * len(names) + 1.1), layout="constrained", dpi=110)
    for axes, metric, factor, label in zip(
        figure.subplots(1, 2, sharey=True), ("mean_dice", "mp"), (1, 100), ("mean Dice", "misplaced pixels (%)"), strict=True
    ):
        for height, entry in enumerate(reversed(summary)):
            values = [factor * run["pooled"][metric] for run in runs if run["entrant"]["name"] == entry["name"]]
            mean, std = entry["scores"][metric]["mean"], entry["scores"][metric]["std"] or 0.0
            axes.errorbar(factor * mean, height, xerr=factor * std, fmt="|", color="black", ms=12, capsize=3, lw=1)
            axes.plot(values, np.full(len(values), height), "o", ms=4, color="#0072b2", alpha=0.6)
        axes.set(xlabel=label, yticks=range(len(names)), yticklabels=names, ylim=(-0.6, len(names) - 0.4))
        axes.grid(axis="x", color="#dddddd", lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def learning_curves(runs: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Return the losses of every run that has any, a panel per entrant and a colour per seed; None if nothing learned epoch by epoch."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        if run["history"]:
            by_name.setdefault(run["entrant"]["name"], []).append(run)
    if not by_name:
        return None
    columns = min(3, len(by_name))
    n_rows = -(-len(by_name) // columns)
    figure = Figure(figsize=(3.1 * columns + 0.4, 2.5 * n_rows + 0.3), layout="constrained", dpi=110)
    panels = figure.subplots(n_rows, columns, squeeze=False).ravel()
    for axes, (name, own) in zip(panels, by_name.items(), strict=False):
        _draw_curves(axes, name, own)
    for axes in panels[len(by_name) :]:
        axes.set_visible(False)
    return figure


def _draw_curves(axes: Any, name: str, runs: Sequence[Mapping[str, Any]]) -> None:
    for run, colour in zip(runs, _COLOURS * (1 + len(runs) // len(_COLOURS)), strict=False):
        epochs = range(1, len(run["history"]) + 1)
        axes.plot(epochs, [epoch["training_loss"] for epoch in run["history"]], ":", color=colour, lw=1.2)
        axes.plot(epochs, [epoch["validation_loss"] for epoch in run["history"]], "o-", color=colour, ms=2.5, lw=1.2, label=f"seed {run['seed']}")
    axes.set_title(name, fontsize=9)
    axes.set(xlabel="epoch", ylabel="loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)

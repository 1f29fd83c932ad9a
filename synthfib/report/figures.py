"""Figures of stacks, segmentations and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import NDArray

from synthfib.data.scale_bar import bar_length_nm
from synthfib.data.stack import ImageStack

# Outcome of a pixel: true pore, true solid, pore taken for solid, solid missed (colours that the colour-blind can tell apart).
OUTCOMES = ListedColormap(["black", "white", "#e69f00", "#0072b2"])
OUTCOME_NAMES = {"pore taken for solid": "#e69f00", "solid missed": "#0072b2"}


def outcomes(predicted: NDArray[np.bool_], solid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return 0 true pore, 1 true solid, 2 pore taken for solid, 3 solid missed, same shape."""
    return np.select([predicted & solid, predicted & ~solid, solid], [1, 2, 3], 0).astype(np.uint8)


def face_gallery(stack: ImageStack, predictions: Mapping[str, NDArray[np.bool_]], faces: Sequence[int], *, channel: int = 0) -> Figure:
    """Return faces as rows: image, truth, and every method with its misplaced pixels in colour."""
    solid = _solid(stack)
    columns = ["image", "truth", *predictions]
    figure = Figure(figsize=(2.3 * len(columns), 2.35 * len(faces) + 0.35), layout="constrained", dpi=110)
    grid = figure.subplots(len(faces), len(columns), squeeze=False)
    for row, face in zip(grid, faces, strict=True):
        row[0].imshow(stack.images[channel, face], cmap="gray", interpolation="nearest")
        row[0].set_ylabel(f"face at {stack.plan.positions_nm[face]:.0f} nm")
        row[1].imshow(solid[face], cmap="gray", interpolation="nearest")
        for axes, predicted in zip(row[2:], predictions.values(), strict=True):
            axes.imshow(outcomes(predicted[face], solid[face]), cmap=OUTCOMES, vmin=0, vmax=3, interpolation="nearest")
        _scale_bar(row[0], stack.plan.pixel_size_nm[1], stack.shape[3], stack.shape[2])
    _finish(figure, grid, [str(stack.channels[channel]), *columns[1:]])
    return figure


def milling_section(stack: ImageStack, predictions: Mapping[str, NDArray[np.bool_]], *, row: int | None = None, channel: int = 0) -> Figure:
    """Return a section along the milling direction, every slice as thick as it really is."""
    solid = _solid(stack)
    row = stack.shape[2] // 2 if row is None else row
    columns = ["image", "truth", *predictions]
    edges_z, edges_x = _slice_edges_nm(stack), np.arange(stack.shape[3] + 1) * stack.plan.pixel_size_nm[1]
    depth_over_width = (edges_z[-1] - edges_z[0]) / edges_x[-1]
    figure = Figure(figsize=(2.3 * len(columns), 2.2 * depth_over_width + 0.6), layout="constrained", dpi=110)
    grid = figure.subplots(1, len(columns), squeeze=False)
    pictures: list[tuple[NDArray[Any], dict[str, Any]]] = [(stack.images[channel, :, row], {"cmap": "gray"}), (solid[:, row], {"cmap": "gray"})]
    pictures += [(outcomes(p[:, row], solid[:, row]), {"cmap": OUTCOMES, "vmin": 0, "vmax": 3}) for p in predictions.values()]
    for axes, (picture, style) in zip(grid[0], pictures, strict=True):
        axes.pcolormesh(edges_x, edges_z, picture, rasterized=True, **style)
        axes.set_aspect("equal")
        axes.invert_yaxis()
    grid[0, 0].set_ylabel("← milling direction")  # turned by 90 degrees, the arrow points down
    _scale_bar(grid[0, 0], 1.0, edges_x[-1], edges_z[-1])
    _finish(figure, grid, [str(stack.channels[channel]), *columns[1:]])
    return figure


def grey_histogram(stack: ImageStack, *, channel: int = 0) -> Figure:
    """Return the grey values of solid, of deep pores and of pores that solid shines through."""
    solid = _solid(stack)
    images, depth_nm = stack.images[channel], stack.depth_to_solid_nm
    figure = Figure(figsize=(5.4, 3.0), layout="constrained", dpi=110)
    axes = figure.subplots()
    bins = np.linspace(0, np.iinfo(images.dtype).max, 65)
    groups = {"solid": (solid, "#444444"), "pore": (~solid, "#56b4e9")}
    if depth_nm is not None:
        shallow = ~solid & (depth_nm < 20)
        groups = {"solid": (solid, "#444444"), "pore, solid within 20 nm below": (shallow, "#e69f00"), "deeper pore": (~solid & ~shallow, "#56b4e9")}
    for name, (mask, colour) in groups.items():
        axes.hist(
            images[mask],
            bins=bins.tolist(),
            histtype="stepfilled",
            alpha=0.55,
            color=colour,
            label=name,
            weights=np.full(mask.sum(), 100 / mask.size),
        )
    axes.set(xlabel=f"grey value, {stack.channels[channel]}", ylabel="share of pixels (%)")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def score_bars(scores: Sequence[Mapping[str, Any]]) -> Figure:
    """Return mean Dice and misplaced pixels of every method."""
    figure = Figure(figsize=(6.4, 0.55 * len(scores) + 1.3), layout="constrained", dpi=110)
    panels = figure.subplots(1, 2)
    ranked = sorted(scores, key=lambda score: score["mean_dice"])
    names = [score["method"] for score in ranked]
    for axes, key, label in ((panels[0], "mean_dice", "mean Dice"), (panels[1], "mp_percent", "misplaced pixels (%)")):
        bars = axes.barh(names, [score[key] for score in ranked], color="#0072b2", height=0.6)
        axes.bar_label(bars, fmt="%.3f" if key == "mean_dice" else "%.1f", padding=3, fontsize=8)
        axes.set(xlabel=label, xlim=(0, 1.18 * max(score[key] for score in ranked)))
        axes.spines[["top", "right"]].set_visible(False)
    panels[1].set_yticklabels([])
    return figure


def training_curve(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the losses of every epoch."""
    figure = Figure(figsize=(5.4, 2.8), layout="constrained", dpi=110)
    axes = figure.subplots()
    epochs = np.arange(1, len(history) + 1)
    for key, colour in (("training_loss", "#56b4e9"), ("validation_loss", "#d55e00")):
        axes.plot(epochs, [entry[key] for entry in history], "o-", ms=3, color=colour, label=key.replace("_", " "))
    axes.set(xlabel="epoch", ylabel="Dice loss", yscale="log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _solid(stack: ImageStack) -> NDArray[np.bool_]:
    if stack.labels is None:
        return np.zeros(stack.shape[1:], np.bool_)
    return stack.labels > 0


def _slice_edges_nm(stack: ImageStack) -> NDArray[np.float64]:
    positions = stack.plan.positions_nm
    last = float(np.diff(positions).mean()) if positions.size > 1 else stack.plan.pixel_size_nm[0]
    return np.append(positions, positions[-1] + last)


def _scale_bar(axes: Axes, nm_per_unit: float, width: float, height: float) -> None:
    """Draw a white bar on black, a round length of about a quarter of the width."""
    length_nm = bar_length_nm(width * nm_per_unit)
    length = length_nm / nm_per_unit
    left, bottom = 0.04 * width, 0.95 * height
    axes.add_patch(Rectangle((left - 0.02 * width, bottom - 0.115 * height), length + 0.04 * width, 0.145 * height, color="black", alpha=0.75, lw=0))
    axes.plot([left, left + length], [bottom, bottom], color="white", lw=2.5, solid_capstyle="butt")
    axes.text(left + length / 2, bottom - 0.02 * height, f"{length_nm:g} nm", color="white", fontsize=7, ha="center", va="bottom")


def _finish(figure: Figure, grid: NDArray[Any], titles: Sequence[str]) -> None:
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, fontsize=9)
    for axes in grid.ravel():
        axes.set(xticks=[], yticks=[])
    patches = [Patch(color=colour, label=name) for name, colour in OUTCOME_NAMES.items()]
    figure.legend(handles=patches, loc="outside lower right", ncols=2, frameon=False, fontsize=8)

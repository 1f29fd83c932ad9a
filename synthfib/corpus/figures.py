"""A picture of how slice thickness, porosity and sizes spread in a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthfib.corpus.manifest import Manifest, VolumeEntry
from synthfib.corpus.png import plain_style, png_bytes
from synthfib.corpus.recipe import SPLITS
from synthfib.corpus.statistics import Chords, CorpusStatistics, first_of_each_structure
from synthfib.data.milling import SliceThickness

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that the colour-blind can tell apart.
_SPLIT_COLOURS = {"train": "#0072b2", "validation": "#e69f00", "test": "#009e73"}
_MATERIAL_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_BAR = "#8fb8d8"


def draw_figures(manifest: Manifest, statistics: CorpusStatistics, law: SliceThickness) -> bytes:
    """Return the picture as PNG: slice thickness with its law, porosity of every structure, straight runs of solid and pore."""
    from matplotlib.figure import Figure

    with plain_style():
        figure = Figure(figsize=(11.5, 3.3), layout="constrained", dpi=120)
        panels = figure.subplots(1, 3)
        _draw_thickness(panels[0], statistics.thickness_nm, law)
        _draw_porosity(panels[1], [volume for volume in manifest.volumes if volume.solid_fraction is not None])
        _draw_chords(panels[2], statistics)
        for axes in panels:
            axes.spines[["top", "right"]].set_visible(False)
        return png_bytes(figure)


def _draw_thickness(axes: Axes, thickness_nm: NDArray[np.float64], law: SliceThickness) -> None:
    if thickness_nm.size:
        edges = _edges_nm(thickness_nm, law)
        axes.hist(
            thickness_nm, edges.tolist(), weights=np.full(thickness_nm.size, 100 / thickness_nm.size), color=_BAR, label=f"{thickness_nm.size} slices"
        )
        if law.std_nm:
            fine = np.linspace(edges[0], edges[-1], 300)
            axes.plot(fine, 100 * (edges[1] - edges[0]) * _gamma_density(fine, law), color="#d55e00", label="law of the recipe")
        axes.axvline(thickness_nm.mean(), color="black", lw=0.8, ls=":", label=f"mean {thickness_nm.mean():.2f} nm")
        axes.legend(frameon=False, fontsize=8)
    axes.set(xlabel="slice thickness (nm)", ylabel="share of slices (%)", ylim=(0, None))


def _edges_nm(thickness_nm: NDArray[np.float64], law: SliceThickness) -> NDArray[np.float64]:
    """Bins: centred on the grid of the positions if there is one, otherwise as many as the number of slices bears."""
    if law.grid_nm is not None:
        steps = np.arange(round(float(thickness_nm.min()) / law.grid_nm), round(float(thickness_nm.max()) / law.grid_nm) + 2)
        return np.asarray((steps - 0.5) * law.grid_nm, np.float64)
    low, high = float(thickness_nm.min()), float(thickness_nm.max())
    if high - low < 1e-6:
        return np.array([low - 0.5, low + 0.5])
    return np.asarray(np.linspace(low, high, int(np.clip(np.sqrt(thickness_nm.size), 5, 40)) + 1), np.float64)


def _gamma_density(x: NDArray[np.float64], law: SliceThickness) -> NDArray[np.float64]:
    from scipy.stats import gamma

    shape, scale = (law.mean_nm / law.std_nm) ** 2, law.std_nm**2 / law.mean_nm
    return np.asarray(gamma.pdf(x, shape, scale=scale), np.float64)


def _draw_porosity(axes: Axes, volumes: Sequence[VolumeEntry]) -> None:
    """One point per volume, those of a structure on a vertical line."""
    materials = list(dict.fromkeys(volume.material for volume in volumes))
    structures = {
        volume.structure: place for place, volume in enumerate(sorted(first_of_each_structure(volumes), key=lambda v: materials.index(v.material)))
    }
    for split in SPLITS:
        own = [(structures[volume.structure], volume.solid_fraction) for volume in volumes if volume.split == split]
        points = [(place, 100 * (1 - solid_fraction)) for place, solid_fraction in own if solid_fraction is not None]
        if points:
            axes.plot(*zip(*points, strict=True), "o", ms=4, alpha=0.7, mew=0, color=_SPLIT_COLOURS[split], label=split)
    axes.set(xlabel="structure", ylabel="porosity of the faces (%)", xticks=[])
    axes.margins(y=0.25)
    if not volumes:
        return
    _name_materials(axes, [next(v.material for v in volumes if v.structure == structure) for structure in structures])
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", columnspacing=1, handletextpad=0.2)


def _name_materials(axes: Axes, materials: Sequence[str]) -> None:
    names = list(dict.fromkeys(materials))
    if len(names) > 1:
        axes.set_xticks([np.mean([i for i, material in enumerate(materials) if material == name]) for name in names], names, fontsize=8)
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("structures by material")


def _draw_chords(axes: Axes, statistics: CorpusStatistics) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    for colour, material in zip(_MATERIAL_COLOURS, statistics.solid, strict=False):
        _draw_density(axes, statistics.solid[material], color=colour, ls="-", label=f"solid, {material}" if len(statistics.solid) > 1 else "solid")
        _draw_density(axes, statistics.pore[material], color=colour, ls="--", label=f"pore, {material}" if len(statistics.solid) > 1 else "pore")
    axes.set(xlabel="straight run in the plane of the face (nm)", ylabel="share of runs (%)", ylim=(0, None))
    if statistics.solid:
        axes.set_xscale("log")
        axes.set_xlim(min(chords.pixel_size_nm for chords in statistics.solid.values()), _reach_nm(statistics))
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter("{x:g}")
        axes.legend(frameon=False, fontsize=8)


def _draw_density(axes: Axes, chords: Chords, **style: Any) -> None:
    # The last entry counts runs across the whole face, which say nothing about the structure.
    axes.plot(chords.lengths_nm[1:-1], 100 * chords.counts[1:-1] / max(1, chords.counts.sum()), lw=1.3, drawstyle="steps-mid", **style)


def _reach_nm(statistics: CorpusStatistics) -> float:
    """Longest run that is not rarer than one in a hundred."""
    reaches = [1.0]
    for chords in (*statistics.solid.values(), *statistics.pore.values()):
        shares = np.cumsum(chords.counts[:-1]) / max(1, chords.counts[:-1].sum())
        reaches.append(float(chords.lengths_nm[min(int(np.searchsorted(shares, 0.99)), chords.counts.size - 2)]))
    return max(reaches)

"""Figures of electron physics: trajectories, backscatter coefficients, angular distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from synthfib.data.atomic import atomic_path
from synthfib.data.material import Material
from synthfib.physics.elastic import constituents, scattering_angle
from synthfib.report.page import png_bytes
from synthfib.simulators.monte_carlo.layers import Electrons, Layer
from synthfib.validation.measured import MeasuredSet

_BACK, _STOPPED = "#d62728", "#3b6fb6"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555", "#e69f00")
_MARKERS = "osD^vP*X"


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(png_bytes(figure))


def trajectories_figure(sample: Sequence[Layer], drawn: Electrons, counted: Electrons, *, tilt_deg: float = 0.0) -> Figure:
    """Return trajectories, backscattered ones in red, beside the depths and energies with which electrons come back.

    Parameters
    ----------
    sample : sequence of Layer
        What they were sent into.
    drawn : Electrons
        Those to draw, with their paths.
    counted : Electrons
        Those of the histograms.
    tilt_deg : float
        Angle between beam and surface normal.
    """
    figure = Figure(figsize=(11, 4.6), layout="constrained", dpi=110)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.5, 1))
    paths, depths, energies = (figure.add_subplot(place) for place in (grid[:, 0], grid[0, 1], grid[1, 1]))
    _draw_paths(paths, sample, drawn, tilt_deg)
    back = counted.escaped
    value, error = counted.eta()
    paths.set_title(f"{counted.landing_kev:g} keV, {_title(sample)}: η = {value:.4f} ± {error:.4f}", fontsize=10)
    if back.any():
        _histogram(depths, counted.deepest_nm[back], np.linspace(0, float(np.quantile(counted.deepest_nm[back], 0.999)), 61), back.size)
        _histogram(energies, counted.energy_kev[back] / counted.landing_kev, np.linspace(0, 1, 51), back.size)
    depths.set(xlabel="deepest point of a backscattered electron (nm)", ylabel="per electron and nm")
    energies.set(xlabel="exit energy / landing energy", ylabel="per electron and unit", xlim=(0, 1))
    return figure


def eta_figure(title: str, results: Sequence[Mapping[str, Any]], measured: Sequence[MeasuredSet] = ()) -> Figure:
    """Return backscatter coefficients against energy, beside measurements.

    Parameters
    ----------
    title : str
        The sample.
    results : sequence of mapping
        ``energy_kev``, ``eta`` and ``standard_error`` each.
    measured : sequence of MeasuredSet
        Points to show beside.
    """
    figure = Figure(figsize=(6.4, 4.2), layout="constrained", dpi=110)
    axes = figure.subplots()
    draw_eta(axes, title, results, measured)
    return figure


def draw_eta(axes: Axes, title: str, results: Sequence[Mapping[str, Any]], measured: Sequence[MeasuredSet] = ()) -> None:
    """Draw what `eta_figure` shows."""
    ordered = sorted(results, key=lambda result: result["energy_kev"])
    energies, etas = [r["energy_kev"] for r in ordered], [r["eta"] for r in ordered]
    axes.errorbar(energies, etas, [2 * r["standard_error"] for r in ordered], fmt="k.-", lw=1.2, ms=4, label="Monte Carlo, ± 2 standard errors")
    for index, entry in enumerate(measured):
        axes.plot(*zip(*entry.points, strict=True), _MARKERS[index % 8], color=_COLOURS[index % 6], ms=5, mfc="none", label=entry.authors)
    highest = max([*etas, *(eta for entry in measured for _, eta in entry.points)])
    axes.set(xscale="log", xlabel="landing energy (keV)", ylabel="backscatter coefficient", ylim=(0, 1.15 * highest), title=title)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=7)


def angular_figure(material: Material, energies_kev: Sequence[float], models: Sequence[str]) -> Figure:
    """Return how often electrons are deflected by each angle, one panel per energy, models beside each other.

    Raises
    ------
    InputError
        If a model is not known.
    """
    figure = Figure(figsize=(3.6 * len(energies_kev) + 0.6, 3.6), layout="constrained", dpi=110)
    panels = figure.subplots(1, len(energies_kev), squeeze=False, sharey=True)[0]
    for axes, energy in zip(panels, energies_kev, strict=True):
        for colour, model in zip(_COLOURS, models, strict=False):
            angle, per_nm_sr = _angular_law(material, energy, model)
            axes.semilogy(np.degrees(angle), per_nm_sr, color=colour, lw=1.3, label=model)
        axes.set(xlabel="scattering angle (degrees)", title=f"{material.name}, {energy:g} keV", xlim=(0, 180), xticks=range(0, 181, 45))
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("collisions per nm and sr")
    panels[-1].legend(frameon=False, fontsize=8)
    return figure


def _angular_law(material: Material, energy_kev: float, model: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scattering angles in rad, and collisions per nm and sr, interpolated in the logarithm of the energy."""
    elements = constituents(material, model=model)
    energies = elements[0][0].energies_kev
    place = float(np.interp(math.log(energy_kev), np.log(energies), np.arange(energies.size)))
    node = min(int(place), energies.size - 2)
    laws = [np.sum([atoms * scattering.differential_nm2_sr[n] for scattering, atoms in elements], axis=0) for n in (node, node + 1)]
    return scattering_angle(elements[0][0].deflection), np.exp(np.log(laws[0]) + (place - node) * np.log(laws[1] / laws[0]))


def _draw_paths(axes: Axes, sample: Sequence[Layer], drawn: Electrons, tilt_deg: float) -> None:
    """Draw side views, those that stopped first, and the beam and the surface."""
    lines = [path[~np.isnan(path[:, 0])] for path in drawn.paths_nm]
    deepest = max(float(line[:, 0].max()) for line in lines)
    widest = max(float(np.abs(line[:, 1]).max()) for line in lines)
    above = 0.25 * deepest
    out = [_into_vacuum(line, above) if escaped else line for line, escaped in zip(lines, drawn.escaped, strict=True)]
    for escaped, colour, name in ((False, _STOPPED, "stopped, or unable to return"), (True, _BACK, "backscattered")):
        chosen = [line[:, [1, 0]] for line, own in zip(out, drawn.escaped, strict=True) if own == escaped]
        axes.add_collection(LineCollection(chosen, colors=colour, linewidths=0.5, alpha=0.7, label=f"{name} ({len(chosen)})"))
    axes.plot([-above * math.tan(math.radians(tilt_deg)), 0], [-above, 0], color="black", lw=1.5)
    for depth in (0.0, *np.cumsum([thickness for _, thickness in sample[:-1]])):
        axes.axhline(depth, color="black", lw=0.8)
    axes.set(xlim=(-1.05 * widest, 1.05 * widest), ylim=(1.05 * deepest, -above), xlabel="nm", ylabel="depth (nm)")
    axes.set_aspect("equal")
    axes.legend(frameon=False, fontsize=8, loc="lower right")


def _into_vacuum(line: NDArray[np.float64], above: float) -> NDArray[np.float64]:
    """Lengthen the path of an escaped electron into the vacuum, by what is left of the picture at most."""
    step = line[-1] - line[-2]
    length = float(np.linalg.norm(step))
    return line if length == 0 else np.vstack([line, line[-1] + step * (0.8 * above / length)])


def _histogram(axes: Axes, values: NDArray[np.float32], edges: NDArray[np.float64], electrons: int) -> None:
    counts, _ = np.histogram(values, edges)
    axes.stairs(counts / electrons / np.diff(edges), edges, fill=True, color=_BACK, alpha=0.75)
    axes.spines[["top", "right"]].set_visible(False)


def _title(sample: Sequence[Layer]) -> str:
    return ", ".join(f"{thickness:g} nm {material.name}" if math.isfinite(thickness) else material.name for material, thickness in sample)

"""What electrons do: trajectories, backscatter coefficients beside measurements, and how deep solid shows in images.

Run ``python examples/60_electron_physics.py [FOLDER]``; the figures go to FOLDER (here by default).
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import synthfib
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import MillingPlan
from synthfib.data.scale_bar import bar_length_nm
from synthfib.data.volume import LabelVolume
from synthfib.physics.elements import ATOMIC_NUMBER
from synthfib.rendering import render
from synthfib.report.physics_figures import draw_eta, trajectories_figure
from synthfib.simulators.monte_carlo import MonteCarlo
from synthfib.simulators.monte_carlo.flat_sample import flat_sample
from synthfib.simulators.monte_carlo.layers import send_electrons
from synthfib.validation.measured import measured_sets

VOXEL_NM = 2.5
ELEMENTS = {"gold": "Au", "copper": "Cu", "aluminium": "Al", "carbon": "C"}
ENERGIES_KEV = (0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
# Epoxy of some nm on gold, with PENELOPE, which draws energy losses one by one: {keV: {nm: yield}}.
PENELOPE = {
    1: {2.5: 0.315, 5: 0.267, 10: 0.180, 20: 0.102},
    2: {5: 0.397, 10: 0.365, 20: 0.295, 40: 0.163, 60: 0.095},
    4: {20: 0.423, 50: 0.359, 100: 0.234, 150: 0.128},
}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#555555")


def trajectories(electrons: int) -> Figure:
    """Bulk gold at 2 kV: paths, depths, exit energies."""
    gold = flat_sample("gold")
    drawn = send_electrons(gold, 2.0, electrons=200, rng=1, trajectories=True)
    return trajectories_figure(gold, drawn, send_electrons(gold, 2.0, electrons=electrons, rng=2))


def coefficients(electrons: int) -> Figure:
    """Backscatter coefficients of four elements beside measurements."""
    figure = Figure(figsize=(11, 7.4), layout="constrained", dpi=100)
    for axes, (name, symbol) in zip(figure.subplots(2, 2).ravel(), ELEMENTS.items(), strict=True):
        results = []
        for energy in ENERGIES_KEV:
            eta, error = send_electrons(flat_sample(name), energy, electrons=electrons, rng=1).eta()
            results.append({"energy_kev": energy, "eta": eta, "standard_error": error})
        draw_eta(axes, name, results, measured_sets(ATOMIC_NUMBER[symbol]))
    return figure


def layers(electrons: int, points: int) -> Figure:
    """Gold seen through epoxy, with energy lost continuously, one by one, and by PENELOPE."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained", dpi=110)
    axes = figure.subplots()
    for colour, (energy, known) in zip(COLOURS, PENELOPE.items(), strict=False):
        thickness_nm = np.round(np.linspace(0, 1.5 * max(known), points + 1)[1:])
        for energy_loss, style, name in (("mixed", "-", ", losses one by one"), ("csda", ":", ", continuous loss")):
            etas = [
                send_electrons(flat_sample(f"epoxy:{nm:g},gold"), energy, electrons=electrons, rng=1, energy_loss=energy_loss).eta()[0]
                for nm in thickness_nm
            ]
            axes.plot(thickness_nm, etas, style, color=colour, lw=1.3, label=f"{energy} keV{name}")
        axes.plot(list(known), list(known.values()), "o", color=colour, ms=5, mfc="none", label=f"{energy} keV, PENELOPE")
    axes.set(xlabel="epoxy above gold (nm)", ylabel="yield", ylim=(0, 0.5), xlim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=7)
    return figure


def staircase(electrons: int) -> Figure:
    """Equal cuboids of gold, each 10 nm deeper in epoxy: one grey value, several structures."""
    volume = make_generator(synthfib.load_material("calibration-staircase")).generate((56, 40, 192), (VOXEL_NM,) * 3, rng=1)
    image = look(volume, electrons, [2.0])[0]
    depths_nm = depth_to_solid_nm(volume)
    figure = Figure(figsize=(11, 6.2), layout="constrained", dpi=100)
    grid = figure.add_gridspec(3, 2, height_ratios=(1, 1.35, 1.35), width_ratios=(1.25, 1))
    picture, section, profile, histogram = (figure.add_subplot(place) for place in (grid[0, 0], grid[1, 0], grid[2, 0], grid[:, 1]))
    show(picture, image)
    picture.set_title(f"image at 2 keV, {electrons} electrons per pixel", fontsize=10)
    section.imshow(volume.labels[:, volume.shape[1] // 2], cmap="gray_r", extent=(0, volume.extent_nm[2], volume.extent_nm[0], 0), alpha=0.75)
    section.set(ylabel="depth (nm)", title="section: gold in epoxy, the beam comes from above")
    x_nm = (np.arange(image.shape[1]) + 0.5) * VOXEL_NM
    middle = slice(image.shape[0] // 2 - 6, image.shape[0] // 2 + 6)
    mean, noise = image[middle].mean(axis=0), image[middle].std(axis=0)
    profile.fill_between(x_nm, mean - noise, mean + noise, color="#bbbbbb", label="noise of a pixel")
    profile.plot(x_nm, mean, color="black", lw=1.2, label="mean of 12 rows")
    profile.set(xlabel="x (nm)", ylabel="yield", xlim=(0, volume.extent_nm[2]), ylim=(0, 0.55))
    profile.legend(frameon=False, fontsize=8)
    groups = {f"gold {depth_nm} nm deep": image[depths_nm == depth_nm] for depth_nm in (0, 10, 20, 30, 40, 50)}
    groups["no gold below"] = image[np.isnan(depths_nm)]
    # Bins hold equally many of the possible numbers of electrons.
    edges = (np.arange(0, 0.62 * electrons, max(1, round(electrons / 60))) - 0.5) / electrons
    for colour, (name, values) in zip((*COLOURS, "black"), groups.items(), strict=True):
        shares = 100 * np.histogram(values, edges)[0] / values.size
        histogram.stairs(shares, edges, lw=1.6, color=colour, ls="-" if name.startswith("gold") else "--", label=name)
    histogram.set(xlabel="yield of a pixel", ylabel="share of its pixels (%)", title="equal cuboids, overlapping grey values", xlim=(0, 0.6))
    histogram.legend(frameon=False, fontsize=8)
    for axes in (profile, histogram):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def voltages(electrons: int, pixels: int) -> Figure:
    """One face of hierarchical nanoporous gold in epoxy at 1, 2 and 4 kV."""
    volume = make_generator(synthfib.load_material("hnpg")).generate((100, pixels, pixels), (VOXEL_NM,) * 3, rng=5)
    images = look(volume, electrons, [1.0, 2.0, 4.0])
    figure = Figure(figsize=(12, 3.3), layout="constrained", dpi=110)
    *panels, truth = figure.subplots(1, 4)
    for axes, image, energy in zip(panels, images, (1, 2, 4), strict=True):
        show(axes, image)
        axes.set_title(f"{energy} kV", fontsize=10)
    truth.imshow(volume.labels[0], cmap="gray", interpolation="nearest")
    truth.set(xticks=[], yticks=[])
    truth.set_title("gold at the face", fontsize=10)
    return figure


def look(volume: LabelVolume, electrons: int, energies_kev: list[float]) -> NDArray[np.float32]:
    """Image the first face of a volume at several energies."""
    plan = MillingPlan(np.zeros(1), (VOXEL_NM, VOXEL_NM))
    return render(volume, plan, MonteCarlo(electrons), energies_kev=energies_kev, rng=1).data[:, 0]


def depth_to_solid_nm(volume: LabelVolume) -> NDArray[np.float64]:
    """Depth of the first solid below each pixel of the first face; NaN if there is none."""
    solid = volume.labels > 0
    return np.where(solid.any(axis=0), solid.argmax(axis=0) * VOXEL_NM, np.nan)


def show(axes: Axes, image: NDArray[np.float32]) -> None:
    """Show yields from 0 to 0.55 as grey, with a scale bar."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=0.55, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    length_nm = bar_length_nm(image.shape[1] * VOXEL_NM * 0.8)
    y, x = 0.94 * image.shape[0], 0.03 * image.shape[1]
    axes.plot([x, x + length_nm / VOXEL_NM], [y, y], color="white", lw=3, solid_capstyle="butt")
    axes.text(x, y - 0.04 * image.shape[0], f"{length_nm:g} nm", color="white", fontsize=8, va="bottom")


def main(folder: Path, *, electrons: int = 100_000, per_pixel: int = 300, pixels: int = 192, points: int = 15) -> None:
    trajectories(electrons).savefig(folder / "monte-carlo-trajectories.png")
    coefficients(electrons).savefig(folder / "monte-carlo-eta.png")
    layers(electrons, points).savefig(folder / "monte-carlo-layers.png")
    staircase(per_pixel).savefig(folder / "monte-carlo-staircase.png")
    voltages(per_pixel, pixels).savefig(folder / "monte-carlo-voltages.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))

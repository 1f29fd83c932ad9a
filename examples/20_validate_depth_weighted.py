"""Flat layers: the depth-weighted simulator beside single-scattering Monte Carlo.

Run ``python examples/20_validate_depth_weighted.py [FOLDER]``; the figure goes to FOLDER (here by default).
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.physics.backscatter import backscatter_coefficient
from synthfib.physics.materials import material
from synthfib.physics.ranges import backscatter_depth_nm
from synthfib.rendering import render
from synthfib.simulators.depth_weighted import DepthWeighted

# Yield of an epoxy film on thick gold: {energy in keV: [(film thickness in nm, yield)]}; partial-wave elastic scattering, Joy-Luo
# loss, 50 eV cut-off, statistical error 0.005.
EPOXY_ON_GOLD = {
    1.0: [(2.5, 0.351), (5, 0.292), (10, 0.167), (20, 0.073)],
    2.0: [(5, 0.413), (10, 0.378), (20, 0.300), (40, 0.127), (60, 0.062)],
    4.0: [(20, 0.423), (50, 0.361), (100, 0.218), (150, 0.086)],
}
# Clean-surface measurements, El Gomati and Assa'd 1998.
MEASURED_ETA = {
    "gold": [(1, 0.395), (2, 0.428), (3, 0.451), (4, 0.459), (5, 0.461)],
    "copper": [(1, 0.31), (2, 0.322), (3, 0.321), (4, 0.321), (5, 0.319)],
    "aluminium": [(1, 0.212), (2, 0.203), (3, 0.197), (4, 0.191), (5, 0.185)],
    "carbon": [(1, 0.076), (2, 0.071), (3, 0.063), (4, 0.058), (5, 0.058)],
}
# Median greatest depth of backscattered electrons in nm, same Monte Carlo.
MEDIAN_DEPTH_NM = {
    "gold": [(0.5, 0.7), (1, 1.4), (2, 2.9), (3, 4.7), (4, 7.0), (5, 9.7), (10, 26.8)],
    "epoxy": [(1, 6.4), (2, 20.6), (3, 41.9), (4, 69)],
}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#555555")


def yields_under_epoxy(energy_kev: float, depths_nm: np.ndarray) -> np.ndarray:
    """Yield of gold below epoxy films."""
    voxel_nm, phases = 0.5, (material("epoxy"), material("gold"))
    n_layers = int((depths_nm.max() + 60) / voxel_nm)
    yields = []
    for depth_nm in depths_nm:
        below = np.arange(n_layers)[:, None, None] * voxel_nm >= depth_nm - 1e-9
        volume = LabelVolume(np.tile(below, (1, 2, 2)).astype(np.uint8), (voxel_nm, 2.5, 2.5), phases)
        plan = MillingPlan(np.zeros(1), (2.5, 2.5))
        yields.append(render(volume, plan, DepthWeighted(), energies_kev=[energy_kev], rng=0).data[0, 0, 0, 0])
    return np.array(yields)


def main(folder: Path) -> None:
    figure = Figure(figsize=(11, 3.6), layout="constrained", dpi=110)
    films, eta, depth = figure.subplots(1, 3)
    for colour, (energy_kev, points) in zip(COLOURS, EPOXY_ON_GOLD.items(), strict=False):
        thickness = np.linspace(0, 160, 81)
        films.plot(thickness, yields_under_epoxy(energy_kev, thickness), color=colour, label=f"{energy_kev:g} keV")
        films.plot(*zip(*points, strict=True), "o", color=colour, ms=4)
    films.set(xlabel="epoxy above gold (nm)", ylabel="yield", title="Shine-through (dots: Monte Carlo)", xlim=(0, 160), ylim=(0, 0.5))
    energies = np.geomspace(0.5, 20, 60)
    for colour, (name, points) in zip(COLOURS, MEASURED_ETA.items(), strict=True):
        eta.semilogx(energies, [backscatter_coefficient(material(name), e) for e in energies], color=colour, label=name)
        eta.plot(*zip(*points, strict=True), "s", color=colour, ms=4, mfc="none")
    eta.set(xlabel="energy (keV)", ylabel="backscatter coefficient", title="Bulk (squares: measured, clean surface)", ylim=(0, 0.7))
    energies = np.geomspace(0.5, 10, 40)
    for colour, (name, points) in zip(COLOURS, MEDIAN_DEPTH_NM.items(), strict=False):
        depth.loglog(energies, [backscatter_depth_nm(material(name), e) for e in energies], color=colour, label=name)
        depth.plot(*zip(*points, strict=True), "o", color=colour, ms=4)
    depth.set(xlabel="energy (keV)", ylabel="median backscatter depth (nm)", title="Depth scale (dots: Monte Carlo)")
    for axes in (films, eta, depth):
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "depth-weighted-validation.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))

"""Leveled waves beside their theory: two-point correlation, and what a nearest-slice reconstruction misplaces.

Run ``python examples/50_structure_statistics.py [FOLDER]``; the figure goes to FOLDER (here by default).
"""

import sys
from pathlib import Path
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthfib.catalogue import load_material
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import SliceThickness
from synthfib.evaluation.correlation import correlation_along
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.generators.level_cut import expected_correlation, specific_surface_per_nm
from synthfib.generators.leveled_wave import LeveledWave

VOXEL_NM = (2.5, 2.5, 2.5)
AXES = (("z, milling direction", "#0072b2", "o"), ("y", "#d55e00", "s"), ("x", "#009e73", "^"))
THICKNESS_VARIATION = 3.12 / 10.16  # standard deviation over mean, as measured in a real run
PUBLISHED = (10.16, 4.89, 0.53)  # mean thickness in nm, misplaced voxels in percent: Sardhara et al. 2024


def draw_correlation(axes: Axes, name: str, size: int, seeds: int, greatest_nm: float) -> list[np.ndarray]:
    """Mean over seeds along each axis, with its standard error, on the closed form; return the volumes."""
    structure = cast(LeveledWave, make_generator(load_material(name)))
    volumes = [structure.generate((size,) * 3, VOXEL_NM, rng=seed).labels for seed in range(seeds)]
    curves = [[correlation_along(labels, axis, VOXEL_NM, max_distance_nm=greatest_nm) for labels in volumes] for axis in range(3)]
    first = np.array([[curve.values[1] for curve in found] for found in curves]).mean(axis=0) - expected_correlation(structure, VOXEL_NM[0])
    print(f"{name}: S2 at one voxel minus closed form {first.mean():.1e} +- {first.std(ddof=1) / np.sqrt(seeds):.1e}")
    every = max(1, round(greatest_nm / 100))
    for (label, colour, marker), found in zip(AXES, curves, strict=True):
        values = np.array([curve.values[::every] for curve in found])
        error = values.std(axis=0, ddof=1) / np.sqrt(seeds)
        axes.errorbar(found[0].distances_nm[::every], values.mean(axis=0), error, fmt=marker, color=colour, ms=3.5, mfc="none", lw=0.8, label=label)
    distances_nm = np.linspace(0, greatest_nm, 400)
    axes.plot(distances_nm, expected_correlation(structure, distances_nm), color="black", lw=1, label="closed form", zorder=3)
    axes.axhline(structure.solid_fraction**2, color="#999999", lw=0.8, ls=":")
    axes.set(xlabel="distance (nm)", ylabel=r"$S_2$", title=load_material(name).title.split(",")[0], xlim=(0, greatest_nm), ylim=(0, None))
    return volumes


def misplaced_percent(labels: np.ndarray, mean_nm: float, seed: int) -> tuple[float, np.ndarray]:
    """Share of voxels misplaced by the nearest slice, and the distances to it."""
    law = SliceThickness(mean_nm, THICKNESS_VARIATION * mean_nm, grid_nm=VOXEL_NM[0])
    faces = law.plan(pixel_size_nm=VOXEL_NM[1:], rng=seed, depth_nm=len(labels) * VOXEL_NM[0]).voxel_index(VOXEL_NM[0])
    planes = np.arange(faces[-1] + 1)
    nearest = faces[np.abs(planes[:, None] - faces).argmin(axis=1)]
    return 100 * scores(Confusion.of(labels[nearest], labels[planes]))["mp"], np.abs(planes - nearest) * VOXEL_NM[0]


def draw_misplaced(axes: Axes, volumes: list[np.ndarray]) -> None:
    """Misplaced voxels against slice thickness: measured, the law from the closed form, its limit, and the publication."""
    structure = cast(LeveledWave, make_generator(load_material("hierarchical-nanoporous-gold")))
    means_nm = np.array([5, 7.5, 10.16, 12.5, 15, 20, 25, 30])
    measured, law, limit = [], [], []
    for mean_nm in means_nm:
        found = [misplaced_percent(labels, mean_nm, 10 * seed + plan) for seed, labels in enumerate(volumes) for plan in range(4)]
        measured.append([percent for percent, _ in found])
        law.append(np.mean([200 * np.mean(structure.solid_fraction - expected_correlation(structure, nm)) for _, nm in found]))
        limit.append(np.mean([50 * specific_surface_per_nm(structure) * nm.mean() for _, nm in found]))
    axes.plot(means_nm, limit, color="#999999", ls="--", lw=1, label=r"$S_v\,\langle h\rangle/2$")
    axes.plot(means_nm, law, color="black", lw=1, label=r"$2\,\langle\phi - S_2(h)\rangle$")
    axes.errorbar(means_nm, np.mean(measured, axis=1), np.std(measured, axis=1, ddof=1), fmt="o", color="#0072b2", ms=4, mfc="none", label="measured")
    axes.errorbar(PUBLISHED[0], PUBLISHED[1], PUBLISHED[2], fmt="D", color="#d55e00", ms=4, label="published")
    axes.set(xlabel="mean slice thickness (nm)", ylabel="misplaced voxels (%)", title="Nearest slice", xlim=(0, None), ylim=(0, None))


def main(folder: Path, size: int = 160, seeds: int = 8) -> None:
    figure = Figure(figsize=(11, 3.6), layout="constrained", dpi=110)
    single, hierarchical, misplaced = figure.subplots(1, 3)
    draw_correlation(single, "nanoporous-gold", size, seeds, min(100, size * 1.25))
    volumes = draw_correlation(hierarchical, "hierarchical-nanoporous-gold", size, seeds, min(300, size * 1.25))
    draw_misplaced(misplaced, volumes)
    for axes in (single, hierarchical, misplaced):
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "structure-statistics.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))

"""Slices of varying thickness made into a volume again, in the ways of the literature and better.

Run ``python examples/80_reconstruction.py [FOLDER]``. A hierarchical structure is known on faces about 10 nm apart; sections along the milling
direction show what comes back: without putting slices in place, with slices on a grid of 10 nm, and on one of 2.5 nm by several methods, the
last of which sees the images, too.
Misplaced voxels are red where solid is missing and blue where there is too much.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from synthfib.catalogue import load_material, load_microscope
from synthfib.corpus.acquire import acquire
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import SliceThickness
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.reconstruction.data_sets import GRID_NM, data_set
from synthfib.reconstruction.interpolation import FaceImages
from synthfib.reconstruction.interpolation.ready import ready_methods

WAYS = {
    "DNN-s": "every slice 10 nm,\nnearest face",
    "SRCS-s": "grid of 10 nm,\ncubic splines",
    "RNN-s": "grid of 2.5 nm,\nnearest face",
    "RCS-s": "grid of 2.5 nm,\ncubic splines",
    "shape-based-s": "grid of 2.5 nm,\nshapes",
    "RML-s": "grid of 2.5 nm,\npublished network",
    "neural-spline-s": "grid of 2.5 nm,\nneural splines",
    "shine-through-s": "grid of 2.5 nm, what\nshines through, too",
}
ENERGIES_KEV = (1.0, 2.0, 4.0)
PLANES_BELOW = 32  # what the last face shows through its pores
COLOURS = np.array([[[0.13, 0.13, 0.16], [0.25, 0.55, 0.95]], [[0.90, 0.25, 0.20], [0.93, 0.80, 0.45]]])  # [truth][found]


def reconstruct(
    shape: tuple[int, int, int], seed: int, methods: Sequence[str] | None
) -> tuple[NDArray[np.bool_], NDArray[np.intp], dict[str, NDArray[np.bool_]]]:
    """The structure, the planes that are known of it, and what every way makes of them."""
    whole = (shape[0] + PLANES_BELOW, *shape[1:])
    volume = make_generator(load_material("hierarchical-nanoporous-gold")).generate(whole, (GRID_NM,) * 3, rng=seed)
    structure = volume.labels[: shape[0]] != 0
    law = SliceThickness(10.16, 3.12, grid_nm=GRID_NM, measurement=PositionMeasurement())
    plan = law.plan(pixel_size_nm=(GRID_NM,) * 2, rng=seed, depth_nm=shape[0] * GRID_NM)
    faces, ready = plan.voxel_index(GRID_NM), ready_methods(methods, ENERGIES_KEV)[0]
    images = FaceImages.of(acquire(volume, plan, load_microscope("helios-g3-multi-voltage"), energies_kev=ENERGIES_KEV, rng=seed))
    positions = {"true": plan.positions_nm, **plan.measured_positions_nm}
    made = {}
    for name in WAYS:
        wanted = data_set(name)
        if wanted.method in ready:
            made[name], _ = wanted.make(structure[faces], positions, method=ready[wanted.method], images=images)
    return structure, faces, made


def draw(structure: NDArray[np.bool_], faces: NDArray[np.intp], made: dict[str, NDArray[np.bool_]], rows: tuple[int, ...]) -> Figure:
    """One row of sections per y: the truth with the known planes, then every way with what it misplaces."""
    figure, axes = plt.subplots(len(rows), 1 + len(made), figsize=(1.75 * (1 + len(made)), 1.72 * len(rows) + 0.85), squeeze=False)
    depth = min(len(volume) for volume in made.values())
    for row, y in enumerate(rows):
        truth = structure[:depth, y]
        axes[row][0].imshow(COLOURS[truth.astype(int), truth.astype(int)], interpolation="nearest")
        axes[row][0].hlines(faces[faces < depth], -3.5, -0.5, color="black", lw=0.8, clip_on=False)
        for axis, volume in zip(axes[row][1:], made.values(), strict=True):
            axis.imshow(COLOURS[truth.astype(int), volume[:depth, y].astype(int)], interpolation="nearest")
    wrong = {name: 100 * (volume[:depth] != structure[:depth]).mean() for name, volume in made.items()}
    axes[0][0].set_title("structure,\nknown planes marked", fontsize=8)
    for axis, name in zip(axes[0][1:], made, strict=True):
        axis.set_title(f"{WAYS[name]}\n{wrong[name]:.2f} % misplaced", fontsize=8)
    for axis in axes.ravel():
        axis.set_axis_off()
        axis.set_xlim(-0.5, structure.shape[2] - 0.5)
        axis.set_ylim(depth - 0.5, -0.5)
    pixels = 100 / GRID_NM
    axes[-1][0].hlines(depth + 3, 0, pixels, color="black", lw=2.5, clip_on=False)
    axes[-1][0].text(pixels + 3, depth + 3.4, "100 nm", fontsize=7, va="center")
    axes[-1][0].annotate("z", (-9, 22), (-9, 2), arrowprops={"arrowstyle": "->"}, annotation_clip=False, ha="center", fontsize=8)
    figure.subplots_adjust(left=0.03, right=0.995, bottom=0.06, top=0.86, wspace=0.05, hspace=0.06)
    return figure


def main(
    folder: Path, shape: tuple[int, int, int] = (96, 96, 96), seed: int = 4, rows: tuple[int, ...] = (20, 60), methods: Sequence[str] | None = None
) -> None:
    figure = draw(*reconstruct(shape, seed, methods), rows)
    figure.savefig(folder / "reconstruction.png", dpi=160)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())

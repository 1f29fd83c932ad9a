"""The simulated slice-thickness experiment of Sardhara et al. (2024), doi 10.1016/j.ultramic.2023.113878, and a law that predicts it.

Run ``python benchmarks/slice_thickness_mimicking.py [--json] [--size 256] [--structures 8] [--plans 4] [--fine-ligament-nm 25]``.

A hierarchical structure of 2.5 nm voxels is known only on faces that are gamma-distributed thicknesses apart, 10 nm in the mean, on the
grid of voxels. The rest is filled in from them: by the nearest face at its true position (RNN-s of the publication), by cubic splines
along z, cut at one half (RCS-s; holes are not filled afterwards), or as if every slice were 10 nm thick (DNN-s); and, for comparison, by the
face above. What is misplaced, MP, is compared with the publication and with the law ``MP = 2 <phi - S2(h)>``, h being the distance of a
voxel to the face it is copied from, and with its limit at small distances, ``MP = S_v <h>/2``.

The publication does not print the parameters of its gamma law. Mean and standard deviation here are those of the 316 slices of
article III (10.16 and 3.12 nm, doi 10.1007/s41871-024-00223-y), milled by the same group on the same material.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any, cast

import numpy as np
from scipy.interpolate import CubicSpline

from synthfib.catalogue import load_material
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import SliceThickness
from synthfib.evaluation.isotropy import isotropy_errors
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.generators.level_cut import expected_correlation, specific_surface_per_nm
from synthfib.generators.leveled_wave import LeveledWave

RECIPE = "hierarchical-nanoporous-gold"
VOXEL_NM = 2.5
TARGET_NM = 10.0
MEAN_NM, STD_NM = 10.16, 3.12
PUBLISHED_PERCENT = {
    "nearest": {"mp": (4.89, 0.53), "mgp": (19.98, 2.07)},
    "cubic_spline": {"mp": (3.12, 0.11), "mgp": (13.52, 0.46)},
    "not_repositioned": {"mp": (19.97, 0.91), "mgp": (81.62, 3.18)},
}


def faces_of(mean_nm: float, std_nm: float, depth_voxels: int, seed: int) -> Any:
    """Planes of voxels that are exposed."""
    law = SliceThickness(mean_nm, std_nm, grid_nm=VOXEL_NM)
    return law.plan(pixel_size_nm=(VOXEL_NM, VOXEL_NM), rng=seed, depth_nm=depth_voxels * VOXEL_NM).voxel_index(VOXEL_NM)


def nearest_face(faces: Any) -> Any:
    """For every plane down to the last face, the face next to it; of two equally near ones the shallower."""
    planes = np.arange(faces[-1] + 1)
    below = np.searchsorted(faces, planes)
    above = np.maximum(below - 1, 0)
    return faces[np.where(planes - faces[above] <= faces[below] - planes, above, below)]


def face_above(faces: Any) -> Any:
    """For every plane down to the last face, the last face that is not below it."""
    planes = np.arange(faces[-1] + 1)
    return faces[np.searchsorted(faces, planes, side="right") - 1]


def assumed_face(faces: Any) -> Any:
    """The face that a plane is copied from when all slices are taken for 10 nm thick."""
    per_slice = TARGET_NM / VOXEL_NM
    planes = np.arange(min(int((faces.size - 0.5) * per_slice), faces[-1] + 1))
    return faces[np.floor(planes / per_slice + 0.5).astype(int)]


def splined(labels: Any, faces: Any) -> Any:
    """Cubic splines along z through the faces, cut at one half, row by row to save memory."""
    planes = np.arange(faces[-1] + 1)
    filled = np.empty((planes.size, *labels.shape[1:]), bool)
    for rows in np.array_split(np.arange(labels.shape[1]), max(1, labels.shape[1] // 32)):
        filled[:, rows] = CubicSpline(faces, labels[faces][:, rows].astype(float))(planes) >= 0.5
    return filled


def law_percent(structure: LeveledWave, distances_nm: Any) -> dict[str, float]:
    """What the closed form says of copies over these distances."""
    distances, counts = np.unique(distances_nm, return_counts=True)
    joint = float(np.average(expected_correlation(structure, distances), weights=counts))
    return {
        "mp": 200 * (structure.solid_fraction - joint),
        "mgp": 100 * (1 - joint / structure.solid_fraction),
        "mp_small_distance": 50 * specific_surface_per_nm(structure) * float(np.mean(distances_nm)),
    }


def copied(labels: Any, source: Any, structure: LeveledWave) -> dict[str, float]:
    """Scores of planes copied from faces, and what the law says of them."""
    found = scores(Confusion.of(labels[source], labels[: source.size]))
    law = law_percent(structure, np.abs(np.arange(source.size) - source) * VOXEL_NM)
    return {"mp": 100 * found["mp"], "mgp": 100 * found["mgp"], **{f"law_{name}": value for name, value in law.items()}}


def experiment(structure: LeveledWave, size: int, n_structures: int, n_plans: int) -> dict[str, Any]:
    """All structures and plans; means and standard deviations of every number."""
    names = (*PUBLISHED_PERCENT, "face_above", "isotropy_original", "isotropy_nearest")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in range(n_structures):
        labels = structure.generate((size, size, size), (VOXEL_NM,) * 3, rng=seed).labels
        runs["isotropy_original"].append(isotropy_errors(labels, (VOXEL_NM,) * 3))
        for plan in range(n_plans):
            faces = faces_of(MEAN_NM, STD_NM, size, 1000 * seed + plan)
            source = nearest_face(faces)
            runs["nearest"].append(copied(labels, source, structure))
            runs["face_above"].append(copied(labels, face_above(faces), structure))
            runs["not_repositioned"].append(copied(labels, assumed_face(faces), structure))
            spline = scores(Confusion.of(splined(labels, faces), labels[: source.size]))
            runs["cubic_spline"].append({"mp": 100 * spline["mp"], "mgp": 100 * spline["mgp"]})
            if plan == 0:
                runs["isotropy_nearest"].append(isotropy_errors(labels[source], (VOXEL_NM,) * 3))
    return {name: {key: mean_and_std([run[key] for run in found]) for key in found[0]} for name, found in runs.items()}


def mean_and_std(values: list[float]) -> tuple[float, float]:
    """Mean, and standard deviation from run to run."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def sensitivity(structure: LeveledWave) -> dict[str, Any]:
    """MP in percent by the law, over what the publication leaves open: the gamma law, its binning, and what a ligament diameter is."""

    def mp(faces: Any, of: LeveledWave) -> dict[str, float]:
        planes = np.arange(faces[-1] + 1)
        distances_nm = {"nearest": np.abs(planes - nearest_face(faces)) * VOXEL_NM, "face_above": (planes - face_above(faces)) * VOXEL_NM}
        return {name: law_percent(of, distance)["mp"] for name, distance in distances_nm.items()}

    def drifted(mean_nm: float, depth_voxels: int) -> tuple[float, float]:
        sources = [assumed_face(faces_of(mean_nm, STD_NM, depth_voxels, seed)) for seed in range(30)]
        return mean_and_std([law_percent(structure, np.abs(np.arange(source.size) - source) * VOXEL_NM)["mp"] for source in sources])

    def faces_apart(thickness_voxels: Any) -> Any:
        return np.concatenate([[0], np.cumsum(thickness_voxels.astype(int))])

    rng = np.random.default_rng(2)
    thickness_voxels = rng.gamma((MEAN_NM / STD_NM) ** 2, STD_NM**2 / MEAN_NM, 20_000) / VOXEL_NM
    deep = 80_000
    return {
        "thickness_std_nm": {str(std): mp(faces_of(MEAN_NM, std, deep, 1), structure) for std in (0.0, 2.0, STD_NM, 4.0, 5.0, 6.0)},
        "each_thickness_rounded": mp(faces_apart(np.maximum(np.rint(thickness_voxels), 1)), structure),
        "each_thickness_rounded_up": mp(faces_apart(np.ceil(thickness_voxels)), structure),
        "not_repositioned": {f"{mean:g} nm, {depth} voxels": drifted(mean, depth) for mean in (MEAN_NM, 11.0) for depth in (256, 512, 1024)},
        "fine_ligament_nm": {
            str(d): mp(faces_of(MEAN_NM, STD_NM, deep, 1), with_fine_ligaments(structure, d)) for d in (10.0, 12.5, 15.0, 17.5, 20.0, 25.0)
        },
    }


def with_fine_ligaments(structure: LeveledWave, diameter_nm: float) -> LeveledWave:
    """The structure with another diameter of its finest ligaments."""
    return replace(structure, ligament_diameters_nm=(*structure.ligament_diameters_nm[:-1], diameter_nm))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--size", type=int, default=256)
    arguments.add_argument("--structures", type=int, default=8)
    arguments.add_argument("--plans", type=int, default=4)
    arguments.add_argument("--fine-ligament-nm", type=float, help="diameter 4 V/S of the finest ligaments instead of that of the recipe")
    options = arguments.parse_args()
    structure = cast(LeveledWave, make_generator(load_material(RECIPE)))
    if options.fine_ligament_nm is not None:
        structure = with_fine_ligaments(structure, options.fine_ligament_nm)
    document: dict[str, Any] = {
        "ligament_diameters_nm": structure.ligament_diameters_nm,
        "solid_fraction": structure.solid_fraction,
        "size": options.size,
        "structures": options.structures,
        "plans_per_structure": options.plans,
        "gamma": {"mean_nm": MEAN_NM, "std_nm": STD_NM, "shape": (MEAN_NM / STD_NM) ** 2, "scale_nm": STD_NM**2 / MEAN_NM},
        "specific_surface_per_nm": specific_surface_per_nm(structure),
        "published_percent": PUBLISHED_PERCENT,
        "measured_percent": experiment(structure, options.size, options.structures, options.plans),
        "sensitivity_mp_percent": sensitivity(structure),
    }
    if options.json:
        print(json.dumps(document, indent=1))
        return
    for method, published in PUBLISHED_PERCENT.items():
        found = document["measured_percent"][method]
        for key, (mean, std) in published.items():
            law = f", law {found[f'law_{key}'][0]:.2f}" if f"law_{key}" in found else ""
            print(f"{method:<17} {key:<4} {found[key][0]:6.2f} +- {found[key][1]:.2f} %{law}; published {mean:.2f} +- {std:.2f}")
    found = document["measured_percent"]["face_above"]
    print(f"{'face_above':<17} mp   {found['mp'][0]:6.2f} +- {found['mp'][1]:.2f} %, law {found['law_mp'][0]:.2f}")
    for key, value in document["sensitivity_mp_percent"].items():
        print(f"{key:<26} {json.loads(json.dumps(value), parse_float=lambda text: round(float(text), 2))}")


if __name__ == "__main__":
    main()

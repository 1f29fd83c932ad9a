"""What slices of varying thickness cost, and what putting them in place and filling gaps well gives back.

Run ``python benchmarks/slice_thickness.py [--tier small|full] [--json] [--runs runs.jsonl] [--speed] [--law]``.

The tables of T. Sardhara et al., Ultramicroscopy 256 (2024) 113878, doi 10.1016/j.ultramic.2023.113878, with our numbers beside the published
ones: hierarchical structures of 2.5 nm voxels are known only on faces that are gamma-distributed thicknesses apart, about 10 nm in the mean, and
made into volumes again in the ways of its table 1 and by all other methods; at the full tier 25 structures with 10 thickness draws each. The same
is done by positions as a ruler and as software on the fly would measure them. A method without weights is left out, with a note.

The publication does not print the parameters of its gamma law. Mean and standard deviation here are those of the recipe ``slice-thickness``, which
are those of the 316 slices of article III (10.16 and 3.12 nm, doi 10.1007/s41871-024-00223-y). ``--runs`` keeps what is done, to go on after a stop.
``--speed`` measures seconds per plane of 512 x 512 pixels; ``--law`` holds copies of faces against a law that predicts them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from scipy.interpolate import CubicSpline

from synthfib.catalogue import load_material, load_microscope
from synthfib.cli.progress import progress
from synthfib.corpus.acquire import acquire
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import MillingPlan, SliceThickness
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.data.volume import LabelVolume
from synthfib.evaluation.isotropy import isotropy_errors
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.generators.level_cut import specific_surface_per_nm
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.reconstruction.data_sets import GRID_NM, PUBLISHED, TARGET_NM, DataSet, data_set
from synthfib.reconstruction.expected_errors import copied_errors_percent, distances_above, drifted_distances, nearest_distances
from synthfib.reconstruction.interpolation import FaceImages, ImageInterpolator, Interpolator, interpolate
from synthfib.reconstruction.interpolation.inpainting import Inpainting
from synthfib.reconstruction.interpolation.ready import ready_methods

RECIPE = "hierarchical-nanoporous-gold"
LAW = SliceThickness(10.16, 3.12, grid_nm=GRID_NM, measurement=PositionMeasurement())
TIERS = {"small": {"size": 80, "structures": 2, "draws": 1}, "full": {"size": 256, "structures": 25, "draws": 10}}
# Images, for methods that look at them; and planes below the last face, which shine through it.
MICROSCOPE, ENERGIES_KEV, PLANES_BELOW = "helios-g3-multi-voltage", (1.0, 2.0, 4.0), 32
SCORES = ("mp_percent", "mgp_percent", "mean_dice")
ISOTROPY = ("tpcf", "lpf", "diameter")
# Tables 2 and 3, S3 and S4: mean and standard deviation over 250 runs, of the scores and of isotropy.
PUBLISHED_SCORES = {
    name: dict(zip((*SCORES, *ISOTROPY) if len(values) == 6 else ISOTROPY, values, strict=True))
    for name, values in {
        "original": ((0.1038, 0.0283), (0.0188, 0.0131), (0.0138, 0.0096)),
        "DNN-s": ((19.97, 0.91), (81.62, 3.18), (0.53, 0.002), (0.2104, 0.0467), (0.0633, 0.0276), (0.0386, 0.0191)),
        "SRCS-s": ((5.29, 0.37), (22.38, 1.34), (0.88, 0.0079), (0.1153, 0.0267), (0.0716, 0.0222), (0.0455, 0.0198)),
        "RNN-s": ((4.89, 0.53), (19.98, 2.07), (0.89, 0.012), (0.1149, 0.0247), (0.0479, 0.0222), (0.0306, 0.0185)),
        "RCS-s": ((3.12, 0.11), (13.52, 0.46), (0.93, 0.0023), (0.1091, 0.0278), (0.0482, 0.0188), (0.0299, 0.0173)),
        "RML-s": ((2.35, 0.11), (10.04, 0.42), (0.95, 0.0025), (0.1086, 0.0274), (0.0341, 0.0131), (0.0211, 0.0114)),
    }.items()
}
# 128 images of 512 x 512 pixels took 7 s by cubic splines and 44 s by the network (supplementary material, section 2).
PUBLISHED_SPEED = {"cubic-spline": 7 / 128, "inpainting": 44 / 128}


def chosen_sets(methods: dict[str, Interpolator], series: list[str], *, slow: bool) -> list[DataSet]:
    """The published data sets, one for every other method, and those by measured series, where the published network is left out unless `slow`."""
    published = [found for found in PUBLISHED.values() if found.method in methods]
    others = [data_set(f"{name}-s") for name in methods if name not in {found.method for found in PUBLISHED.values()}]
    skipped = ("linear",) if slow else ("linear", "inpainting")
    measured = [found for found in (*published, *others) if found.slice_grid_nm is not None and found.method not in skipped]
    return [*published, *others, *(found.measured_by(name) for name in series for found in measured)]


def scored(made: Any, labels: Any, reach_nm: float) -> dict[str, float]:
    """Scores of a volume on the planes that the truth has, too, and its isotropy errors."""
    found = scores(Confusion.of(made[: len(labels)], labels[: len(made)]))
    own = isotropy_errors(made, (GRID_NM,) * 3, max_distance_nm=reach_nm)
    return {
        "mp_percent": 100 * found["mp"],
        "mgp_percent": 100 * found["mgp"],
        "mean_dice": found["mean_dice"],
        **{name: own[name] for name in ISOTROPY},
    }


def images_of(structure: LabelVolume, plan: MillingPlan, seed: int) -> FaceImages:
    """What the microscope of the recipe ``hnpg-multivoltage`` records of the faces."""
    return FaceImages.of(acquire(structure, plan, load_microscope(MICROSCOPE), energies_kev=ENERGIES_KEV, rng=seed))


def one_draw(
    whole: LabelVolume, size: int, plan: MillingPlan, sets: list[DataSet], methods: dict[str, Interpolator], seed: int
) -> dict[str, dict[str, float]]:
    """All data sets of one structure and one draw of thicknesses."""
    labels, faces = whole.labels[:size], plan.voxel_index(GRID_NM)
    images = images_of(whole, plan, seed) if any(isinstance(methods[wanted.method], ImageInterpolator) for wanted in sets) else None
    known = labels[: faces[-1] + 1]
    reach_nm = 0.35 * labels.shape[0] * GRID_NM  # the same for all, and within the shortest: positions on the fly fall short
    positions = {"true": plan.positions_nm, **plan.measured_positions_nm}
    own = isotropy_errors(known, (GRID_NM,) * 3, max_distance_nm=reach_nm)
    found = {"original": {name: own[name] for name in ISOTROPY}}
    for wanted in sets:
        made, first = wanted.make(labels[faces] != 0, positions, method=methods[wanted.method], images=images)
        found[wanted.name] = scored(made, known[first:], reach_nm)
    return found


def runs(structure: LeveledWave, scale: dict[str, int], sets: list[DataSet], methods: dict[str, Interpolator], kept: Path | None) -> list[Any]:
    """All structures and draws; what `kept` holds of them is not done again."""
    names = ["original", *(wanted.name for wanted in sets)]
    done: dict[tuple[int, ...], dict[str, Any]] = {}
    for run in _kept(kept):
        done.setdefault(tuple(run["key"]), {}).update(run["scores"])
    size, total = scale["size"], scale["structures"] * scale["draws"]
    with progress("Reconstructing") as report:
        for seed in range(scale["structures"]):
            whole = None
            for draw in range(scale["draws"]):
                known = done.setdefault((size, seed, draw), {})
                if wanted := [data for data in sets if data.name not in known]:
                    if whole is None:
                        whole = structure.generate((size + PLANES_BELOW, size, size), (GRID_NM,) * 3, rng=seed)
                    plan = LAW.plan(pixel_size_nm=(GRID_NM,) * 2, rng=1000 * seed + draw, depth_nm=size * GRID_NM)
                    known |= one_draw(whole, size, plan, wanted, methods, 1000 * seed + draw)
                    if kept is not None:
                        with kept.open("a", encoding="utf-8") as file:
                            file.write(json.dumps({"key": (size, seed, draw), "scores": known}) + "\n")
                report((seed * scale["draws"] + draw + 1) / total, "")
    keys = [(size, seed, draw) for seed in range(scale["structures"]) for draw in range(scale["draws"])]
    return [{name: done[key][name] for name in names} for key in keys]


def _kept(path: Path | None) -> Iterator[Any]:
    if path is not None and path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:  # the line that a kill cut short
                continue


def summary(found: list[Any]) -> dict[str, Any]:
    """Mean and standard deviation of every score of every data set, the published ones beside them, and which method is best."""
    document: dict[str, Any] = {}
    for name in found[0]:
        entry: dict[str, Any] = {}
        for score in found[0][name]:
            values = [run[name][score] for run in found]
            entry[score] = float(np.mean(values))
            entry[f"{score}_std"] = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        document[name] = entry | {"published": PUBLISHED_SCORES.get(name)}
    by_true = [name for name in document if name.endswith("-s")]
    best = min(by_true, key=lambda name: document[name]["mp_percent"])
    document["best"] = {"name": best, "mp_percent": document[best]["mp_percent"]}
    return document


def speed(methods: dict[str, Interpolator]) -> dict[str, Any]:
    """Seconds per plane of 512 x 512 pixels, faces four planes apart, and how many times those of our and of SciPy's cubic splines."""
    generator = cast(LeveledWave, make_generator(load_material(RECIPE)))
    all_faces = generator.generate((65, 512, 512), (GRID_NM,) * 3, rng=1).labels[::4] != 0
    depths = np.arange(len(all_faces)) * 4.0
    found: dict[str, Any] = {"scipy": {"seconds_per_plane": _seconds(lambda: _scipy_planes(all_faces, depths))}}
    for name, method in methods.items():
        side = 128 if name == "inpainting" else 512  # it takes minutes; what it costs grows with the number of pixels
        faces = all_faces[:, :side, :side]
        grey = np.stack([faces.astype(np.uint8)] * len(ENERGIES_KEV))  # what images show makes no difference to speed
        images = FaceImages(grey, np.array([[0, 1]] * len(ENERGIES_KEV), np.float32), ENERGIES_KEV)

        def run(faces: Any = faces, method: Interpolator = method, images: FaceImages = images) -> int:
            return sum(len(block) for block in interpolate(faces, depths, method, images=images))

        found[name] = {"seconds_per_plane": _seconds(run) * (512 / side) ** 2}
    for entry in found.values():
        for peer in ("cubic-spline", "scipy"):
            if peer in found:
                entry[f"times_{peer}"] = entry["seconds_per_plane"] / found[peer]["seconds_per_plane"]
    published = {"seconds_per_plane": PUBLISHED_SPEED, "times_cubic-spline": PUBLISHED_SPEED["inpainting"] / PUBLISHED_SPEED["cubic-spline"]}
    return {"methods": found, "published": published}


def _scipy_planes(faces: Any, depths: Any) -> int:
    """Planes by the cubic splines of SciPy, as one would write it down."""
    planes = np.arange(int(depths[-1]) + 1)
    return len(CubicSpline(depths, faces.astype(np.float32))(planes) >= 0.5)


def _seconds(run: Callable[[], int]) -> float:
    """Least time for a plane of two runs or more; `run` returns the number of planes."""
    times: list[float] = []
    planes = 1
    while len(times) < 2 or (sum(times) < 1 and len(times) < 5):
        start = time.perf_counter()
        planes = run()
        times.append(time.perf_counter() - start)
    return min(times) / planes


def law(structure: LeveledWave, scale: dict[str, int]) -> dict[str, Any]:
    """Misplaced percent of copies, measured and by the law, and by the law over what the publication leaves open."""
    size = scale["size"]
    pairs: dict[str, list[tuple[float, float]]] = {"nearest": [], "face_above": [], "not_repositioned": []}
    for seed in range(scale["structures"]):
        labels = structure.generate((size,) * 3, (GRID_NM,) * 3, rng=seed).labels != 0
        for draw in range(scale["draws"]):
            faces = faces_of(LAW.mean_nm, LAW.std_nm, size, 1000 * seed + draw)
            planes = np.arange(faces[-1] + 1)
            below = np.searchsorted(faces, planes, side="right") - 1
            nearest, _ = data_set("RNN-s").make(labels[faces], {"true": faces * GRID_NM})
            drifted, _ = data_set("DNN-s").make(labels[faces], {"true": faces * GRID_NM})
            for name, made, distances in (
                ("nearest", nearest, nearest_distances(faces)),
                ("face_above", labels[faces[below]], distances_above(faces)),
                ("not_repositioned", drifted, drifted_distances(faces, TARGET_NM / GRID_NM)),
            ):
                wrong = 100 * float((made[: distances.size] != labels[: distances.size]).mean())
                pairs[name].append((wrong, copied_errors_percent(structure, distances * GRID_NM)["mp_percent"]))
    measured = {name: dict(zip(("measured", "law"), np.mean(values, axis=0).tolist(), strict=True)) for name, values in pairs.items()}
    return {"mp_percent": measured, "specific_surface_per_nm": specific_surface_per_nm(structure), "sensitivity_mp_percent": sensitivity(structure)}


def faces_of(mean_nm: float, std_nm: float, depth_voxels: int, seed: int) -> Any:
    """Planes of voxels that are exposed."""
    thickness = SliceThickness(mean_nm, std_nm, grid_nm=GRID_NM)
    return thickness.plan(pixel_size_nm=(GRID_NM,) * 2, rng=seed, depth_nm=depth_voxels * GRID_NM).voxel_index(GRID_NM)


def sensitivity(structure: LeveledWave) -> dict[str, Any]:
    """MP in percent by the law, over what the publication leaves open: the gamma law, its binning, and what a ligament diameter is."""

    def mp(faces: Any, of: LeveledWave) -> dict[str, float]:
        distances = {"nearest": nearest_distances(faces), "face_above": distances_above(faces)}
        return {name: copied_errors_percent(of, distance * GRID_NM)["mp_percent"] for name, distance in distances.items()}

    def drifted(mean_nm: float, depth_voxels: int) -> float:
        distances = [drifted_distances(faces_of(mean_nm, LAW.std_nm, depth_voxels, seed), TARGET_NM / GRID_NM) for seed in range(30)]
        return float(np.mean([copied_errors_percent(structure, distance * GRID_NM)["mp_percent"] for distance in distances]))

    rng, deep = np.random.default_rng(2), 80_000
    thickness_voxels = rng.gamma((LAW.mean_nm / LAW.std_nm) ** 2, LAW.std_nm**2 / LAW.mean_nm, 20_000) / GRID_NM
    rounded = {"rounded": np.maximum(np.rint(thickness_voxels), 1), "rounded_up": np.ceil(thickness_voxels)}
    return {
        "thickness_std_nm": {str(std): mp(faces_of(LAW.mean_nm, std, deep, 1), structure) for std in (0.0, 2.0, LAW.std_nm, 4.0, 5.0, 6.0)},
        "each_thickness": {name: mp(np.concatenate([[0], np.cumsum(voxels.astype(int))]), structure) for name, voxels in rounded.items()},
        "not_repositioned": {f"{mean:g} nm, {depth} voxels": drifted(mean, depth) for mean in (LAW.mean_nm, 11.0) for depth in (256, 512, 1024)},
        "fine_ligament_nm": {
            str(d): mp(faces_of(LAW.mean_nm, LAW.std_nm, deep, 1), with_fine_ligaments(structure, d)) for d in (10.0, 12.5, 15.0, 17.5, 20.0, 25.0)
        },
    }


def with_fine_ligaments(structure: LeveledWave, diameter_nm: float) -> LeveledWave:
    """The structure with another diameter of its finest ligaments."""
    return replace(structure, ligament_diameters_nm=(*structure.ligament_diameters_nm[:-1], diameter_nm))


def show(document: dict[str, Any]) -> None:
    """Tables for people."""
    print(f"{'data set':<28}" + "".join(f"{name:>17}{'published':>15}" for name in (*SCORES, *ISOTROPY)))
    for name, entry in document.items():
        if not isinstance(entry, dict) or "tpcf" not in entry:
            continue
        cells = []
        for score in (*SCORES, *ISOTROPY):
            digits = 2 if score.endswith("percent") else 3
            published = (entry["published"] or {}).get(score)
            cells.append(f"{entry[score]:9.{digits}f} +- {entry[f'{score}_std']:<4.{digits}f}" if score in entry else f"{'':>17}")
            cells.append(f"{published[0]:8.{digits}f} +-{published[1]:.{digits}f}".rjust(15) if published else f"{'':>15}")
        print(f"{name:<28}" + "".join(cells))
    print(f"best: {document['best']['name']}, MP {document['best']['mp_percent']:.2f} %")
    for name, reason in document["missing"].items():
        print(f"left out: {name} ({reason})")
    for name, entry in document.get("speed", {}).get("methods", {}).items():
        print(
            f"{name:<16} {1000 * entry['seconds_per_plane']:8.2f} ms per plane of 512 x 512, {entry['times_scipy']:.2f} times SciPy's cubic splines"
        )
    for name, entry in document.get("law", {}).get("mp_percent", {}).items():
        print(f"law, {name:<17} MP {entry['measured']:.2f} % measured, {entry['law']:.2f} % predicted")
    for key, value in document.get("law", {}).get("sensitivity_mp_percent", {}).items():
        print(f"law, {key:<17} {json.loads(json.dumps(value), parse_float=lambda text: round(float(text), 2))}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tier", choices=TIERS, default="small")
    for name in ("size", "structures", "draws"):
        arguments.add_argument(f"--{name}", type=int, help="instead of that of the tier")
    arguments.add_argument("--methods", help="interpolation methods separated by commas; all that can work by default")
    arguments.add_argument("--series", default="ruler,automatic", help="measured positions to use beside the true ones, separated by commas")
    arguments.add_argument("--fine-ligament-nm", type=float, help="diameter 4 V/S of the finest ligaments instead of that of the recipe")
    arguments.add_argument("--runs", type=Path, help="file that keeps every run, and is gone on with")
    arguments.add_argument("--half-precision", action="store_true", help="run the published network in bfloat16")
    for name in ("speed", "law", "json"):
        arguments.add_argument(f"--{name}", action="store_true")
    options = arguments.parse_args()
    scale = {name: getattr(options, name) or value for name, value in TIERS[options.tier].items()}
    methods, missing = ready_methods(options.methods.split(",") if options.methods else None, ENERGIES_KEV)
    if options.half_precision and "inpainting" in methods:
        methods["inpainting"] = Inpainting(half_precision=True)
    structure = cast(LeveledWave, make_generator(load_material(RECIPE)))
    if options.fine_ligament_nm is not None:
        structure = with_fine_ligaments(structure, options.fine_ligament_nm)
    found = runs(
        structure,
        scale,
        chosen_sets(methods, [name for name in options.series.split(",") if name], slow=options.tier == "full"),
        methods,
        options.runs,
    )
    document: dict[str, Any] = {
        "tier": options.tier,
        **scale,
        "gamma_nm": {"mean": LAW.mean_nm, "std": LAW.std_nm},
        **summary(found),
        "missing": missing,
    }
    if options.speed:
        document["speed"] = speed(methods)
    if options.law:
        document["law"] = law(structure, scale)
    if options.json:
        json.dump(document, sys.stdout, indent=1)
        print()
    else:
        show(document)


if __name__ == "__main__":
    main()

"""How well drift and slice thickness are found on simulated stacks whose truth is known.

Run ``python benchmarks/registration.py [--json] [--pixels 256] [--slices 48] [--seeds 4] [--picture docs/images/registration.png]``.

Hierarchical nanoporous gold is milled and imaged at 1, 2 and 4 keV on a good day and on a bad day (presets of degradations), with drift by
parts of a pixel. Scored are the displacements of all images about their mean: what pairs of faces say that are added up slice by slice
(phase correlation alone, the usual way), what lays faces best on each other, and what is reported as drift, by default and if the
structure is said to be isotropic or inclined. ``no drift`` are stacks of a good day whose structure is sheared; every drift that is found there
is false. Thickness is scored on the same structures and on stacks like those of the corpus ``slice-thickness``.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import skimage.registration

from synthfib.catalogue import load_material, load_microscope
from synthfib.corpus.acquire import acquire
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import SliceThickness
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.reconstruction.decorrelation import thickness_from_images
from synthfib.reconstruction.isotropic_thickness import isotropic_mean_nm
from synthfib.reconstruction.registration import register, rms_error_px
from synthfib.reconstruction.thickness_errors import thickness_errors

VOXEL_NM = 2.5
NOMINAL_NM = 10.16
CORRELATE: Any = skimage.registration.phase_cross_correlation


def volume_of(pixels: int, slices: int, seed: int) -> Any:
    """A block that is deep enough for the slices."""
    generator = make_generator(load_material("hierarchical-nanoporous-gold"))
    depth = math.ceil((slices + 2 * math.sqrt(slices)) * NOMINAL_NM / VOXEL_NM)
    return generator.generate((depth, pixels, pixels), (VOXEL_NM,) * 3, rng=seed)


def sheared(volume: Any, path_px: Any) -> Any:
    """The block with every plane moved along x."""
    labels = np.stack([np.roll(plane, round(by), axis=1) for plane, by in zip(volume.labels, path_px, strict=True)])
    return replace(volume, labels=labels)


def stack_of(
    volume: Any, slices: int, seed: int, day: str, *, drift: bool = True, energies: tuple[float, ...] = (1, 2, 4), grid: bool = False
) -> Any:
    """Images of the block, and the positions that instruments would have measured."""
    microscope = load_microscope(f"helios-g3-{day}")
    if not drift:
        from synthfib.degradations.presets import settings

        without = {name: strengths for name, strengths in settings(day).items() if name != "drift"}
        microscope = microscope.model_copy(update={"degradations": without})
    law = SliceThickness(NOMINAL_NM, 3.12, grid_nm=VOXEL_NM if grid else None, measurement=PositionMeasurement())
    plan = law.plan(pixel_size_nm=(VOXEL_NM, VOXEL_NM), rng=seed, n_slices=slices)
    return acquire(volume, plan, microscope, energies_kev=energies, rng=seed)


def added_up(stack: Any) -> Any:
    """Phase correlation of consecutive slices at 2 keV added up, and of channels with it: the usual way."""
    window = np.outer(*(np.hanning(size) for size in stack.shape[2:]))
    faces = [[(image - image.mean()) * window for image in channel.astype(float)] for channel in stack.images]

    def shift(first: Any, second: Any) -> Any:
        return -CORRELATE(first, second, upsample_factor=20, normalization=None)[0]

    found = np.zeros((*stack.shape[:2], 2))
    for index in range(1, stack.shape[1]):
        found[1, index] = found[1, index - 1] + shift(faces[1][index - 1], faces[1][index])
    for channel in (0, 2):
        for index in range(stack.shape[1]):
            found[channel, index] = found[1, index] + shift(faces[1][index], faces[channel][index])
    return found


def scored(stack: Any) -> tuple[dict[str, float], Any]:
    """Errors in pixels of one stack."""
    true = np.zeros((*stack.shape[:2], 2)) if stack.displacement_nm is None else stack.displacement_nm / VOXEL_NM
    found = register(stack)
    error = found.displacement_px - true
    error -= error.mean(axis=(0, 1))
    return {
        "no_correction": rms_error_px(np.zeros_like(true), true),
        "pairs_added_up": rms_error_px(added_up(stack), true),
        "best_overlap": rms_error_px(found.apparent_px, true),
        "drift": rms_error_px(found.displacement_px, true),
        "drift_inclined": rms_error_px(register(stack, isotropic=False).displacement_px, true),
        "drift_isotropic": rms_error_px(register(stack, isotropic=True).displacement_px, true),
        "drift_between_channels": float((error - error.mean(axis=0)).std()),
        "drift_between_slices": float(np.diff(error, axis=1).std() / math.sqrt(2)),
        "expected": float(np.sqrt((found.error_px**2).mean())),
    }, found


def thickness_scored(stack: Any, displacement_px: Any) -> dict[str, dict[str, float]]:
    """Errors in nm of all series; of the images with the nominal mean, and with the mean that isotropy of the true labels gives."""
    true = stack.plan.positions_nm
    shape = thickness_from_images(stack, displacement_px, mean_nm=1.0)
    series = dict(stack.plan.measured_positions_nm)
    for name, mean in (("images", NOMINAL_NM), ("images_isotropic", isotropic_mean_nm(stack.labels > 0, (VOXEL_NM,) * 2))):
        series[name] = true[0] + mean * np.concatenate([[0.0], np.cumsum(shape)])
    return {name: thickness_errors(positions, true) for name, positions in series.items()}


def experiment(pixels: int, slices: int, seeds: int) -> tuple[dict[str, Any], Any]:
    """All stacks; and the first of the bad days with what was found, for the picture."""
    runs: dict[str, list[dict[str, float]]] = {}
    thickness: dict[str, list[dict[str, dict[str, float]]]] = {}
    shown = None
    for seed in range(1, seeds + 1):
        volume = volume_of(pixels, slices, seed)
        depth = np.arange(volume.shape[0])
        for day in ("good-day", "bad-day"):
            stack = stack_of(volume, slices, seed, day)
            errors, found = scored(stack)
            runs.setdefault(day, []).append(errors)
            thickness.setdefault(day, []).append(thickness_scored(stack, found.displacement_px))
            if seed == 1 and day == "bad-day":
                shown = (stack, found, added_up(stack))
        paths = {"straight": 0 * depth, "inclined-17-degrees": 0.3 * depth, "bent-17-degrees": 0.3 * 100 / np.pi * np.sin(np.pi * depth / 100)}
        for name, path in paths.items():
            still = stack_of(sheared(volume, path), slices, seed, "good-day", drift=False)
            runs.setdefault(f"no drift, {name}", []).append(scored(still)[0])
        leaning = stack_of(sheared(volume, 0.3 * depth), slices, seed, "bad-day")
        runs.setdefault("bad-day, inclined-17-degrees", []).append(scored(leaning)[0])
        single = stack_of(volume, slices, seed, "good-day", energies=(2,), grid=True)
        thickness.setdefault("one channel, 2.5 nm grid", []).append(thickness_scored(single, register(single).displacement_px))
    return {
        "pixels": pixels,
        "slices": slices,
        "seeds": seeds,
        "displacement_px": {name: {key: [run[key] for run in found] for key in found[0]} for name, found in runs.items()},
        "thickness_nm": {
            name: {series: {key: [run[series][key] for run in found] for key in found[0][series]} for series in found[0]}
            for name, found in thickness.items()
        },
    }, shown


def draw(path: Path, shown: Any, document: dict[str, Any]) -> None:
    """Drift of a bad day as it was, as it was found, and as pairs that are added up have it; and errors of all stacks."""
    from matplotlib.figure import Figure

    stack, found, pairs = shown
    true = stack.displacement_nm / VOXEL_NM
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    index = np.arange(stack.shape[1])
    for values, name, style in ((pairs, "pairs added up", "C1:"), (true, "true", "k-"), (found.displacement_px, "found", "C0.--")):
        centred = values - values.mean(axis=(0, 1))
        left.plot(index, centred[1, :, 1], style, label=name, linewidth=1.2)
    left.set(xlabel="slice", ylabel="drift along x in pixels", title="Bad day, 2 keV, first seed")
    left.legend()
    kinds = ("no_correction", "pairs_added_up", "best_overlap", "drift")
    for place, (day, limit) in enumerate((("good-day", 0.1), ("bad-day", 0.3))):
        for number, kind in enumerate(kinds):
            errors = document["displacement_px"][day][kind]
            right.plot(np.full(len(errors), 5 * place + number), errors, f"C{number}o", label=kind.replace("_", " ") if place == 0 else None)
        right.hlines(limit, 5 * place - 0.5, 5 * place + 3.5, "k", "dashed", linewidth=0.8)
    right.set(yscale="log", xticks=[1.5, 6.5], xticklabels=["good day", "bad day"], ylabel="RMS error in pixels", title="All seeds; dashed: aim")
    right.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig(path, dpi=110)


def main() -> None:
    """Print the tables, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pixels", type=int, default=256)
    parser.add_argument("--slices", type=int, default=48)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    document, shown = experiment(asked.pixels, asked.slices, asked.seeds)
    if asked.picture is not None:
        draw(asked.picture, shown, document)
    if asked.json:
        print(json.dumps(document, indent=1))
        return
    for title in ("displacement_px", "thickness_nm"):
        print(title)
        for name, found in document[title].items():
            for key, values in found.items():
                numbers = values if isinstance(values, list) else values["thickness_nm"]
                print(f"  {name:<28} {key:<24} mean {np.mean(numbers):7.3f}  worst {np.max(numbers):7.3f}")


if __name__ == "__main__":
    main()

"""How close the fast simulators come to Monte Carlo, and how fast they are, in one run on one machine.

Run ``python benchmarks/simulators.py [--json | --html PAGE] [--picture FILE] [--measured FILE] [--electrons 500] [--end-task]``.
Structures, fractions and seeds were not used in fitting. The statistical noise of the Monte Carlo images, known from the number of
electrons, is taken off errors and correlations. ``--measured`` adds a structure from a file, ``--end-task`` trains U-Nets on images of
each simulator and tests them all on Monte Carlo images of other structures, which takes minutes.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from synthfib.benchmark.protocol import run_benchmark
from synthfib.catalogue import load_corpus
from synthfib.corpus.build import build_corpus
from synthfib.corpus.load import Corpus
from synthfib.data.milling import MillingPlan
from synthfib.data.readers import read_volume
from synthfib.data.stack import ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.generators.random_pores import RandomPores
from synthfib.physics.backscatter import backscatter_coefficient
from synthfib.physics.materials import material
from synthfib.simulators.monte_carlo import MonteCarlo
from synthfib.simulators.registry import SIMULATORS

SIMULATORS_COMPARED = ("depth-weighted", "surrogate")
SIDE, SIZE_NM = 96, (2.5, 2.5, 2.5)
FACES_NM = np.array([10.0, 60.0])
# Structures that decide the summary, and more that are only listed.
MAIN = ("leveled-wave", "hierarchical", "random-pores", "measured")

CORPUS = """
schema: synthfib/corpus@1
name: end-task
title: One structure, three simulators
references: [10.3389/fmats.2022.837006]
version: 1.0.0
license: CC-BY-4.0
seed: 77
materials: [nanoporous-gold]
microscope: helios-g3-multi-voltage
simulator: {simulator}
energies_kev: [2]
voxel_size_nm: 2.5
slices: 8
pixels: [80, 80]
splits: {{train: 3, validation: 1, test: 2}}
"""


def structures(measured: Path | None) -> Iterator[tuple[str, LabelVolume, tuple[float, ...]]]:
    """Name, volume and energies of every structure."""
    epoxy, gold, vacuum, copper = (material(name) for name in ("epoxy", "gold", "vacuum", "copper"))
    shape = (120, SIDE, SIDE)
    yield "leveled-wave", LeveledWave((25.0,), 0.3, (epoxy, gold)).generate(shape, SIZE_NM, rng=77001), (1, 1.5, 2, 3, 4)
    yield "hierarchical", LeveledWave((80.0, 15.0), 0.32, (epoxy, gold)).generate(shape, SIZE_NM, rng=77002), (1, 2, 4)
    yield "random-pores", RandomPores(30.0, 0.65, (epoxy, gold), pore_radius_std_nm=5.0).generate(shape, SIZE_NM, rng=77003), (1, 2, 4)
    if measured is not None:
        volume = read_volume(measured, voxel_size_nm=SIZE_NM, default_phases=(epoxy, gold))
        z, y, x = ((size - wanted) // 2 for size, wanted in zip(volume.shape, shape, strict=True))
        labels = np.ascontiguousarray(volume.labels[z : z + shape[0], y : y + SIDE, x : x + SIDE])
        yield "measured", LabelVolume(labels, SIZE_NM, (epoxy, gold)), (1, 2, 4)
    yield "copper-never-seen", LeveledWave((25.0,), 0.35, (epoxy, copper)).generate(shape, SIZE_NM, rng=77005), (1, 2, 4)
    yield "vacuum-pores", LeveledWave((25.0,), 0.3, (vacuum, gold)).generate((160, SIDE, SIDE), SIZE_NM, rng=77004), (1, 2, 4)


@dataclass
class Comparison:
    """Images of one structure at one energy."""

    structure: str
    energy_kev: float
    contrast: float
    labels: np.ndarray
    reference: np.ndarray
    noise_variance: float
    images: dict[str, np.ndarray]

    def figures(self, simulator: str) -> dict[str, float]:
        """Error in percent of the contrast, correlation, mean error of solid and pore (that of pores is shine-through)."""
        difference = (self.images[simulator] - self.reference) / self.contrast
        square = float((difference**2).mean()) - self.noise_variance / self.contrast**2
        reliable = 1 - self.noise_variance / float(self.reference.var())
        correlation = float(np.corrcoef(self.images[simulator].ravel(), self.reference.ravel())[0, 1]) / math.sqrt(reliable)
        solid, pore = (float(difference[self.labels == label].mean()) for label in (1, 0))
        return {"rms_percent": 100 * math.sqrt(max(square, 0)), "correlation": correlation, "solid_bias": solid, "shine_through_bias": pore}


def compare(measured: Path | None, electrons: int) -> tuple[list[Comparison], float]:
    """All comparisons, and the seconds that one electron of Monte Carlo took per keV."""
    comparisons, spent, followed = [], 0.0, 0.0
    for name, volume, energies_kev in list(structures(measured)):
        plan = MillingPlan(FACES_NM, SIZE_NM[1:])
        labels = volume.labels[plan.voxel_index(SIZE_NM[0])]
        for energy_kev in energies_kev:
            start = time.perf_counter()
            reference = MonteCarlo(electrons).simulate(volume, plan, energies_kev=[energy_kev], rng=99).data[0]
            spent += time.perf_counter() - start
            followed += reference.size * electrons * energy_kev
            images = {key: SIMULATORS.load(key)().simulate(volume, plan, energies_kev=[energy_kev], rng=0).data[0] for key in SIMULATORS_COMPARED}
            pore, solid = (backscatter_coefficient(phase, energy_kev) for phase in volume.phases)
            noise = float((reference * (1 - reference)).mean()) / electrons
            comparisons.append(Comparison(name, energy_kev, solid - pore, labels, reference, noise, images))
    return comparisons, spent / followed


def speed(simulator: str, repeats: int = 3) -> list[float]:
    """Seconds for 256 x 256 pixels, 200 slices, 1, 2 and 4 keV."""
    volume = LeveledWave((25.0,), 0.3, (material("epoxy"), material("gold"))).generate((200, 256, 256), SIZE_NM, rng=1)
    plan = MillingPlan(np.arange(200) * 2.5, (2.5, 2.5))
    engine, seconds = SIMULATORS.load(simulator)(), []
    engine.simulate(volume, MillingPlan(np.array([490.0]), (2.5, 2.5)), energies_kev=[2.0], rng=0)  # compiled
    for _ in range(repeats):
        start = time.perf_counter()
        engine.simulate(volume, plan, energies_kev=[1.0, 2.0, 4.0], rng=0)
        seconds.append(time.perf_counter() - start)
    return seconds


def copy_seconds() -> float:
    """Seconds to copy what a sweep must at least move: for each layer and energy the sums below it, and an image of each width."""
    sums = np.zeros((256, 256, 12), np.float32)
    out = np.empty_like(sums)
    start = time.perf_counter()
    for _ in range(600):
        np.copyto(out, sums)
    return time.perf_counter() - start


class _Mixed:
    """Training volumes of one corpus, test volumes of another."""

    def __init__(self, training: Corpus, test: Corpus) -> None:
        self._training, self._test = training, test
        self.name, self.version, self.digest = training.name, training.version, training.digest

    def names(self, split: str, /) -> tuple[str, ...]:
        return (self._test if split == "test" else self._training).names(split)

    def read(self, name: str, /) -> ImageStack:
        return (self._test if name.startswith("test") else self._training).read(name)


def end_task(folder: Path) -> dict[str, float]:
    """Misplaced voxels, in percent, of U-Nets that learned from each simulator, all on Monte Carlo images."""
    corpora = {}
    for simulator in ("monte-carlo", *SIMULATORS_COMPARED):
        recipe = folder / f"{simulator}.yaml"
        recipe.write_text(CORPUS.format(simulator=simulator))
        build_corpus(load_corpus(recipe), folder / simulator)
        corpora[simulator] = Corpus.open(folder / simulator)
    found = {}
    for simulator, corpus in corpora.items():
        result = run_benchmark(_Mixed(corpus, corpora["monte-carlo"]), ["unet"], rng=1)
        found[simulator] = float(result.scores[0]["mp_percent"])
    return found


def summary(comparisons: list[Comparison], per_electron_kev: float) -> dict[str, Any]:
    """The document that is printed."""
    document: dict[str, Any] = {}
    for simulator in SIMULATORS_COMPARED:
        main = [c for c in comparisons if c.structure in MAIN and c.energy_kev in (1, 2, 4)]
        rms = {f"{e:g}": math.sqrt(np.mean([c.figures(simulator)["rms_percent"] ** 2 for c in main if c.energy_kev == e])) for e in (1, 2, 4)}
        seconds = speed(simulator)
        document[simulator] = {
            "rms_percent_of_contrast": rms,
            "correlation": min(c.figures(simulator)["correlation"] for c in main),
            "shine_through_bias": max((c.figures(simulator)["shine_through_bias"] for c in main), key=abs),
            "seconds_256x256x200x3": min(seconds),
            "seconds_spread": [min(seconds), max(seconds)],
        }
    document["depth-weighted"]["ratio_vs_copy"] = document["depth-weighted"]["seconds_256x256x200x3"] / copy_seconds()
    # Monte Carlo with so many electrons that its noise is as large as the error of the surrogate.
    pixels, seconds = 256 * 256 * 200, 0.0
    for energy_kev, rms in ((1, "1"), (2, "2"), (4, "4")):
        some = next(c for c in comparisons if c.energy_kev == energy_kev)
        error = document["surrogate"]["rms_percent_of_contrast"][rms] / 100 * some.contrast
        seconds += pixels * float((some.reference * (1 - some.reference)).mean()) / error**2 * energy_kev * per_electron_kev
    document["speed_ratio_surrogate_vs_monte_carlo"] = seconds / document["surrogate"]["seconds_256x256x200x3"]
    document["all"] = [
        {"structure": c.structure, "energy_kev": c.energy_kev, "simulator": simulator} | c.figures(simulator)
        for c in comparisons
        for simulator in SIMULATORS_COMPARED
    ]
    return document


def picture(comparisons: list[Comparison]) -> Figure:
    """Images side by side, and where they differ."""
    chosen = [c for c in comparisons if c.structure in ("hierarchical", "random-pores") and c.energy_kev in (1, 2, 4)]
    figure = Figure(figsize=(9, 1.85 * len(chosen)), layout="constrained", dpi=110)
    axes = figure.subplots(len(chosen), 5)
    for row, c in zip(axes, chosen, strict=True):
        for axis, image, title in zip(row, (c.reference, *c.images.values()), ("Monte Carlo", *c.images), strict=False):
            axis.imshow(image[1], cmap="gray", vmin=0, vmax=c.reference.max() * 0.95)
            axis.set_title(title, fontsize=8)
        for axis, (name, image) in zip(row[3:], c.images.items(), strict=True):
            shown = axis.imshow(100 * (image[1] - c.reference[1]) / c.contrast, cmap="RdBu_r", vmin=-30, vmax=30)
            axis.set_title(f"{name}: {c.figures(name)['rms_percent']:.1f} %", fontsize=8)
        row[0].set_ylabel(f"{c.structure}\n{c.energy_kev:g} keV", fontsize=8)
        for axis in row:
            axis.set(xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes[:, 3:], label="difference from Monte Carlo with its noise, percent of the contrast", shrink=0.4)
    return figure


def page(document: dict[str, Any], figure: Figure) -> str:
    """A page with all numbers and the picture."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    image = base64.b64encode(data.getvalue()).decode()
    numbers = html.escape(json.dumps(document, indent=1))
    return f'<!doctype html><title>Simulators</title><img alt="simulators" src="data:image/png;base64,{image}"><pre>{numbers}</pre>'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--html", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--measured", type=Path)
    parser.add_argument("--electrons", type=int, default=500)
    parser.add_argument("--end-task", action="store_true")
    options = parser.parse_args()
    comparisons, per_electron_kev = compare(options.measured, options.electrons)
    document = summary(comparisons, per_electron_kev)
    task: Callable[[Path], dict[str, float]] | None = end_task if options.end_task else None
    if task:
        with tempfile.TemporaryDirectory() as folder:
            document["end_task_mp_percent"] = task(Path(folder))
    if options.picture:
        picture(comparisons).savefig(options.picture)
    if options.html:
        options.html.write_text(page(document, picture(comparisons)))
    if options.json:
        print(json.dumps(document, indent=1))
    elif not options.html:
        for name in SIMULATORS_COMPARED:
            print(name, json.dumps(document[name]))
        for row in document["all"]:
            numbers = f"{row['rms_percent']:5.1f} %  r {row['correlation']:.4f}"
            print(f"{row['structure']:<18} {row['energy_kev']:>4g} keV {row['simulator']:<15} {numbers}")


if __name__ == "__main__":
    main()

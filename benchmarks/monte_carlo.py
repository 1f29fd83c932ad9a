"""Speed of the Monte Carlo simulator, in one run on one machine, as rates and ratios.

Run ``python benchmarks/monte_carlo.py [--json] [--repeats 5] [--stack]``. PENEPMA's detailed mode takes part where it is installed
(``pip install 'synthfib[benchmark]'``), a GPU where there is one; otherwise their ratios are null. ``--stack`` also images 50 faces of
128 x 128 pixels at 1, 2 and 4 keV with 200 electrons each, half a billion electrons, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numba as nb
import numpy as np

from synthfib.catalogue import load_material
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.errors import SynthfibError
from synthfib.physics.materials import material
from synthfib.simulators.external.penepma import Penepma
from synthfib.simulators.monte_carlo import MonteCarlo
from synthfib.simulators.monte_carlo.layers import send_electrons

GOLD = [(material("gold"), math.inf)]


def rates(run: Callable[[], float], repeats: int) -> dict[str, float]:
    """Electrons per second of several runs: middle, slowest and fastest."""
    found = [run() for _ in range(repeats)]
    return {"median": median(found), "min": min(found), "max": max(found)}


def on_threads(threads: int, run: Callable[[], float]) -> Callable[[], float]:
    """The same run on so many threads."""

    def limited() -> float:
        nb.set_num_threads(threads)
        return run()

    return limited


def bulk(energy_loss: str, electrons: int) -> float:
    """Electrons per second in bulk gold at 2 keV."""
    return electrons / send_electrons(GOLD, 2.0, electrons=electrons, rng=1, energy_loss=energy_loss).seconds


def flights_per_electron(energy_loss: str) -> float:
    """Mean number of flights, each ending in a collision, of an electron in bulk gold at 2 keV."""
    paths = send_electrons(GOLD, 2.0, electrons=2000, rng=1, energy_loss=energy_loss, trajectories=True).paths_nm
    return float(np.isfinite(paths[..., 0]).sum() / len(paths))


def face(volume: LabelVolume, energy_kev: float, energy_loss: str, device: str = "cpu") -> float:
    """Electrons per second in one face; packing the voxels is subtracted by a second, shorter run."""
    plan = MillingPlan(np.array([20.0]), volume.voxel_size_nm[1:])
    pixels = volume.shape[1] * volume.shape[2]
    seconds = []
    for electrons in (60, 10):
        start = time.perf_counter()
        MonteCarlo(electrons, energy_loss=energy_loss, device=device).simulate(volume, plan, energies_kev=[energy_kev], rng=1)
        seconds.append(time.perf_counter() - start)
    return pixels * 50 / (seconds[0] - seconds[1])


def stack_minutes() -> float:
    """Minutes for 128 x 128 x 50 at 1, 2, 4 keV and 200 electrons per pixel."""
    volume = make_generator(load_material("hnpg")).generate((220, 128, 128), (2.5, 2.5, 2.5), rng=1)
    plan = MillingPlan(np.arange(50) * 10.0, (2.5, 2.5))
    start = time.perf_counter()
    MonteCarlo(200).simulate(
        volume, plan, energies_kev=[1.0, 2.0, 4.0], rng=1, on_progress=lambda share, note: print(f"\r{share:.0%} {note}", end="")
    )
    print()
    return (time.perf_counter() - start) / 60


def penepma_rate() -> float | None:
    """Showers per second of PENEPMA's detailed mode in the same sample, or None where it is not installed."""
    showers = 100_000
    try:
        start = time.perf_counter()
        Penepma(showers=showers).bombard(GOLD, 2.0, rng=1)
        return showers / (time.perf_counter() - start)
    except SynthfibError:
        return None


def gpu_rate(volume: LabelVolume) -> float | None:
    """Electrons per second on a GPU, or None without one."""
    try:
        face(volume, 2.0, "mixed", "cuda")
        return face(volume, 2.0, "mixed", "cuda")
    except SynthfibError:
        return None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--stack", action="store_true")
    options = arguments.parse_args()
    cores = nb.get_num_threads()
    volume = make_generator(load_material("hnpg")).generate((96, 96, 96), (2.5, 2.5, 2.5), rng=1)
    document: dict[str, Any] = {"cores": cores}
    for loss in ("csda", "mixed"):
        one = rates(on_threads(1, lambda loss=loss: bulk(loss, 100_000)), options.repeats)
        document[f"bulk_gold_2kev_{loss}"] = one
        document[f"nanoseconds_per_collision_{loss}"] = 1e9 / one["median"] / flights_per_electron(loss)
        document[f"hierarchical_gold_2kev_{loss}"] = rates(on_threads(1, lambda loss=loss: face(volume, 2.0, loss)), options.repeats)
    whole = rates(on_threads(cores, lambda: bulk("mixed", 200_000)), options.repeats)
    document["speed_up_on_all_cores"] = whole["median"] / document["bulk_gold_2kev_mixed"]["median"]
    penepma = penepma_rate()
    document["ratio_vs_penepma"] = document["bulk_gold_2kev_mixed"]["median"] / penepma if penepma else None
    gpu = gpu_rate(volume)
    document["gpu_ratio_vs_one_core"] = gpu / document["hierarchical_gold_2kev_mixed"]["median"] if gpu else None
    nb.set_num_threads(cores)
    document["stack_minutes"] = stack_minutes() if options.stack else None
    if options.json:
        print(json.dumps(document, indent=1))
    else:
        for key, value in document.items():
            print(f"{key:<32} {value}")


if __name__ == "__main__":
    main()

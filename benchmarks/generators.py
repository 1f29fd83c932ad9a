"""Speed of the generators beside their peers, in one run on one machine, as ratios.

Run ``python benchmarks/generators.py [--json] [--size 256] [--repeats 5] [--growth 128 256 512 1024]``. GSTools and PoreSpy take part where
they are installed (``pip install gstools porespy``); otherwise their ratios are null. Peers that would need minutes are timed on a slab
of planes and scaled to the cube, which is fair because their time is proportional to the number of points.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

import numba as nb
import numpy as np

from synthfib.catalogue import load_material
from synthfib.corpus.recipe import make_generator
from synthfib.generators.random_pores import RandomPores
from synthfib.generators.wave_field import WaveField
from synthfib.physics.materials import material

VOXEL_SIZE_NM = (2.5, 2.5, 2.5)
WAVELENGTH_NM = 42.0
N_WAVES = 1000
PORE_RADIUS_NM, POROSITY = 25.0, 0.5


def times(function: Callable[[], Any], repeats: int) -> list[float]:
    """Seconds of each of several calls, after one that does not count."""
    function()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return found


@nb.njit(parallel=True)
def cosine_loop(shape: Any, wave_vectors: Any, phases: Any) -> Any:
    """The straightforward way: a cosine for every voxel and wave, on all cores."""
    field = np.empty(shape, np.float32)
    for z in nb.prange(shape[0]):
        for y in range(shape[1]):
            for x in range(shape[2]):
                value = 0.0
                for n in range(phases.size):
                    phase = wave_vectors[n, 0] * z * 2.5 + wave_vectors[n, 1] * y * 2.5 + wave_vectors[n, 2] * x * 2.5
                    value += np.cos(phase + phases[n])
                field[z, y, x] = value
    return field


def optional(name: str) -> Any:
    """A module, or None where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None


def gstools_seconds(gstools: Any, size: int, planes: int) -> float:
    """GSTools' randomisation method with as many modes, scaled from a slab."""
    model = gstools.Gaussian(dim=3, var=1, len_scale=WAVELENGTH_NM / 4)
    random_field = gstools.SRF(model, mode_no=N_WAVES, seed=1)
    axes = [np.arange(n) * 2.5 for n in (planes, size, size)]
    start = time.perf_counter()
    random_field.structured(axes)
    return (time.perf_counter() - start) * size / planes


def sgemm_gflops() -> float:
    """Best rate of a large float32 matrix product."""
    a, b = (np.random.default_rng(0).random((2048, 2048), np.float32) for _ in range(2))
    return 2 * 2048**3 / min(times(lambda: a @ b, 10)) / 1e9


def growth(edges: list[int]) -> dict[str, float]:
    """Nanoseconds per voxel of whole hierarchical structures, field, cut and all: constant where time grows linearly."""
    generator = make_generator(load_material("hnpg"))
    return {
        str(edge): 1e9 * min(times(lambda edge=edge: generator.generate((edge,) * 3, VOXEL_SIZE_NM, rng=1), 2 if edge < 1000 else 1)) / edge**3
        for edge in edges
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--size", type=int, default=256)
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--growth", type=int, nargs="*", default=[128, 256, 512], help="Edges of the volumes whose time is compared.")
    options = arguments.parse_args()
    size = options.size
    shape = (size, size, size)
    waves = WaveField.draw(WAVELENGTH_NM, N_WAVES, key=1)
    ours = times(lambda: waves.block((0, 0, 0), shape, VOXEL_SIZE_NM), options.repeats)
    peak = sgemm_gflops()
    loop = [s * size / 8 for s in times(lambda: cosine_loop((8, size, size), waves.wave_vectors, waves.phases), 3)]
    gstools, porespy = optional("gstools"), optional("porespy")
    pores = RandomPores(PORE_RADIUS_NM, POROSITY, (material("epoxy"), material("gold")))
    ours_pores = times(lambda: pores.generate(shape, VOXEL_SIZE_NM, rng=1), options.repeats)
    rate = 4 * N_WAVES * size**3 / median(ours) / 1e9
    radius_px = round(PORE_RADIUS_NM / VOXEL_SIZE_NM[0])
    document = {
        "size": size,
        "waves": N_WAVES,
        "field_seconds": {"median": median(ours), "min": min(ours), "max": max(ours)},
        "ratio_vs_numba_loop": median(loop) / median(ours),
        "ratio_vs_gstools": gstools_seconds(gstools, size, 4) / median(ours) if gstools else None,
        "sgemm_gflops": peak,
        # Every wave counts 4 operations a voxel, as a plain product would need; the symmetric tiles do 2.
        "fraction_of_sgemm_peak": rate / peak,
        "fraction_of_sgemm_peak_done": rate / 2 / peak,
        "hierarchical_ns_per_voxel": growth(options.growth),
        "random_pores_seconds": {"median": median(ours_pores), "min": min(ours_pores), "max": max(ours_pores)},
        "random_pores_ratio_vs_porespy": median(times(lambda: porespy.generators.overlapping_spheres(shape, r=radius_px, porosity=1 - POROSITY), 3))
        / median(ours_pores)
        if porespy
        else None,
    }
    if options.json:
        print(json.dumps(document, indent=1))
    else:
        for key, value in document.items():
            print(f"{key:<32} {value}")


if __name__ == "__main__":
    main()

"""Speed of every degradation, and of whole chains: megapixels a second on all cores, and for each second of one core.

The second number is the one to compare where other programs share the machine.

python benchmarks/degradations.py [pixels along an edge]
"""

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import ndimage

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel
from synthfib.degradations.base import Run
from synthfib.degradations.compose import Settings, draw
from synthfib.degradations.presets import PRESETS, settings
from synthfib.degradations.stacks import degraded, make_face
from synthfib.physics.materials import material

EACH: Mapping[str, Mapping[str, Any]] = {
    "curtaining": {"column_sd": 0.027},
    "redeposition": {"pore_share": 0.15},
    "rough-face": {"texture_sd": 0.08, "layer_nm": 4.0},
    "charging": {"brightness": 0.12},
    "shadowing": {"loss": 0.35},
    "point-spread": {"fwhm_nm": 5.0},
    "point-spread (astigmatic)": {"fwhm_nm": 5.0, "astigmatism": 0.3, "angle_deg": 30.0},
    "edge-blur": {"sigma_nm": 2.5},
    "drift": {"step_nm": 3.0, "realignment": 0.5},
    "drift (turned)": {"step_nm": 3.0, "realignment": 0.5, "rotation_deg": 0.1},
    "dose-noise": {"beam_current_pa": 50.0, "dwell_time_us": 1.0, "readout_noise_electrons": 2.0},
    "poisson-noise": {"gain": 1 / 256},
    "gaussian-noise": {"variance": 0.001},
    "line-noise": {"sigma": 0.01},
    "detector": {"gain_spread": 0.05},
    "contrast": {"contrast": 0.1, "gamma": 0.8},
}
DOSE = {"dose-noise": EACH["dose-noise"]}
N_SLICES, REPEATS = 16, 3


def speed(wanted: Settings, edge: int) -> str:
    """Megapixels a second of the clock, and of a core: best of some runs over one stack like nanoporous gold, the first left out."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((edge, edge)), 6, mode="wrap")
    labels = (smooth > 0).astype(np.uint8)
    image = (0.05 + 0.4 * ndimage.gaussian_filter(labels.astype(np.float32), 1)).astype(np.float32)
    plan = MillingPlan(10.0 * np.arange(N_SLICES, dtype=np.float64), (2.5, 2.5))
    run = Run(plan, (Channel(1.0), Channel(2.0)), (edge, edge), (0.45, 0.45), (material("epoxy"), material("gold")))
    chain = draw(wanted, run, rng=1)
    seconds = []
    for _ in range(REPEATS + 1):
        start = np.array([time.perf_counter(), time.process_time()])
        for _ in degraded((make_face(run, 1, i, image, [labels] * N_SLICES) for i in range(N_SLICES)), chain, np.dtype(np.uint8)):
            pass
        seconds.append(np.array([time.perf_counter(), time.process_time()]) - start)
    clock, core = N_SLICES * edge * edge / 1e6 / np.min(seconds[1:], axis=0)
    return f"{clock:8.0f}{core:10.0f}"


def main(edge: int = 1024) -> None:
    print(f"{N_SLICES} images of {edge} x {edge} pixels, {os.cpu_count()} cores, rounding to 8 bits included")
    print(f"{'Mpixel/s':28s}{'clock':>8s}{'a core':>10s}")
    print(f"{'(nothing)':28s}{speed({}, edge)}")
    for name, strengths in EACH.items():
        print(f"{name:28s}{speed({name.split(' ')[0]: strengths}, edge)}")
    for preset in PRESETS:
        print(f"dose-noise and {preset:13s}{speed({**settings(preset), **DOSE}, edge)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""Isotropy errors of isotropic structures: what finite blocks and finite numbers of waves leave.

Run ``python benchmarks/isotropy_floor.py [--json] [--sizes 64 128 256] [--seeds 16]``.

One leveled wave, solid fraction 0.30, wavelength 20 voxels. `even` are the structures of the package, whose waves have directions spread
evenly over the sphere, which leaves next to nothing but the size of the block; `random` have independent directions. The number is that
of waves. `law` is the relative error in the two-point correlation that independent directions add at large distances, whatever the
block: ``exp(-xi^2)/(2 pi sqrt(N) phi^2)``.
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

import numpy as np
from scipy.stats import norm

from synthfib.evaluation.isotropy import isotropy_errors
from synthfib.generators.exact_cut import cut_exactly
from synthfib.generators.wave_field import WaveField

VOXEL_NM = (2.5, 2.5, 2.5)
WAVELENGTH_NM = 20 * VOXEL_NM[0]
SOLID_FRACTION = 0.3
KINDS = (("random", 1000), ("random", 4000), ("even", 1000))


def waves(kind: str, n_waves: int, seed: int) -> WaveField:
    """A field of the package, or one with independent directions."""
    field = WaveField.draw(WAVELENGTH_NM, n_waves, key=seed)
    if kind == "even":
        return field
    spread = np.random.default_rng(seed).random((n_waves, 2))
    cos_polar, azimuth = 2 * spread[:, 0] - 1, 2 * math.pi * spread[:, 1]
    sin_polar = np.sqrt(1 - cos_polar**2)
    directions = np.stack([cos_polar, sin_polar * np.sin(azimuth), sin_polar * np.cos(azimuth)], axis=1)
    return WaveField(directions * (2 * math.pi / WAVELENGTH_NM), field.phases)


def floor(kind: str, n_waves: int, size: int, seeds: int) -> dict[str, Any]:
    """Mean of every error over the seeds, and its standard error."""
    found = []
    for seed in range(seeds):
        field = waves(kind, n_waves, seed).block((0, 0, 0), (size, size, size), VOXEL_NM)
        found.append(isotropy_errors(cut_exactly(field, round(SOLID_FRACTION * size**3)), VOXEL_NM))
    return {
        name: (float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(seeds)))
        for name in found[0]
        if (values := [run[name] for run in found])
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256])
    arguments.add_argument("--seeds", type=int, default=16)
    options = arguments.parse_args()
    rows = []
    for size in options.sizes:
        for kind, n_waves in KINDS:
            law = math.exp(-(norm.isf(SOLID_FRACTION) ** 2)) / (2 * math.pi * math.sqrt(n_waves) * SOLID_FRACTION**2) if kind == "random" else 0.0
            rows.append({"size": size, "directions": kind, "waves": n_waves, "law": law, **floor(kind, n_waves, size, options.seeds)})
            if not options.json:
                errors = "  ".join(f"{name} {mean:.4f} +- {error:.4f}" for name, (mean, error) in list(rows[-1].items())[4:-1])
                print(f"{size:>4} {kind:<6} {n_waves:>5}  law {law:.4f}  {errors}", flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()

"""Speed of the curves that isotropy is judged by: two-point correlation and lineal path along each axis of a block.

Run ``python benchmarks/isotropy.py [--json] [--size 256] [--repeats 5] [--porespy]``.

Seconds are those of one core, best of the repeats. The Fourier transforms are the way that pairs were counted before, and the check: their
counts must be the same. ``--porespy`` measures ``porespy.metrics.two_point_correlation`` in the same run if PoreSpy is installed (it
is no dependency); it gives the mean over all directions only. Without it, its time at 256^3 from an earlier measurement is used.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.fft import next_fast_len
from scipy.ndimage import gaussian_filter

from synthfib.evaluation.correlation import correlation_along
from synthfib.evaluation.lineal_path import lineal_path_along

LIMIT_SECONDS = 0.050
PORESPY_SECONDS_256 = 48.0
AXES = "zyx"


def block(size: int) -> np.ndarray:
    """Smooth blobs with a solid fraction of 0.30."""
    field = gaussian_filter(np.random.default_rng(1).standard_normal((size,) * 3, dtype=np.float32), size / 64, mode="wrap")
    return field > np.quantile(field, 0.7)


def seconds(work: Callable[[], Any], repeats: int) -> float:
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def counts_by_fourier(solid: np.ndarray, axis: int, n_lags: int) -> np.ndarray:
    length = int(next_fast_len(solid.shape[axis] + n_lags, real=True))
    power = np.zeros(length // 2 + 1)
    for plane in np.moveaxis(solid, axis, -1):
        spectrum = np.fft.rfft(plane, length, axis=-1)
        power += (spectrum.real**2 + spectrum.imag**2).sum(axis=0)
    return np.rint(np.fft.irfft(power, length)[:n_lags])


def measured(solid: np.ndarray, axis: int, repeats: int) -> dict[str, Any]:
    curve = correlation_along(solid, axis, (1, 1, 1))  # compiles
    lineal_path_along(solid, axis, (1, 1, 1))
    fourier = counts_by_fourier(solid, axis, curve.values.size)
    return {
        "axis": AXES[axis],
        "two_point_seconds": seconds(lambda: correlation_along(solid, axis, (1, 1, 1)), repeats),
        "lineal_path_seconds": seconds(lambda: lineal_path_along(solid, axis, (1, 1, 1)), repeats),
        "fourier_seconds": seconds(lambda: counts_by_fourier(solid, axis, curve.values.size), 2),
        "same_counts_as_fourier": bool(np.array_equal(fourier, np.rint(curve.values * curve.pairs))),
    }


def porespy_seconds(solid: np.ndarray) -> float:
    from porespy.metrics import two_point_correlation

    return seconds(lambda: two_point_correlation(solid), 1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--size", type=int, default=256)
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--porespy", action="store_true")
    options = arguments.parse_args()
    solid = block(options.size)
    rows = [measured(solid, axis, options.repeats) for axis in range(3)]
    slowest = max(max(row["two_point_seconds"], row["lineal_path_seconds"]) for row in rows)
    other = porespy_seconds(solid) if options.porespy else PORESPY_SECONDS_256 * (options.size / 256) ** 3
    result = {
        "size": options.size,
        "axes": rows,
        "slowest_seconds": slowest,
        "limit_seconds": LIMIT_SECONDS,
        "within_limit": slowest <= LIMIT_SECONDS,
        "porespy_two_point_seconds": other,
        "porespy_measured_in_this_run": options.porespy,
        "times_faster_than_porespy_all_three_axes": other / sum(row["two_point_seconds"] for row in rows),
    }
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for row in rows:
        shown = "  ".join(f"{name.removesuffix('_seconds')} {1000 * row[name]:.1f} ms" for name in row if name.endswith("seconds"))
        print(f"{row['axis']}  {shown}  same counts: {row['same_counts_as_fourier']}")
    origin = "measured here" if options.porespy else "an earlier measurement"
    print(f"slowest {1000 * slowest:.1f} ms, limit {1000 * LIMIT_SECONDS:.0f} ms; PoreSpy {other:.1f} s ({origin}),")
    print(f"{result['times_faster_than_porespy_all_three_axes']:.0f} times the two-point correlation along all three axes")


if __name__ == "__main__":
    main()

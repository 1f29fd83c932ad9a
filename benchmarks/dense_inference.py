"""Dense evaluation of sliding-window networks beside window by window, in one run on one machine, as ratios.

Run ``python benchmarks/dense_inference.py [--json] [--threads 1] [--windows 128] [--quick]``; it takes about two minutes, ``--quick`` looks at
the 2DCNN alone. The dense engine computes a whole slice of 256 x 256 pixels, reading and cutting included. Window by window only as many
pixels as asked for are computed and their time is scaled to the slice; windows lie cut and ready, which favours them. Two networks are evaluated
that way: the same one as densely, with the pixels around each window (``patch``), and the published one with zeros around it
(``published_procedure``), each in batches of 128 in PyTorch's own memory layout, and, as ``fastest``, in the best of several batch sizes and layouts.
Seconds are CPU seconds of the process, the least of several repeats; wall-clock seconds are given, too.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch

import synthfib.training.extra  # noqa: F401
from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.networks.sliding_window_members import published_parameters, window_plan
from synthfib.training.sliding_window_faces import TILE, predict_pixels, predict_windows, window_pixels
from synthfib.training.stacks import InputStack

SIDE = 256
LARGE_SLICE, LARGE_SLICES = (2247, 3372), 200
PUBLISHED_HOURS = {"2DCNN(81,81,3)": "38 h on two Titan V", "2DCNN(113,113,3)": "100 h on one V100"}
NETWORKS = [("2dcnn", 81, 3), ("2dcnn", 113, 3), ("2dcnn", 33, 7), ("mv2dcnn", 65, 11), ("1dcnn", 65, 5),
            ("triplanar", 65, 11), ("multichannel", 65, 11), ("3dcnn", 65, 11)]  # fmt: skip
NAMES = {"2dcnn": "2DCNN", "mv2dcnn": "MV2DCNN", "1dcnn": "1DCNN", "triplanar": "TriplanarCNN", "multichannel": "MultichannelCNN", "3dcnn": "3DCNN"}


def seconds(function: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Least CPU and wall-clock seconds of several calls."""
    found = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        function()
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(cpu for cpu, _ in found), min(wall for _, wall in found)


def network(member: str, size: int, slices: int, *, context: bool) -> SlidingWindowNetwork:
    torch.manual_seed(1)
    return SlidingWindowNetwork(window_plan(member, size, slices), context=context).eval()


def noise(height: int, width: int, slices: int) -> InputStack:
    images = np.random.default_rng(0).integers(0, 256, (1, slices, height, width)).astype(np.uint8)
    return InputStack(images, np.array([[0, 255]], np.float32))


def window_times(model: SlidingWindowNetwork, stack: InputStack, n_windows: int, batches: Sequence[int]) -> dict[str, float]:
    """CPU seconds per slice, window by window, by batch size and layout."""
    rng, found = np.random.default_rng(2), {}
    for batch in batches:
        pixels = rng.integers(SIDE, size=(batch, 2))
        cut = [
            window_pixels(stack, model.plan.slices // 2, slice(y, y + 1), slice(x, x + 1), slices=model.plan.slices, reach=model.reach)
            for y, x in pixels
        ]
        windows = torch.from_numpy(np.stack(cut))
        flat = model.plan.member in ("2dcnn", "mv2dcnn")
        for layout in (torch.contiguous_format, torch.channels_last) if flat else (torch.contiguous_format,):
            model.to(memory_format=layout)  # type: ignore[call-overload]
            calls = max(1, n_windows // batch)
            with torch.inference_mode():
                cpu, _ = seconds(lambda windows=windows, calls=calls: [model(windows) for _ in range(calls)], 1)
            name = f"{batch}, {'channels first' if layout is torch.contiguous_format else 'channels last'}"
            found[name] = cpu / (batch * calls) * SIDE**2
    return found


def difference(model: SlidingWindowNetwork, stack: InputStack, dense: Any) -> float:
    """Largest difference of probabilities on random pixels."""
    pixels = np.random.default_rng(3).integers(SIDE, size=(48, 2))
    pixels = np.concatenate([np.full((48, 1), model.plan.slices // 2), pixels], axis=1)
    single = predict_pixels(model, stack, pixels, slices=model.plan.slices, reach=model.reach, batch_size=16)
    return float(np.abs(dense[0][tuple(pixels[:, 1:].T)] - single).max())


def compared(member: str, size: int, slices: int, n_windows: int) -> dict[str, Any]:
    """Everything about one network on one slice."""
    context, zeros = (network(member, size, slices, context=context) for context in (True, False))
    stack, face = noise(SIDE, SIDE, slices), np.array([slices // 2])
    dense = predict_windows(context, stack, face)
    plane = member in ("2dcnn", "mv2dcnn")
    batches, shown = ((16, 128), 128) if plane else ((4, 16), 16)
    cpu, wall = seconds(lambda: predict_windows(context, stack, face), 4 if plane else 1)
    patch, published = (window_times(model, stack, n_windows if plane else 16, batches) for model in (context, zeros))
    first = f"{shown}, channels first"
    return {
        "ratio_vs_patch": patch[first] / cpu,
        "ratio_vs_published_procedure": published[first] / cpu,
        "ratio_vs_fastest_patch": min(patch.values()) / cpu,
        "ratio_vs_fastest_published_procedure": min(published.values()) / cpu,
        "max_abs_diff": difference(context, stack, dense),
        "parameters": context.n_parameters,
        "published_parameters": published_parameters(context.plan),
        "batch": shown,
        "seconds": {"dense": cpu, "dense_wall": wall, "patch": patch, "published_procedure": published},
    }


def large_slice(member: str, size: int, slices: int, threads: int) -> dict[str, Any]:
    """Seconds of a large slice, from one tile of each shape that it is cut into, and the peak memory of this process."""
    torch.set_num_threads(threads)
    model = network(member, size, slices, context=True)
    counts = [(extent // TILE, extent % TILE) for extent in LARGE_SLICE]
    cpu = wall = 0.0
    for n_rows, height in ((counts[0][0], TILE), (1, counts[0][1])):
        for n_columns, width in ((counts[1][0], TILE), (1, counts[1][1])):
            stack = noise(height, width, slices)
            one = seconds(lambda stack=stack: predict_windows(model, stack, np.array([slices // 2])), 2)
            cpu, wall = cpu + n_rows * n_columns * one[0], wall + n_rows * n_columns * one[1]
    pixels = LARGE_SLICE[0] * LARGE_SLICE[1]
    return {
        "cpu_seconds": cpu,
        "wall_seconds": wall,
        "microseconds_per_pixel": cpu / pixels * 1e6,
        "volume_hours": cpu * LARGE_SLICES / 3600,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "extrapolated_from": "one tile of each shape",
    }


def measured(*, threads: int, n_windows: int, quick: bool) -> dict[str, Any]:
    torch.set_num_threads(threads)
    found: dict[str, Any] = {}
    for member, size, slices in NETWORKS[: 1 if quick else None]:
        name = f"{NAMES[member]}({size},{size},{slices})"
        found[name] = compared(member, size, slices, n_windows)
        if name in PUBLISHED_HOURS:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
                found[name]["slice_2247x3372"] = apart.submit(large_slice, member, size, slices, threads).result()
            found[name]["slice_2247x3372"]["published_volume"] = PUBLISHED_HOURS[name]
    return found


def text(found: dict[str, Any]) -> str:
    lines = [f"{'256 x 256 pixels':24} {'dense s':>8} {'x patch':>9} {'(fastest)':>9} {'x published':>12} {'(fastest)':>9} {'max diff':>9}"]
    keys = ("ratio_vs_patch", "ratio_vs_fastest_patch", "ratio_vs_published_procedure", "ratio_vs_fastest_published_procedure")
    for name, row in found.items():
        same, best, published, best_published = (row[key] for key in keys)
        times = f"{row['seconds']['dense']:8.2f} {same:9.0f} {best:9.0f} {published:12.0f} {best_published:9.0f}"
        lines.append(f"{name:24} {times} {row['max_abs_diff']:9.1e}")
    for name, row in found.items():
        if large := row.get("slice_2247x3372"):
            one = f"{large['cpu_seconds']:.0f} CPU s, {large['microseconds_per_pixel']:.1f} us/pixel, {large['peak_memory_mb']:.0f} MB"
            lines.append(f"{name}, 2247 x 3372: {one}; 200 slices {large['volume_hours']:.1f} h, published {large['published_volume']}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--windows", type=int, default=128)
    arguments = parser.parse_args()
    found = measured(threads=arguments.threads, n_windows=arguments.windows, quick=arguments.quick)
    print(json.dumps(found, indent=1) if arguments.json else text(found))


if __name__ == "__main__":
    main()

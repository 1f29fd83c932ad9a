"""The CUDA kernel; importing it compiles nothing, its first launch does."""

from __future__ import annotations

from typing import Any

import numba.cuda

from synthfib.simulators.monte_carlo._imaging import look
from synthfib.simulators.monte_carlo.random_numbers import child

cuda: Any = numba.cuda


@cuda.jit  # type: ignore[untyped-decorator]
def look_at_pixels(block: Any, flights: Any, beam: Any, detection: Any, face: float, stream: Any, each: int, partial: Any) -> None:
    """Send `each` electrons per thread; the threads of one pixel have one group each in `partial`, see `gpu.Partial`."""
    thread = cuda.grid(1)
    groups, ny, nx = partial.signal.shape[:3]
    if thread >= groups * ny * nx:
        return
    group, pixel = thread // (ny * nx), thread % (ny * nx)
    y, x = pixel // nx, pixel % nx
    look(
        block,
        flights,
        beam,
        detection[0],
        detection[1],
        face,
        y,
        x,
        child(stream, pixel),
        group * each,
        min((group + 1) * each, beam.electrons),
        partial.no_path[:0],
        partial.signal[group, y, x],
        partial.squares[group, y, x],
        partial.truth[group, y, x],
    )

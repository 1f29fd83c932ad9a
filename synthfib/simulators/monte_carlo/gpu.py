"""The same electrons on an NVIDIA graphics processor: one thread for some electrons of one pixel.

The code of one electron is the very code that the processor runs (`_transport`, `_imaging`), compiled for CUDA, with the same random
numbers. Logarithms and roots may differ in their last bits, so that a rare electron ends differently; images agree within their noise.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from synthfib._optional import require
from synthfib.errors import MissingDependencyError
from synthfib.simulators.monte_carlo._imaging import N_TRUTHS, Beam
from synthfib.simulators.monte_carlo._transport import Block, Flights

_THREADS_PER_BLOCK = 128
# Enough threads to keep a large processor busy; a pixel's electrons are shared among several of them where pixels are few.
_THREADS = 2**18


class Partial(NamedTuple):
    """Sums of one face, float32 ``(group, y, x, .)``: each group of electrons of a pixel has its own."""

    signal: Any
    squares: Any
    truth: Any
    no_path: Any


class Gpu:
    """A graphics processor that images faces of one structure; its memory holds the packed voxels and the sums of one face.

    Raises
    ------
    MissingDependencyError
        If there is no CUDA for Python, or no device.
    """

    def __init__(self) -> None:
        self._cuda = require("numba.cuda", attribute="jit", extra="gpu")
        if not self._cuda.is_available():
            raise MissingDependencyError("An NVIDIA GPU with its driver is required for device 'cuda', none was found; use device 'cpu'.")
        self._kernel: Any = import_module("synthfib.simulators.monte_carlo._gpu_kernel").look_at_pixels
        self._uploaded: dict[int, tuple[Any, Any]] = {}

    def look_at_face(
        self,
        block: Block,
        flights: Flights,
        beam: Beam,
        windows: Any,
        tables: Any,
        face: float,
        stream: np.uint64,
        signal: Any,
        squares: Any,
        truth: Any,
    ) -> None:
        """Do what `_imaging.look_at_face` does."""
        ny, nx, detectors = signal.shape
        groups = max(1, min(beam.electrons, _THREADS // (ny * nx)))
        each = -(-beam.electrons // groups)
        signals, squared, truths, no_path = (
            self._cuda.to_device(np.zeros(shape, np.float32))
            for shape in ((groups, ny, nx, detectors), (groups, ny, nx, detectors), (groups, ny, nx, N_TRUTHS), (1, 3))
        )
        partial = Partial(signals, squared, truths, no_path)
        launch = (-(-groups * ny * nx // _THREADS_PER_BLOCK), _THREADS_PER_BLOCK)
        sample = self._on_device(block), self._on_device(flights)
        detection = self._cuda.to_device(windows), self._cuda.to_device(tables)
        self._kernel[launch](*sample, beam, detection, face, stream, each, partial)
        for own, device in ((signal, signals), (squares, squared), (truth, truths)):
            own += device.copy_to_host().sum(axis=0)

    def _on_device(self, tables: Any) -> Any:
        """Return a tuple of arrays as arrays on the device, uploaded once as long as they live."""
        kept, uploaded = self._uploaded.get(id(tables), (None, None))
        if kept is not tables:
            uploaded = type(tables)(*(self._cuda.to_device(value) if isinstance(value, np.ndarray) else value for value in tables))
            self._uploaded[id(tables)] = (tables, uploaded)
        return uploaded

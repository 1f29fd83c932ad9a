"""Stacks on disk that stay open while single faces are read from them, in every process and for every thread."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from synthfib.data.hdf5 import File, StackOutline, open_for_reading, read_outline
from synthfib.errors import InputError

#: Unpacked faces that are kept for the next sample, whose patch or neighbours may be the same.
_CACHE_BYTES = 1 << 25
_CACHE_SLOTS = 10_007


@dataclass(slots=True, eq=False)
class OpenStack:
    """One open stack."""

    path: Path
    file: File
    outline: StackOutline
    datasets: dict[str, Any] = field(default_factory=dict)

    def read(self, name: str, *index: int | slice) -> NDArray[Any]:
        """Return a part of a dataset.

        Raises
        ------
        InputError
            If there is no such dataset, or it is damaged.
        """
        try:
            if name not in self.datasets:
                self.datasets[name] = _open_dataset(self.file, name)
            return np.asarray(self.datasets[name][index])
        except KeyError as error:
            raise InputError(f"{str(self.path)!r} has no {name!r}; leave it out, or build the corpus with it.") from error
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{str(self.path)!r} cannot be read as HDF5 (truncated or damaged); write or copy it again.") from error


class OpenStacks:
    """Stacks that were opened last, at most `most` at a time; a copy in another process opens its own."""

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._by_process: dict[int, _Files] = {}

    @contextmanager
    def at(self, path: Path, shape: tuple[int, ...]) -> Iterator[OpenStack]:
        """Lend the stack at `path`, whose images must have this shape, to one thread at a time.

        Raises
        ------
        InputError
            If the file is missing or damaged, or its images have another shape.
        """
        files = self._by_process.setdefault(os.getpid(), _Files())
        for inherited in self._by_process.keys() - {os.getpid()}:  # after a fork
            if stale := self._by_process.pop(inherited, None):
                stale.close(0)
        with files.lock:
            if path not in files.opened:
                files.opened[path] = _open_stack(path, shape)
            files.opened.move_to_end(path)
            files.close(self._most)
            yield files.opened[path][1]

    def __getstate__(self) -> int:
        return self._most

    def __setstate__(self, most: int) -> None:
        self.__init__(most)  # type: ignore[misc]


class _Files:
    """What one process has open."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.opened: OrderedDict[Path, tuple[ExitStack, OpenStack]] = OrderedDict()

    def close(self, most: int) -> None:
        """Close all but the last `most`."""
        while len(self.opened) > most:
            self.opened.popitem(last=False)[1][0].close()


def _open_stack(path: Path, shape: tuple[int, ...]) -> tuple[ExitStack, OpenStack]:
    with ExitStack() as held:
        file = held.enter_context(open_for_reading(path))
        stack = OpenStack(path, file, read_outline(file))
        found = file["images"].shape
        if found != shape:
            raise InputError(f"{str(path)!r} must hold images of shape {shape} (channel, slice, y, x), got {found}; run: synthfib verify.")
        return held.pop_all(), stack
    raise AssertionError("unreachable")


def _open_dataset(file: File, name: str) -> Any:
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_chunk_cache(_CACHE_SLOTS, _CACHE_BYTES, 1.0)
    return h5py.Dataset(h5py.h5d.open(file.id, name.encode(), access))

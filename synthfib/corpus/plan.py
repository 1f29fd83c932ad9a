"""Predict what a build will need, before anything is written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from synthfib.catalogue import CorpusRecipe
from synthfib.corpus.recipe import ResolvedRecipe, resolve
from synthfib.corpus.resources import available_memory_bytes, free_disk_bytes
from synthfib.corpus.volume import milling_plan, volume_shape
from synthfib.errors import InputError, ResourceError

# Measured on builds of the recipes of the catalogue; predictions are meant to be right within a factor of two.
_PROCESS_BYTES = 260_000_000
_BYTES_PER_VOXEL = 14
_BYTES_PER_PIXEL = 24
_BYTES_PER_CHANNEL_PIXEL = 40
_DISK_PER_PIXEL = 0.8
_DISK_PER_CHANNEL_PIXEL = 1.0
_DISK_PER_VOLUME = 20_000
_START_SECONDS = 8.0
_SECONDS_PER_WAVE_VOXEL = 1.5e-10
_SECONDS_PER_CHANNEL_VOXEL = 1e-7
_SECONDS_PER_CHANNEL_PIXEL = 3e-7


@dataclass(frozen=True, slots=True)
class CorpusPlan:
    """What a build will need.

    Parameters
    ----------
    memory_bytes : int
        Peak memory of all processes together.
    disk_bytes : int
        Size of the finished corpus.
    seconds : float
        Time on a laptop processor of 2020, on as many cores as workers.
    n_volumes, n_slices : int
        Volumes and slices of the corpus.
    largest_shape : tuple of int
        Voxels ``(z, y, x)`` of the deepest volume.
    workers : int
        Number of processes.
    """

    memory_bytes: int
    disk_bytes: int
    seconds: float
    n_volumes: int
    n_slices: int
    largest_shape: tuple[int, int, int]
    workers: int


def plan_corpus(recipe: CorpusRecipe, *, workers: int = 1) -> CorpusPlan:
    """Return what building `recipe` will need.

    Raises
    ------
    InputError
        If the recipe names something unknown, or `workers` is below 1.
    """
    return plan_resolved(resolve(recipe), workers=workers)


def plan_resolved(resolved: ResolvedRecipe, *, workers: int = 1) -> CorpusPlan:
    """Return what building a resolved recipe will need; raises as `plan_corpus` does."""
    if workers < 1:
        raise InputError(f"A build needs at least one worker, got {workers}.")
    places = resolved.places
    shapes = [volume_shape(resolved, place, milling_plan(resolved, place)) for place in places]
    workers = min(workers, len(places))
    pixels = resolved.corpus.slices * math.prod(resolved.corpus.pixels)
    channels = len(resolved.energies_kev)
    per_process = _PROCESS_BYTES + max(map(math.prod, shapes)) * _BYTES_PER_VOXEL + pixels * (_BYTES_PER_PIXEL + channels * _BYTES_PER_CHANNEL_PIXEL)
    disk_per_volume = _DISK_PER_VOLUME + pixels * (_DISK_PER_PIXEL + channels * _DISK_PER_CHANNEL_PIXEL)
    waves = [resolved.material_of(place).structure for place in places]
    seconds = sum(
        math.prod(shape) * (_SECONDS_PER_WAVE_VOXEL * w.n_waves * len(w.ligament_diameters_nm) + _SECONDS_PER_CHANNEL_VOXEL * channels)
        + pixels * channels * _SECONDS_PER_CHANNEL_PIXEL
        for shape, w in zip(shapes, waves, strict=True)
    )
    return CorpusPlan(
        memory_bytes=int(per_process * workers + (_PROCESS_BYTES if workers > 1 else 0)),
        disk_bytes=int(disk_per_volume * len(places)),
        seconds=_START_SECONDS + seconds / workers,
        n_volumes=len(places),
        n_slices=len(places) * resolved.corpus.slices,
        largest_shape=max(shapes, key=math.prod),
        workers=workers,
    )


def check_fits(plan: CorpusPlan, out: Path) -> None:
    """Refuse a build for which there is not enough memory or disk.

    Raises
    ------
    ResourceError
        If it does not fit; the message has both numbers.
    """
    available = available_memory_bytes()
    if available is not None and plan.memory_bytes > available:
        less = "fewer workers, or fewer slices or pixels" if plan.workers > 1 else "fewer slices or pixels"
        raise ResourceError(f"The build needs {_gb(plan.memory_bytes)} of memory, {_gb(available)} are available; ask for {less}.")
    free = free_disk_bytes(out)
    if plan.disk_bytes > free:
        raise ResourceError(f"The build needs {_gb(plan.disk_bytes)} on disk, {_gb(free)} are free at {out}; choose another disk or fewer volumes.")


def _gb(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.2f} GB"

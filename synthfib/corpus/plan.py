"""Predict what a build will need, before anything is written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from synthfib.catalogue import CorpusRecipe
from synthfib.corpus.manifest import VOLUMES
from synthfib.corpus.recipe import Place, ResolvedRecipe, resolve
from synthfib.corpus.volume import structure_shape
from synthfib.corpus.workers import n_cpus
from synthfib.data.resources import available_memory_bytes, free_disk_bytes
from synthfib.errors import InputError, ResourceError
from synthfib.simulators.choice import simulation_seconds

# Depths of this many volumes are drawn, the others count like them.
_SAMPLE = 50
# Measured on recipes of 2 to 71 million voxels with 1 and 3 channels; meant to be right within a factor of two.
_PROCESS_BYTES = 390_000_000
_WHOLE_FIELD_VOXELS = 2**22  # larger structures are drawn slab by slab
_BYTES_PER_VOXEL_WHOLE = 40
_BYTES_PER_VOXEL_SLABS = 2
_SLAB_BYTES = 170_000_000
_BYTES_PER_VOXEL_KEPT = 1
_BYTES_PER_PIXEL = 6
_BYTES_PER_CHANNEL_PIXEL = 6
_DISK_PER_CORPUS = 200_000  # texts and pictures
_DISK_PER_VOLUME = 30_000
_DISK_PER_PIXEL = 0.85
_DISK_PER_CHANNEL_PIXEL = 1.8  # per byte of a grey value, of which there are two copies: volume and table
_DISK_PER_SHARE = 0.55  # of the signal that shines through
_START_SECONDS = 4.0
_SECONDS_PER_WAVE_VOXEL = 1.3e-10  # on one processor; all of them take part
_SECONDS_PER_CHANNEL_PIXEL = 3.0e-7


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
        Time on the processors of this machine if they are idle; unless measured, as if they were those of a server of 2022.
    n_volumes, n_slices : int
        Volumes and slices of the corpus.
    largest_shape : tuple of int
        Voxels ``(z, y, x)`` of the deepest volume looked at.
    workers : int
        Number of processes.
    simulator, reason : str
        What makes the images, and why if the recipe left the choice.
    measured : bool
        Whether this is drawn from pieces that were built on this machine, or from constants, which are right within a factor of two.
    """

    memory_bytes: int
    disk_bytes: int
    seconds: float
    n_volumes: int
    n_slices: int
    largest_shape: tuple[int, int, int]
    workers: int
    simulator: str
    reason: str
    measured: bool = False


def plan_corpus(recipe: CorpusRecipe, *, workers: int = 1) -> CorpusPlan:
    """Return what building `recipe` will need.

    Raises
    ------
    InputError
        If the recipe names something unknown, or `workers` is below 1.
    """
    return plan_resolved(resolve(recipe).unsealed(), workers=workers)


def plan_resolved(resolved: ResolvedRecipe, *, workers: int = 1) -> CorpusPlan:
    """Return what building a resolved recipe will need; raises as `plan_corpus` does."""
    if workers < 1:
        raise InputError(f"A build needs at least one worker, got {workers}.")
    places = resolved.places
    shapes = sample_shapes(resolved)
    workers = min(workers, len(places))
    seconds = sum(volume_seconds(resolved, place, math.prod(shape), workers) for place, shape in shapes.items())
    return CorpusPlan(
        memory_bytes=_memory_bytes(resolved, max(map(math.prod, shapes.values()))) * workers + (_PROCESS_BYTES if workers > 1 else 0),
        disk_bytes=_DISK_PER_CORPUS + len(places) * _disk_bytes(resolved),
        seconds=_START_SECONDS + seconds * len(places) / len(shapes),
        n_volumes=len(places),
        n_slices=len(places) * resolved.corpus.slices,
        largest_shape=max(shapes.values(), key=math.prod),
        workers=workers,
        simulator=resolved.simulator,
        reason=resolved.choice.reason if resolved.leaves_the_choice else "the recipe asks for it",
    )


def sample_shapes(resolved: ResolvedRecipe) -> dict[Place, tuple[int, int, int]]:
    """Return the voxels ``(z, y, x)`` of the structures of some volumes, evenly chosen."""
    places = resolved.places
    return {place: structure_shape(resolved, place) for place in places[:: math.ceil(len(places) / _SAMPLE)]}


def _memory_bytes(resolved: ResolvedRecipe, n_voxels: int) -> int:
    """Peak of one process: either while the structure is drawn, or while it is imaged."""
    drawing = n_voxels * _BYTES_PER_VOXEL_WHOLE if n_voxels <= _WHOLE_FIELD_VOXELS else n_voxels * _BYTES_PER_VOXEL_SLABS + _SLAB_BYTES
    imaging = n_voxels * _BYTES_PER_VOXEL_KEPT + _pixels(resolved) * (_BYTES_PER_PIXEL + len(resolved.energies_kev) * _BYTES_PER_CHANNEL_PIXEL)
    return _PROCESS_BYTES + max(drawing, imaging)


def _disk_bytes(resolved: ResolvedRecipe) -> int:
    grey_bytes = len(resolved.energies_kev) * resolved.microscope.bit_depth / 8
    return int(
        _DISK_PER_VOLUME + _pixels(resolved) * (_DISK_PER_PIXEL + grey_bytes * _DISK_PER_CHANNEL_PIXEL + len(resolved.energies_kev) * _DISK_PER_SHARE)
    )


def volume_seconds(resolved: ResolvedRecipe, place: Place, n_voxels: int, workers: int) -> float:
    """Return about how long one volume takes, in seconds."""
    structure, channels = resolved.material_of(place).structure, len(resolved.energies_kev)
    drawing = n_voxels * structure.waves_per_voxel * _SECONDS_PER_WAVE_VOXEL
    simulating = simulation_seconds(
        resolved.simulator,
        n_pixels=_pixels(resolved),
        n_voxels=n_voxels,
        energies_kev=resolved.energies_kev,
        electrons_per_pixel=resolved.electrons_per_pixel,
    )
    recording = channels * _pixels(resolved) * _SECONDS_PER_CHANNEL_PIXEL
    return (drawing + simulating) / n_cpus() + recording / min(workers, n_cpus())


def _pixels(resolved: ResolvedRecipe) -> int:
    return resolved.corpus.slices * math.prod(resolved.corpus.pixels)


def check_fits(plan: CorpusPlan, out: Path, *, memory: bool = True) -> None:
    """Refuse a build for which there is not enough memory or disk; volumes that are there already count as room.

    Parameters
    ----------
    plan : CorpusPlan
        What it needs.
    out : Path
        Where it will be.
    memory : bool
        Whether it is built on this machine.

    Raises
    ------
    ResourceError
        If it does not fit; the message has both numbers.
    """
    available = available_memory_bytes()
    if memory and available is not None and plan.memory_bytes > available:
        less = "fewer workers, or fewer slices or pixels" if plan.workers > 1 else "fewer slices or pixels"
        raise ResourceError(f"The build needs {_gb(plan.memory_bytes)} of memory, {_gb(available)} are available; ask for {less}.")
    free = free_disk_bytes(out) + sum(file.stat().st_size for file in (out / VOLUMES).glob("*.h5"))
    if plan.disk_bytes > free:
        raise ResourceError(f"The build needs {_gb(plan.disk_bytes)} on disk, {_gb(free)} are free at {out}; choose another disk or fewer volumes.")


def _gb(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.2f} GB"

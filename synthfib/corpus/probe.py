"""Predict what a build will need from small pieces of it that are built on this machine."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.manifest import FOLDERS, STRUCTURES, structure_file, volume_file
from synthfib.corpus.part import make_part
from synthfib.corpus.plan import CorpusPlan, plan_resolved, sample_shapes, volume_seconds
from synthfib.corpus.recipe import ResolvedRecipe, resolve
from synthfib.corpus.volume import make_stack, make_structure
from synthfib.corpus.workers import n_cpus, run_fresh
from synthfib.data.resources import forget_peak_memory, peak_memory_bytes
from synthfib.data.writers import write_stack, write_volume

# The larger piece has about as many pixels, which is enough for structures that are drawn slab by slab, and takes about so long.
_PIXELS = 2**22
_SECONDS = 6.0
_SMALLEST_EDGE = 32
_MOST_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """What one small volume needed.

    Parameters
    ----------
    n_voxels, n_pixels : int
        Its size.
    resting_bytes : int
        Memory before.
    drawing_bytes, imaging_bytes : int
        Memory that drawing the structure took on top of that, and peak after it.
    drawing_seconds, imaging_seconds : float
        Time of both.
    volume_bytes, structure_bytes : int
        Size of its files, and of its structure if that is kept.
    """

    n_voxels: int
    n_pixels: int
    resting_bytes: int
    drawing_bytes: int
    imaging_bytes: int
    drawing_seconds: float
    imaging_seconds: float
    volume_bytes: int
    structure_bytes: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What pieces of two sizes needed in a process of their own.

    Parameters
    ----------
    pieces : tuple of Piece
        The smaller and the larger.
    idle_bytes : int
        Memory of a process that has only started.
    start_seconds : float
        Time until a process has started.
    fixed_seconds : float
        Time that a build of any size takes beside that.
    text_bytes, entry_bytes : int
        Size of what describes the corpus, and of what describes each volume.
    """

    pieces: tuple[Piece, Piece]
    idle_bytes: int
    start_seconds: float
    fixed_seconds: float
    text_bytes: int
    entry_bytes: int


def measure_plan(recipe: CorpusRecipe, *, workers: int = 1, on_progress: Callable[[float, str], None] = lambda share, what: None) -> CorpusPlan:
    """Return what building `recipe` will need, after pieces of it were built for some seconds per material.

    Parameters
    ----------
    recipe : CorpusRecipe
        What to build.
    workers : int
        Number of processes.
    on_progress : callable, optional
        Told the share of the work done, and the material that is looked at.

    Raises
    ------
    InputError
        If the recipe names something unknown, or cannot be built.
    ResourceError
        If not even the pieces fit.
    """
    resolved = resolve(recipe).unsealed()
    rough = plan_resolved(resolved, workers=workers)
    together = min(rough.workers, n_cpus(), _MOST_AT_ONCE)
    names = dict(zip(resolved.materials, resolved.corpus.materials, strict=True))
    used = dict.fromkeys(resolved.material_of(place) for place in resolved.places)
    probes = {}
    for number, material in enumerate(used):
        on_progress(number / len(used), material.name)
        found = run_fresh(measure, [(time.time(), *_pieces(resolved, names[material], len(used)))] * together)
        probes[material.name] = max(found, key=lambda probe: probe.pieces[1].imaging_seconds)
    on_progress(1.0, "")
    return _extrapolated(resolved, rough, probes)


def _pieces(resolved: ResolvedRecipe, material: str, n_materials: int) -> tuple[CorpusRecipe, CorpusRecipe]:
    """Two corpora of one volume of `material`, with slices as large as the real ones unless that takes too long, and never more of them."""
    (height, width), slices = resolved.corpus.pixels, resolved.corpus.slices
    one = {"materials": (material,), "splits": SplitSizes(train=1, validation=0, test=0), "thickness_draws": 1, "simulator": resolved.simulator}

    def piece(slices: int) -> CorpusRecipe:
        return resolved.corpus.model_copy(update={**one, "slices": slices, "pixels": (height, width)})

    def is_slow() -> bool:
        reduced = resolve(piece(slices))
        [(place, shape)] = sample_shapes(reduced).items()
        return volume_seconds(reduced, place, math.prod(shape), 1) > _SECONDS / n_materials

    slices = min(slices, max(2, _PIXELS // (height * width)))
    while is_slow() and slices > 2:
        slices = max(2, slices // 2)
    while is_slow() and max(height, width) > _SMALLEST_EDGE:
        height, width = (min(edge, max(_SMALLEST_EDGE, edge // 2)) for edge in (height, width))
    return piece(max(1, slices // 2)), piece(slices)


def measure(task: tuple[float, CorpusRecipe, CorpusRecipe]) -> Probe:
    """Build two pieces in this process, which should be a new one; the first is built twice, so that nothing is compiled while it counts.

    Parameters
    ----------
    task : tuple
        When the process was asked for, in seconds since 1970, and corpora of one volume each.
    """
    asked, *pieces = task
    start_seconds, idle_bytes = time.time() - asked, peak_memory_bytes() or 0
    with tempfile.TemporaryDirectory(prefix="synthfib-plan-") as folder:
        start, out = time.perf_counter(), Path(folder) / "corpus"
        manifest = build_corpus(pieces[0], out).manifest
        cold_seconds = time.perf_counter() - start
        text_bytes = _size(out) - sum(entry.bytes for entry in manifest.files)
        small, large = (_measure_piece(resolve(piece), Path(folder) / str(number)) for number, piece in enumerate(pieces))
    entry_bytes = sum(len(entry.model_dump_json(indent=2)) for entry in manifest.files)
    fixed_seconds = max(0.0, cold_seconds - small.drawing_seconds - small.imaging_seconds)
    return Probe((small, large), idle_bytes, start_seconds, fixed_seconds, text_bytes, entry_bytes)


def _measure_piece(resolved: ResolvedRecipe, out: Path) -> Piece:
    [place] = resolved.places
    for name in FOLDERS:
        (out / name).mkdir(parents=True)
    start = time.perf_counter()
    forget_peak_memory()
    resting_bytes = peak_memory_bytes() or 0
    structure = make_structure(resolved, place)
    drawn, drawing_bytes = time.perf_counter(), (peak_memory_bytes() or 0) - resting_bytes
    forget_peak_memory()
    n_voxels = structure.labels.size
    if "structures" in resolved.corpus.keep:
        write_volume(out / structure_file(place), structure)
    write_stack(out / volume_file(place), make_stack(resolved, place, structure))
    del structure
    make_part(resolved, out, place)  # what is left of it: tables and checksums
    structure_bytes = _size(out / STRUCTURES)
    return Piece(
        n_voxels=n_voxels,
        n_pixels=resolved.corpus.slices * math.prod(resolved.corpus.pixels),
        resting_bytes=resting_bytes,
        drawing_bytes=drawing_bytes,
        imaging_bytes=peak_memory_bytes() or 0,
        drawing_seconds=drawn - start,
        imaging_seconds=time.perf_counter() - drawn,
        volume_bytes=_size(out) - structure_bytes,
        structure_bytes=structure_bytes,
    )


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _extrapolated(resolved: ResolvedRecipe, rough: CorpusPlan, probes: Mapping[str, Probe]) -> CorpusPlan:
    """Draw lines through the pieces of each material, and add up what the volumes need."""
    n_pixels = resolved.corpus.slices * math.prod(resolved.corpus.pixels)
    memory, seconds, disk = 0.0, 0.0, 0.0
    shapes = sample_shapes(resolved)
    for place, shape in shapes.items():
        probe, n_voxels = probes[resolved.material_of(place).name], math.prod(shape)
        # The first volume of a process is drawn before what images it is loaded.
        resting_bytes = probe.pieces[1].resting_bytes if rough.n_volumes > rough.workers else probe.idle_bytes
        drawing_bytes = resting_bytes + _at(n_voxels, probe, "n_voxels", "drawing_bytes")
        memory = max(memory, drawing_bytes, _at(n_pixels, probe, "n_pixels", "imaging_bytes"))
        seconds += _at(n_voxels, probe, "n_voxels", "drawing_seconds") + _at(n_pixels, probe, "n_pixels", "imaging_seconds")
        disk += _at(n_pixels, probe, "n_pixels", "volume_bytes") + probe.entry_bytes
        disk += _at(n_voxels, probe, "n_voxels", "structure_bytes") / resolved.corpus.thickness_draws
    share, starts = rough.n_volumes / len(shapes), 2 if rough.workers > 1 else 1  # first the parent, then its workers
    parent = max(probe.idle_bytes for probe in probes.values()) if rough.workers > 1 else 0
    return replace(
        rough,
        memory_bytes=int(memory) * rough.workers + parent if memory else rough.memory_bytes,
        disk_bytes=int(disk * share + max(probe.text_bytes for probe in probes.values())),
        seconds=max(probe.start_seconds * starts + probe.fixed_seconds for probe in probes.values()) + seconds * share / min(rough.workers, n_cpus()),
        measured=True,
    )


def _at(size: int, probe: Probe, measure: str, need: str) -> float:
    """Return a need at some size, on the line through both pieces; what is noise does not make it fall."""
    small, large = (getattr(piece, measure) for piece in probe.pieces)
    low, high = (getattr(piece, need) for piece in probe.pieces)
    slope = max(0.0, (high - low) / (large - small)) if large > small else 0.0
    return float(max(0.0, high + slope * (size - large)))

"""Build a corpus: the same recipe gives the same bytes, however often the build is killed and on however many processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from synthfib.catalogue import CorpusRecipe
from synthfib.corpus.checksums import SUMS, sums_text
from synthfib.corpus.description import description
from synthfib.corpus.folder import State, abandon, claim, inspect, release
from synthfib.corpus.manifest import Manifest, read_manifest
from synthfib.corpus.part import Part, make_manifest, make_part
from synthfib.corpus.plan import check_fits, plan_resolved
from synthfib.corpus.recipe import ResolvedRecipe, resolve
from synthfib.corpus.tables import write_volumes
from synthfib.corpus.volume import make_stack, make_structure
from synthfib.corpus.workers import run
from synthfib.data.atomic import write_bytes, write_text
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, ResourceError, SynthfibError

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What `build_corpus` did.

    Parameters
    ----------
    path : Path
        Folder of the corpus.
    manifest : Manifest
        What it holds.
    n_built : int
        Volumes made by this call; the others were there.
    """

    path: Path
    manifest: Manifest
    n_built: int


def build_volume(recipe: CorpusRecipe, index: int) -> ImageStack:
    """Return one volume of a corpus, training volumes first, then validation, then test.

    Raises
    ------
    InputError
        If the recipe names something unknown, or there is no such volume.
    """
    resolved = resolve(recipe)
    if not 0 <= index < len(resolved.places):
        raise InputError(f"The corpus {recipe.name!r} has volumes 0 to {len(resolved.places) - 1}, got {index}.")
    place = resolved.places[index]
    return make_stack(resolved, place, make_structure(resolved, place))


def build_corpus(recipe: CorpusRecipe, out: Path, *, workers: int = 1, on_progress: Progress | None = None) -> BuildReport:
    """Build a corpus in the folder `out`; call it again after it was killed and it goes on.

    Parameters
    ----------
    recipe : CorpusRecipe
        What to build.
    out : Path
        A new or empty folder, or one in which this recipe was being built.
    workers : int
        Number of processes.
    on_progress : callable, optional
        Told how many volumes are there, and how many there will be.

    Raises
    ------
    InputError
        If the recipe names something unknown, or `out` holds anything else.
    ResourceError
        If the build would not fit in memory or on disk, or ran out of either.
    """
    if workers < 1:
        raise InputError(f"A build needs at least one worker, got {workers}.")
    resolved = resolve(recipe)
    state = inspect(out, resolved.digest)
    if state is State.FINISHED:
        return BuildReport(out, read_manifest(out), 0)
    check_fits(plan_resolved(resolved, workers=workers), out)
    was_there = out.exists()
    with claim(out, resolved.digest):
        try:
            return _build(resolved, out, workers, on_progress or (lambda done, total: None))
        except SynthfibError:
            abandon(out, keep_folder=was_there)
            raise
        except OSError as error:
            raise ResourceError(f"{out} cannot be written ({error.strerror or error}); make room and start the same build again.") from error


def _build(resolved: ResolvedRecipe, out: Path, workers: int, on_progress: Progress) -> BuildReport:
    parts: dict[str, Part] = {}
    n_built = 0
    on_progress(0, len(resolved.places))
    for part, built in run(partial(make_part, resolved, out), resolved.places, workers=workers):
        parts[part.volume.name] = part
        n_built += built
        on_progress(len(parts), len(resolved.places))
    ordered = [parts[place.name] for place in resolved.places]
    manifest = make_manifest(resolved, ordered, write_volumes(resolved, [part.volume for part in ordered], out))
    _describe(resolved, manifest, out)
    release(out)
    return BuildReport(out, manifest, n_built)


def _describe(resolved: ResolvedRecipe, manifest: Manifest, out: Path) -> None:
    """Write every file beside the data, and the checksum of every file."""
    files = description(resolved, manifest, out)
    for name, content in files.items():
        (out / name).parent.mkdir(exist_ok=True)
        write_bytes(out / name, content)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    write_text(out / SUMS, sums_text(sums | {entry.file: entry.sha256 for entry in manifest.files}))

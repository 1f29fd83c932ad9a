"""One part of a build: the files that belong to one volume, a pure function of the recipe and its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synthfib._version import __version__
from synthfib.corpus.manifest import (
    FileEntry,
    Manifest,
    StructureEntry,
    TableEntry,
    VolumeEntry,
    content_digest,
    describe_structure,
    describe_volume,
    slices_file,
    structure_file,
    volume_file,
)
from synthfib.corpus.recipe import Place, ResolvedRecipe
from synthfib.corpus.sealed import published
from synthfib.corpus.tables import describe_slices, write_slices
from synthfib.corpus.volume import make_stack, make_structure
from synthfib.data.readers import read_stack
from synthfib.data.stack import ImageStack
from synthfib.data.writers import write_stack, write_volume
from synthfib.errors import InputError


@dataclass(frozen=True, slots=True)
class Part:
    """What one step of a build left on disk.

    Parameters
    ----------
    volume : VolumeEntry
        The volume.
    structure : StructureEntry, optional
        The structure that it was cut from, if structures are kept and this is the first volume of it.
    slices : TableEntry
        The table of its slices.
    """

    volume: VolumeEntry
    structure: StructureEntry | None
    slices: TableEntry

    @property
    def files(self) -> tuple[FileEntry, ...]:
        """Every file of the part, the volume first."""
        return (self.volume, *(() if self.structure is None else (self.structure,)), self.slices)


def files_of(resolved: ResolvedRecipe, place: Place) -> tuple[str, ...]:
    """Return the paths of the files of a part below its corpus, the volume first."""
    structure = (structure_file(place),) if _keeps_structure(resolved, place) else ()
    return (volume_file(place), *structure, slices_file(resolved, place))


def describe_part(resolved: ResolvedRecipe, place: Place, out: Path) -> Part:
    """Return what the files of a part hold, read back from disk.

    Raises
    ------
    InputError
        If one is missing or damaged.
    """
    structure = describe_structure(resolved, place, out) if _keeps_structure(resolved, place) else None
    return Part(describe_volume(resolved, place, out), structure, describe_slices(resolved, place, out))


def make_part(resolved: ResolvedRecipe, out: Path, place: Place) -> tuple[Part, bool]:
    """Make the files of one part unless they are there; return what they hold, and whether they were made."""
    try:
        return describe_part(resolved, place, out), False
    except InputError:  # absent, or damaged since
        write_slices(resolved, place, _stack(resolved, out, place), out)
    return describe_part(resolved, place, out), True


def _stack(resolved: ResolvedRecipe, out: Path, place: Place) -> ImageStack:
    """Return the volume of a part, made and written unless its files are there."""
    try:
        if _keeps_structure(resolved, place):
            describe_structure(resolved, place, out)
        return read_stack(out / volume_file(place))
    except InputError:
        structure = make_structure(resolved, place)
        if _keeps_structure(resolved, place):
            write_volume(out / structure_file(place), structure)
        stack = make_stack(resolved, place, structure)
        if resolved.seals(place):
            stack = published(resolved, place, stack, structure)
        write_stack(out / volume_file(place), stack)
        return stack


def make_manifest(resolved: ResolvedRecipe, parts: Sequence[Part], tables: Sequence[TableEntry]) -> Manifest:
    """Return the manifest of a finished corpus, given its parts in order and the tables of its volumes."""
    volumes = tuple(part.volume for part in parts)
    structures = tuple(part.structure for part in parts if part.structure is not None)
    return Manifest(
        name=resolved.corpus.name,
        version=resolved.corpus.version,
        synthfib=__version__,
        recipe_digest=resolved.digest,
        content_digest=content_digest(volumes, structures),
        volumes=volumes,
        structures=structures,
        tables=(*(part.slices for part in parts), *tables),
    )


def _keeps_structure(resolved: ResolvedRecipe, place: Place) -> bool:
    """Whether this part is the one that writes its structure."""
    return "structures" in resolved.corpus.keep and not resolved.seals(place) and place == resolved.siblings(place)[0]

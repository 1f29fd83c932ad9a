"""Semantic versions of corpora: which number has to grow after a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from synthfib.corpus.manifest import Manifest, StructureEntry, VolumeEntry
from synthfib.errors import InputError

Kind = Literal["patch", "minor", "major"]
_KINDS: tuple[Kind, ...] = ("major", "minor", "patch")


@dataclass(frozen=True, slots=True)
class Bump:
    """How a version has to grow.

    Parameters
    ----------
    kind : str
        ``"patch"``, ``"minor"`` or ``"major"``.
    reason : str
        One sentence.
    """

    kind: Kind
    reason: str

    def apply(self, version: str) -> str:
        """Return the version that comes after `version`, x.y.z."""
        numbers = [int(number) for number in version.split(".")]
        place = _KINDS.index(self.kind)
        return ".".join(map(str, [*numbers[:place], numbers[place] + 1, *[0] * (2 - place)]))


def required_bump(old: Manifest, new: Manifest) -> Bump:
    """Return how the version of a corpus has to grow from one build to another.

    Major: any value that was published has changed or gone, or a split has grown, so that results no longer compare. Minor: something is there
    that was not, beside what was. Patch: words only. Arrays count, not how they are compressed, nor what files say about who wrote them; the
    values in tables follow from the volumes, so that tables count by their rows.

    Raises
    ------
    InputError
        If these are two different corpora.
    """
    if old.name != new.name:
        raise InputError(f"Two builds of one corpus are required, got {old.name!r} and {new.name!r}.")
    if reason := _changed_volumes(old.volumes, new.volumes):
        return Bump("major", reason)
    if reason := _changed_structures(old.structures, new.structures):
        return Bump("major", reason)
    if reason := _changed_tables(old, new):
        return Bump("major", reason)
    configs = sorted({table.config for table in new.tables} - {table.config for table in old.tables})
    if configs:
        return Bump("minor", f"The tables {' and '.join(configs)} are new, everything else is as it was.")
    if len(new.structures) > len(old.structures):
        return Bump("minor", "Structures are kept that were not, everything else is as it was.")
    return Bump("patch", "No value differs: only words can have changed.")


def check_version(old: Manifest, new: Manifest) -> None:
    """Refuse a build whose version has not grown as it must.

    Raises
    ------
    InputError
        If the version is too low; the message says why and which one is due.
    """
    bump = required_bump(old, new)
    due = bump.apply(old.version)
    if _numbers(new.version) < _numbers(due):
        raise InputError(f"{bump.reason} After {old.name} {old.version} version {due} or higher is required, got {new.version}.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _changed_volumes(old: Sequence[VolumeEntry], new: Sequence[VolumeEntry]) -> str | None:
    gone = {volume.name for volume in old} - {volume.name for volume in new}
    if gone:
        return f"The volume {min(gone)} is gone."
    before = {volume.name: volume for volume in old}
    for volume in new:
        if volume.name not in before:
            return f"The volume {volume.name} is new, so that the split {volume.split} is another one."
        if changed := _changed_arrays(before[volume.name].content_sha256, volume.content_sha256):
            return f"In the volume {volume.name} {changed}."
        if before[volume.name].withheld_sha256 != volume.withheld_sha256:
            return f"The sealed truth of the volume {volume.name} is another one."
    return None


def _changed_structures(old: Sequence[StructureEntry], new: Sequence[StructureEntry]) -> str | None:
    after = {structure.name: structure for structure in new}
    for structure in old:
        if structure.name not in after:
            return f"The structure {structure.name} is gone."
        if structure.content_sha256 != after[structure.name].content_sha256:
            return f"The structure {structure.name} has changed."
    return None


def _changed_arrays(old: dict[str, str], new: dict[str, str]) -> str | None:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            return f"the array {name} is {'gone' if name not in new else 'new' if name not in old else 'another one'}"
    return None


def _changed_tables(old: Manifest, new: Manifest) -> str | None:
    after = {table.file: table for table in new.tables}
    for table in old.tables:
        if table.file not in after:
            return f"The table {table.file} is gone."
        if table.rows != after[table.file].rows:
            return f"The table {table.file} has another number of rows."
    return None

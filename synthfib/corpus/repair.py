"""Make the damaged and missing files of a corpus again, and prove that they are what they were.

Two files say what a corpus was: SHA256SUMS and manifest.json. A file counts as intact, or as repaired, only if its digest is the one that
either of them has; of these two, one may be damaged, and is then made again from the other.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from synthfib._version import __version__
from synthfib.catalogue.yaml_loading import MAX_BYTES
from synthfib.corpus.checksums import SUMS, sums_text
from synthfib.corpus.contained import contained
from synthfib.corpus.description import description
from synthfib.corpus.lock import BusyError, locked
from synthfib.corpus.manifest import FOLDERS, MANIFEST, VOLUMES, Manifest, TableEntry, file_sha256, read_manifest, volumes_file
from synthfib.corpus.part import describe_part, files_of, make_manifest, make_part
from synthfib.corpus.recipe import SPLITS, Place, ResolvedRecipe
from synthfib.corpus.recovery import is_recipe, trusted_recipe, unflipped
from synthfib.corpus.secret import Secret
from synthfib.corpus.tables import write_volumes
from synthfib.corpus.verify import check_finished, one_line, read_sums
from synthfib.data.atomic import write_bytes
from synthfib.data.untrusted import read_bounded
from synthfib.errors import InputError, SynthfibError

WORKSHOP = ".synthfib-repair"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What `repair_corpus` did.

    Parameters
    ----------
    repaired : tuple of str
        Files that are again what they were.
    problems : tuple of str
        One line for everything that could not be repaired.
    """

    repaired: tuple[str, ...]
    problems: tuple[str, ...]


def repair_corpus(path: Path, *, secret: Secret | None = None, on_progress: Progress | None = None) -> RepairReport:
    """Make what is damaged or missing in the corpus in `path` again, and touch nothing else.

    Parameters
    ----------
    path : Path
        Folder of the corpus.
    secret : Secret, optional
        What a sealed test split follows from; without it that split cannot be repaired.
    on_progress : callable, optional
        Told how many volumes were looked at, and how many there are.

    Raises
    ------
    InputError
        If the folder holds no corpus or an unfinished one, another process is repairing it, or nothing in it can be trusted.
    """
    check_finished(path)
    sums = read_sums(path)
    try:
        manifest = read_manifest(path)
    except (InputError, OSError):
        manifest = None
    if not sums.digests and manifest is None:
        raise InputError(f"{SUMS} and {MANIFEST} of {path} are both damaged, so nothing says what the corpus was; build or copy it again.")
    with _workshop(path) as workshop:
        mended = _mend_recipes(path, sums.digests)
        resolved = trusted_recipe(path, sums.digests, manifest, secret)
        repair = _Repair(path, workshop, resolved, sums.digests, bool(sums.problems), manifest)
        repair.run(on_progress or (lambda done, total: None))
    return RepairReport((*mended, *repair.repaired), tuple(repair.problems))


def _mend_recipes(path: Path, sums: dict[str, str]) -> tuple[str, ...]:
    """Turn back single bits of recipes, from which all else follows; return which ones."""
    mended = []
    for name in filter(is_recipe, sums):
        try:
            content = read_bounded(contained(path, name), MAX_BYTES)
        except (InputError, OSError):
            continue
        if _sha256(content) != sums[name] and (original := unflipped(content, sums[name])) is not None:
            write_bytes(path / name, original)
            mended.append(name)
    return tuple(mended)


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """Yield an empty folder in the corpus, which no other repair uses and which is gone afterwards."""
    workshop = path / WORKSHOP
    workshop.mkdir(exist_ok=True)
    (workshop / "lock").touch()
    try:
        with locked(workshop / "lock") as held:
            if not held:
                raise BusyError("taken")
            try:
                for name in FOLDERS:  # a killed repair may have left something there
                    _clear(workshop / name)
                for name in FOLDERS:
                    (workshop / name).mkdir(exist_ok=True)
                yield workshop
            finally:
                shutil.rmtree(workshop)
    except BusyError as error:
        raise InputError(f"Another process is repairing {path}; wait for it.") from error


def _clear(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Repair:
    """A corpus that is being repaired: where it is, what was recorded of it, and what was done."""

    path: Path
    workshop: Path
    resolved: ResolvedRecipe
    sums: dict[str, str]
    sums_damaged: bool
    manifest: Manifest | None
    repaired: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self, on_progress: Progress) -> None:
        for done, place in enumerate(self.resolved.places):
            on_progress(done, len(self.resolved.places))
            self._part(place)
        on_progress(len(self.resolved.places), len(self.resolved.places))
        if self.problems:  # texts say what the data are
            return
        tables = self._tables()
        manifest = self._proven_manifest(tables)
        if manifest is not None:
            self._texts(manifest)

    def _claims(self, name: str) -> set[str]:
        """Return the digests that were recorded for a file; more than one if a record is damaged."""
        recorded = {entry.file: entry.sha256 for entry in self.manifest.files} if self.manifest else {}
        return {claims[name] for claims in (self.sums, recorded) if name in claims}

    def _digest(self, name: str) -> str | None:
        try:
            return file_sha256(contained(self.path, name))
        except (InputError, OSError):
            return None

    def _part(self, place: Place) -> None:
        """Make what is damaged of one volume again, from what is intact of it if that is enough."""
        files = files_of(self.resolved, place)
        damaged = [name for name in files if self._digest(name) not in self._claims(name)]
        if not damaged:
            return
        intact = [name for name in files if name not in damaged]
        try:
            for name in intact:
                shutil.copyfile(self.path / name, self.workshop / name)
            make_part(self.resolved, self.workshop, place)
            for name in damaged:
                self._put(name, self._claims(name))
        except (SynthfibError, OSError) as error:
            self.problems.append(f"{damaged[0]}: {one_line(error)}")
        finally:
            for name in files:
                (self.workshop / name).unlink(missing_ok=True)

    def _put(self, name: str, claims: set[str]) -> None:
        """Move a file out of the workshop to its place, if it is proven to be what was there."""
        if file_sha256(self.workshop / name) not in claims:
            self._unproven(name, bool(claims))
            return
        self._make_room(name)
        (self.workshop / name).replace(self.path / name)
        self.repaired.append(name)

    def _make_room(self, name: str) -> None:
        """Make the folder of a file, and refuse to write where a link leads elsewhere."""
        for folder in reversed((self.path / name).relative_to(self.path).parents[:-1]):
            where = self.path / folder
            if where.is_symlink():
                raise InputError(f"{where} is a link, which a corpus never holds; delete it and repair again.")
            where.mkdir(exist_ok=True)

    def _unproven(self, name: str, recorded: bool) -> None:
        made_by = self.manifest.synthfib if self.manifest else __version__
        reason = "nothing intact says what it was"
        if recorded and made_by != __version__:
            reason = f"synthfib {__version__} makes other bytes than synthfib {made_by}, which made the corpus; repair it with that version"
        elif recorded:
            reason = "the bytes made now are not those recorded"
            if self._same_content(name):
                reason += ", though what they hold is the same: the libraries that pack them have other versions here"
        self.problems.append(f"{name}: cannot be repaired, {reason}.")

    def _same_content(self, name: str) -> bool:
        """Whether the volume in the workshop holds what the manifest says, however it is packed."""
        said = next((volume for volume in self.manifest.volumes if volume.file == name), None) if self.manifest else None
        if said is None:
            return False
        place = next(place for place in self.resolved.places if place.name == said.name)
        return describe_part(self.resolved, place, self.workshop).volume.content_sha256 == said.content_sha256

    def _tables(self) -> tuple[TableEntry, ...]:
        """Make the tables of volumes again where they are damaged; return the entries of all if the manifest cannot be trusted for them."""
        names = [volumes_file(split) for split in SPLITS if any(place.split == split for place in self.resolved.places)]
        damaged = [name for name in names if self._digest(name) not in self._claims(name)]
        if not damaged and self._manifest_is_trusted():
            return ()
        (self.workshop / VOLUMES).rmdir()
        (self.workshop / VOLUMES).symlink_to((self.path / VOLUMES).absolute(), target_is_directory=True)
        volumes = [describe_part(self.resolved, place, self.path).volume for place in self.resolved.places]
        entries = write_volumes(self.resolved, volumes, self.workshop)
        (self.workshop / VOLUMES).unlink()
        for name in damaged:
            self._put(name, self._claims(name))
        return entries

    def _manifest_is_trusted(self) -> bool:
        return self.manifest is not None and self._digest(MANIFEST) == self.sums.get(MANIFEST)

    def _proven_manifest(self, tables: tuple[TableEntry, ...]) -> Manifest | None:
        """Return the manifest: as it is if its checksum says so, else as the data say, which must agree with one or the other."""
        if self.problems or self._manifest_is_trusted():
            return self.manifest
        parts = [describe_part(self.resolved, place, self.path) for place in self.resolved.places]
        made = make_manifest(self.resolved, parts, tables)
        if self.manifest is not None:
            named = made.model_copy(update={"synthfib": self.manifest.synthfib})
            if named == self.manifest and self._digest(MANIFEST) == _sha256(named.to_text().encode()):
                return named
        if _sha256(made.to_text().encode()) != self.sums.get(MANIFEST):
            self._unproven(MANIFEST, MANIFEST in self.sums)
            return None
        self._write(MANIFEST, made.to_text().encode())
        return made

    def _texts(self, manifest: Manifest) -> None:
        """Make texts again that are damaged, and the checksums last."""
        data = {entry.file: entry.sha256 for entry in manifest.files}
        others = {name: digest for name, digest in self.sums.items() if name not in data}
        if self.sums_damaged or any(self._digest(name) != digest for name, digest in others.items()) or not data.items() <= self.sums.items():
            made = description(self.resolved, manifest, self.path)
            # A name that stands for nothing is a damaged line, unless another version wrote files that this one does not know.
            strange = {name for name in others if name not in made and self._digest(name) is None and manifest.synthfib == __version__}
            names = sorted({*others, *(made if self.sums_damaged or strange else ())} - strange)
            digests = data | {name: digest for name in names if (digest := self._text(name, made.get(name))) is not None}
            self._sums(digests)

    def _text(self, name: str, made: bytes | None) -> str | None:
        """Repair one text; return its digest."""
        digest, recorded, own = self._digest(name), self.sums.get(name), None if made is None else _sha256(made)
        if digest is not None and digest in (recorded, own):
            return digest
        if made is None or own is None or (recorded is not None and own != recorded):
            self._unproven(name, recorded is not None)
            return None
        self._write(name, made)
        return own

    def _sums(self, digests: dict[str, str]) -> None:
        text = sums_text(digests).encode()
        if not self.problems and _sha256(text) != self._digest(SUMS):
            self._write(SUMS, text)

    def _write(self, name: str, content: bytes) -> None:
        self._make_room(name)
        if (self.path / name).is_dir() and not (self.path / name).is_symlink():
            raise InputError(f"{self.path / name} is a folder where a file should be; delete it and repair again.")
        write_bytes(self.path / name, content)
        self.repaired.append(name)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""Find whatever is wrong with a corpus on disk, trusting nothing in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthfib._version import __version__
from synthfib.corpus.checksums import SUMS, files_below, parse_sums
from synthfib.corpus.contained import contained
from synthfib.corpus.folder import MARKER
from synthfib.corpus.manifest import MANIFEST, Manifest, content_digest, describe_volume, file_sha256, read_manifest
from synthfib.corpus.own_recipe import own_recipe
from synthfib.corpus.part import describe_part, files_of
from synthfib.corpus.recipe import Place, ResolvedRecipe, resolve
from synthfib.data.untrusted import read_bounded
from synthfib.errors import InputError, SynthfibError

_MOST_BYTES = 100_000_000  # of the checksums; a file takes about 100


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `verify_corpus` found.

    Parameters
    ----------
    problems : tuple of str
        One line per problem; empty for an intact corpus.
    n_files : int
        How many files were checked.
    """

    problems: tuple[str, ...]
    n_files: int


def verify_corpus(path: Path) -> VerifyReport:
    """Check every byte of the corpus in `path` against SHA256SUMS, and its content against manifest and recipe.

    Raises
    ------
    InputError
        If the folder holds no corpus, or an unfinished one.
    """
    check_finished(path)
    found = frozenset(files_below(path))
    sums = read_sums(path)
    problems = list(sums.problems)
    if sums.readable:
        problems += _against_sums(path, sums.digests, found)
    else:
        sums = Sums({name: file_sha256(contained(path, name)) for name in found if _is_plain(path, name)}, (), False)
    damaged = {problem.partition(":")[0] for problem in problems}
    return VerifyReport((*problems, *_against_recipe(path, sums.digests, damaged)), len(found))


def check_finished(path: Path) -> None:
    """Refuse a folder that holds no corpus, or an unfinished one.

    Raises
    ------
    InputError
        If it does.
    """
    if not path.is_dir() or not ((path / SUMS).is_file() or (path / MANIFEST).is_file() or (path / MARKER).is_file()):
        raise InputError(f"{path} is not a corpus; give a folder that synthfib build has finished.")
    if (path / MARKER).is_file():
        raise InputError(f"The corpus in {path} is unfinished; run the same synthfib build again to finish it.")


@dataclass(frozen=True, slots=True)
class Sums:
    """Digests by path as SHA256SUMS has them, what is wrong with it, and whether it could be read at all."""

    digests: dict[str, str]
    problems: tuple[str, ...]
    readable: bool


def read_sums(path: Path) -> Sums:
    """Return what SHA256SUMS of the corpus in `path` says."""
    try:
        digests, bad = parse_sums(read_bounded(path / SUMS, _MOST_BYTES).decode("ascii"))
    except (OSError, UnicodeDecodeError, InputError):
        return Sums({}, (f"{SUMS}: cannot be read as text.",), False)
    return Sums(digests, tuple(f"{SUMS}: line {number} is not a checksum line in its place." for number in bad), True)


def _is_plain(path: Path, name: str) -> bool:
    try:
        contained(path, name)
    except InputError:
        return False
    return True


def _against_sums(path: Path, sums: dict[str, str], found: frozenset[str]) -> list[str]:
    problems = [f"{name}: missing." for name in sorted(sums.keys() - found)]
    problems += [f"{name if name.isprintable() else repr(name)}: extra, not in {SUMS}." for name in sorted(found - sums.keys())]
    return problems + [problem for name in sorted(found & sums.keys()) if (problem := _changed(path, name, sums[name]))]


def _changed(path: Path, name: str, expected: str) -> str | None:
    if not _is_plain(path, name):
        return f"{name}: not a plain file."
    try:
        return None if file_sha256(path / name) == expected else f"{name}: its bytes have changed."
    except OSError as error:
        return f"{name}: cannot be read ({error.strerror})."


def _against_recipe(path: Path, sums: dict[str, str], damaged: set[str]) -> list[str]:
    try:
        manifest = read_manifest(path)
        resolved = resolve(own_recipe(path))
    except (SynthfibError, OSError) as error:
        return [f"{MANIFEST} or recipe.yaml: {one_line(error)}"]
    problems = []
    if manifest.recipe_digest != resolved.digest:
        problems.append(f"{MANIFEST}: its recipe digest is not that of recipe.yaml.")
    if (manifest.name, manifest.version) != (resolved.corpus.name, resolved.corpus.version):
        problems.append(f"{MANIFEST}: name and version are not those of recipe.yaml.")
    if [volume.name for volume in manifest.volumes] != [place.name for place in resolved.places]:
        problems.append(f"{MANIFEST}: its volumes are not those of recipe.yaml.")
    if manifest.content_digest != content_digest(manifest.volumes, manifest.structures):
        problems.append(f"{MANIFEST}: its content digest is not that of its content.")
    problems += [f"{v.file}: {SUMS} and {MANIFEST} disagree." for v in manifest.files if sums.get(v.file) != v.sha256]
    return problems or [problem for place in resolved.places if (problem := _content(path, resolved, place, manifest, sums, damaged))]


def _content(path: Path, resolved: ResolvedRecipe, place: Place, manifest: Manifest, sums: dict[str, str], damaged: set[str]) -> str | None:
    """Read a volume and what belongs to it, unless it is known to be damaged; return what is wrong with the content."""
    files = files_of(resolved, place)
    if damaged.intersection(files) or not sums.keys() >= set(files):
        return None
    try:
        # Tables of another version may have other columns.
        same = manifest.synthfib == __version__
        entries = describe_part(resolved, place, path).files if same else (describe_volume(resolved, place, path),)
        held = {entry.file: entry for entry in entries}
    except (SynthfibError, OSError) as error:
        return f"{files[0]}: {one_line(error)}"
    said = {entry.file: entry for entry in manifest.files if entry.file in held}
    other = sorted(name for name, entry in held.items() if said.get(name) != entry)
    return f"{other[0]}: what it holds is not what {MANIFEST} says." if other else None


def one_line(error: Exception) -> str:
    """Return the message of an error without line breaks."""
    return " ".join(str(error).split())

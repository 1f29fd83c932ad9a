"""Find whatever is wrong with a corpus on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthfib.catalogue import load_corpus
from synthfib.corpus.checksums import SUMS, files_below, parse_sums
from synthfib.corpus.folder import MARKER
from synthfib.corpus.manifest import MANIFEST, content_digest, file_sha256, read_manifest
from synthfib.corpus.recipe import resolve
from synthfib.errors import InputError, SynthfibError


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
    """Check every byte of the corpus in `path` against SHA256SUMS, the manifest and the recipe.

    Raises
    ------
    InputError
        If the folder holds no corpus, or an unfinished one.
    """
    if not path.is_dir() or not ((path / SUMS).is_file() or (path / MANIFEST).is_file() or (path / MARKER).is_file()):
        raise InputError(f"{path} is not a corpus; give a folder that synthfib build has finished.")
    if (path / MARKER).is_file():
        raise InputError(f"The corpus in {path} is unfinished; run the same synthfib build again to finish it.")
    found = frozenset(files_below(path))
    try:
        sums, bad = parse_sums((path / SUMS).read_bytes().decode("ascii"))
    except (OSError, UnicodeDecodeError):
        sums = {name: file_sha256(path / name) for name in found if (path / name).is_file()}
        problems = [f"{SUMS}: cannot be read as text."]
    else:
        problems = [f"{SUMS}: line {number} is not a checksum line in its place." for number in bad]
        problems += _against_sums(path, sums, found)
    return VerifyReport((*problems, *_against_recipe(path, sums)), len(found))


def _against_sums(path: Path, sums: dict[str, str], found: frozenset[str]) -> list[str]:
    problems = [f"{name}: missing." for name in sorted(sums.keys() - found)]
    problems += [f"{name if name.isprintable() else repr(name)}: extra, not in {SUMS}." for name in sorted(found - sums.keys())]
    return problems + [problem for name in sorted(found & sums.keys()) if (problem := _changed(path, name, sums[name]))]


def _changed(path: Path, name: str, expected: str) -> str | None:
    file = path / name
    if file.is_symlink() or not file.is_file():
        return f"{name}: not a plain file."
    try:
        return None if file_sha256(file) == expected else f"{name}: its bytes have changed."
    except OSError as error:
        return f"{name}: cannot be read ({error.strerror})."


def _against_recipe(path: Path, sums: dict[str, str]) -> list[str]:
    try:
        manifest = read_manifest(path)
        resolved = resolve(load_corpus(path / "recipe.yaml"))
    except SynthfibError as error:
        return [f"{MANIFEST} or recipe.yaml: {' '.join(str(error).split())}"]
    problems = []
    if manifest.recipe_digest != resolved.digest:
        problems.append(f"{MANIFEST}: its recipe digest is not that of recipe.yaml.")
    if (manifest.name, manifest.version) != (resolved.corpus.name, resolved.corpus.version):
        problems.append(f"{MANIFEST}: name and version are not those of recipe.yaml.")
    if [volume.name for volume in manifest.volumes] != [place.name for place in resolved.places]:
        problems.append(f"{MANIFEST}: its volumes are not those of recipe.yaml.")
    if manifest.content_digest != content_digest(manifest.volumes, manifest.structures):
        problems.append(f"{MANIFEST}: its content digest is not that of its content.")
    return problems + [f"{v.file}: {SUMS} and {MANIFEST} disagree." for v in manifest.files if sums.get(v.file) != v.sha256]

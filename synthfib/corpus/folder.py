"""The folder of a build: whose it is, and what a killed build left in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

from synthfib._version import __version__
from synthfib.corpus.manifest import FOLDERS, MANIFEST, read_manifest
from synthfib.data.atomic import TEMPORARY_PREFIX, write_text
from synthfib.errors import InputError

MARKER = ".synthfib-build.json"
# All that is left of a build that was killed before its first act.
_DRAFT_OF_MARKER = f"{TEMPORARY_PREFIX}????????.json"


class State(Enum):
    """What a folder is to a build."""

    EMPTY = "empty"
    UNFINISHED = "unfinished"
    FINISHED = "finished"


def inspect(out: Path, digest: str) -> State:
    """Say what `out` is to the build of the recipe with this digest, without touching it.

    Raises
    ------
    InputError
        If it holds anything else than this build.
    """
    if not out.exists() and not out.is_symlink():
        return State.EMPTY
    if not out.is_dir():
        raise InputError(f"{out} must be a folder, a file is there; choose another place.")
    if (out / MARKER).exists():
        if _read_marker(out) != _marker(digest):
            raise InputError(f"{out} holds an unfinished build of another recipe or version of synthfib; choose another folder, or delete this one.")
        return State.UNFINISHED
    if all(entry.match(_DRAFT_OF_MARKER) for entry in out.iterdir()):
        return State.EMPTY
    if not (out / MANIFEST).is_file():
        raise InputError(f"{out} holds something that is not this corpus; choose a new or empty folder.")
    return _finished(out, digest)


def _finished(out: Path, digest: str) -> State:
    manifest = read_manifest(out)
    if (manifest.recipe_digest, manifest.synthfib) != (digest, __version__):
        raise InputError(f"{out} holds a corpus of another recipe or version of synthfib; choose a new or empty folder.")
    for entry in manifest.files:
        file = out / entry.file
        if not file.is_file() or file.stat().st_size != entry.bytes:
            raise InputError(f"{out} holds this corpus, but {entry.file} is missing or damaged; delete the folder and build again.")
    return State.FINISHED


@contextmanager
def claim(out: Path, digest: str) -> Iterator[None]:
    """Make `out` the folder of this build: create, lock and mark it, and sweep what a killed build left behind.

    Raises
    ------
    InputError
        If another process is building there, or the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} cannot be created ({error.strerror}); choose another folder.") from error
    with _lock(out):
        _sweep(out)
        write_text(out / MARKER, _marker(digest))
        for name in FOLDERS:
            (out / name).mkdir(exist_ok=True)
        yield


def release(out: Path) -> None:
    """Take the mark off a finished corpus, once everything else is on disk."""
    _sweep(out)
    for name in reversed(FOLDERS):
        with suppress(OSError):  # what the recipe does not keep
            (out / name).rmdir()
        if (out / name).is_dir():
            _sync(out / name)
    _sync(out)
    (out / MARKER).unlink()
    _sync(out)


def abandon(out: Path, *, keep_folder: bool) -> None:
    """Take back a claim on a folder that holds nothing but the mark."""
    _sweep(out)
    if {path.relative_to(out).as_posix() for path in out.rglob("*")} == {*FOLDERS, MARKER}:
        for name in reversed(FOLDERS):
            (out / name).rmdir()
        (out / MARKER).unlink()
        if not keep_folder:
            out.rmdir()


def _sweep(out: Path) -> None:
    for draft in out.rglob(f"{TEMPORARY_PREFIX}*"):
        draft.unlink(missing_ok=True)


def _marker(digest: str) -> str:
    return json.dumps({"recipe_digest": digest, "synthfib": __version__}, indent=2) + "\n"


def _read_marker(out: Path) -> str | None:
    try:
        return (out / MARKER).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


@contextmanager
def _lock(out: Path) -> Iterator[None]:
    """Hold an advisory lock on the folder where the system has them; it ends with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    handle = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"Another process is building in {out}; wait for it or choose another folder.") from error
        yield
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

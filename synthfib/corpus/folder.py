"""The folder of a build: whose it is, and what a killed build left in it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from enum import Enum
from pathlib import Path

from synthfib._version import __version__
from synthfib.corpus.lock import BusyError, locked
from synthfib.corpus.manifest import FOLDERS, MANIFEST, read_manifest
from synthfib.data.atomic import TEMPORARY_PREFIX, write_text
from synthfib.errors import InputError

MARKER = ".synthfib-build.json"
# All that is left of a build that was killed before its first act.
_DRAFT_OF_MARKER = f"{TEMPORARY_PREFIX}????????.json"
# How long one of several builders waits for another that finishes the corpus.
_SECONDS_FOR_A_FINISH = 20.0


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
def claim(out: Path, digest: str, *, shared: bool = False, certain: bool = False) -> Iterator[State]:
    """Make `out` the folder of this build: create, mark and lock it, and sweep what a killed build left behind.

    Yields what the folder is by then: others may have finished the corpus in the meantime.

    Parameters
    ----------
    out : Path
        The folder.
    digest : str
        Digest of the recipe.
    shared : bool
        Whether others may hold such a shared claim at the same time; then nothing is swept, for it may be theirs.
    certain : bool
        Whether to give up where the system cannot lock.

    Raises
    ------
    BusyError
        If another process is building there.
    InputError
        If the folder cannot be written, or holds something else.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} cannot be created ({error.strerror}); choose another folder.") from error
    with ExitStack() as held:
        while (state := inspect(out, digest)) is not State.FINISHED:
            _mark(out, digest)
            if held.enter_context(_locked(out, shared, certain)):
                if not shared:
                    _sweep(out)
                for name in FOLDERS:
                    (out / name).mkdir(exist_ok=True)
                break
        yield state


@contextmanager
def _locked(out: Path, shared: bool, certain: bool) -> Iterator[bool]:
    """Lock the mark; False if it was taken off before that."""
    patience_s = _SECONDS_FOR_A_FINISH if shared else 0.0
    with ExitStack() as held:
        try:
            still_there = held.enter_context(locked(out / MARKER, shared=shared, patience_s=patience_s, certain=certain))
        except BusyError as error:
            raise BusyError(f"Another process is building in {out}; wait for it or choose another folder.") from error
        yield still_there


def _mark(out: Path, digest: str) -> None:
    """Write the mark unless it is there; of several processes that try, one succeeds, and none sees half a mark."""
    if (out / MARKER).exists():
        return
    draft = out / _DRAFT_OF_MARKER.replace("????????", secrets.token_hex(4))
    try:
        write_text(draft, _marker(digest))
        try:
            (out / MARKER).hardlink_to(draft)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            draft.replace(out / MARKER)
    finally:
        draft.unlink(missing_ok=True)


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


def _sync(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

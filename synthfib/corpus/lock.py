"""An advisory lock on a file, held alone or shared; it ends with the process, however that ends."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synthfib.errors import InputError

_CANNOT = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
_SECONDS_BETWEEN_TRIES = 0.1


class BusyError(InputError):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path, *, shared: bool = False, patience_s: float = 0.0, certain: bool = False) -> Iterator[bool]:
    """Hold a lock on `path`; yield whether the file is still there, for its last holder may have deleted it.

    Where the system has no locks nothing is held.

    Parameters
    ----------
    path : Path
        A file that can be written; some network file systems lock no folders.
    shared : bool
        Whether others may share it.
    patience_s : float
        How long to wait for it in seconds.
    certain : bool
        Whether a system without locks counts as one in which another process holds it.

    Raises
    ------
    BusyError
        If another process holds it.
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield False
        return
    try:
        if not _take(handle, shared, time.monotonic() + patience_s) and certain:
            raise BusyError(f"{path.parent} is on a file system without locks.")
        yield _is_still(path, handle)
    finally:
        os.close(handle)


def _take(handle: int, shared: bool, deadline: float) -> bool:
    """Take the lock, if the system has any."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno in _CANNOT:
                return False
            if time.monotonic() >= deadline:
                raise BusyError("Another process holds the lock.") from error
        time.sleep(_SECONDS_BETWEEN_TRIES)


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False

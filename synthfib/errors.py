"""Every error synthfib raises on purpose.

::

    SynthfibError
    |-- InputError (ValueError)             a value, file or option that cannot be used
    |   |-- RecipeError                     a recipe that does not validate
    |   |-- UnknownNameError                a name nobody registered; near matches are listed
    |   `-- UnsupportedError                a valid request that this implementation cannot serve
    |-- ResourceError (RuntimeError)        the work would not fit in memory or on disk
    |-- MissingDependencyError (ImportError)  an optional package is not installed
    `-- EngineError (RuntimeError)          an external engine failed

Each message is one sentence: what was required, what was got, what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from copyreg import __newobj__  # type: ignore[attr-defined]
from difflib import get_close_matches
from typing import ClassVar


class SynthfibError(Exception):
    """Root of the tree; `exit_code` is what the command line returns."""

    exit_code: ClassVar[int] = 2


class InputError(SynthfibError, ValueError):
    """A value, file or option cannot be used."""


class RecipeError(InputError):
    """A recipe does not validate."""


class UnknownNameError(InputError):
    """A name is not known; the message lists near matches and what is known."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}."
        super().__init__(f"Unknown {kind} {name!r}: {hint}")

    def __reduce__(self) -> tuple[object, ...]:
        # The message is enough to travel between processes; __init__ would ask for the names again.
        return __newobj__, (type(self), *self.args)


class UnsupportedError(InputError):
    """The request is valid, but this implementation cannot serve it."""


class ResourceError(SynthfibError, RuntimeError):
    """The work would not fit in memory or on disk."""


class MissingDependencyError(SynthfibError, ImportError):
    """An optional package is not installed."""

    exit_code: ClassVar[int] = 3


class EngineError(SynthfibError, RuntimeError):
    """An external engine failed."""

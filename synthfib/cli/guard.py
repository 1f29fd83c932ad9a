"""What goes wrong on purpose, or outside of us, becomes one sentence and an exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from synthfib.errors import SynthfibError

P = ParamSpec("P")

#: Exit codes: 0 fine, 1 a check failed, 2 input that cannot be used, 3 a missing package, 130 interrupted.
CHECK_FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Return `command` with expected errors as one sentence on stderr and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except SynthfibError as error:
            fail(str(error), error.exit_code)
        except KeyboardInterrupt:
            fail("Interrupted; run the same command again to go on.", INTERRUPTED)
        except MemoryError:
            fail("More memory is required than there is; use a smaller shape or fewer workers.", BAD_INPUT)
        except BrokenPipeError:
            sys.stderr.close()
            raise typer.Exit(0) from None
        except OSError as error:
            fail(f"{error.strerror or error}: {error.filename!r}." if error.filename else f"{error}.", BAD_INPUT)

    return run


def fail(sentence: str, exit_code: int) -> None:
    """Say what went wrong on stderr and leave."""
    typer.echo(f"Error: {sentence}", err=True)
    raise typer.Exit(exit_code)

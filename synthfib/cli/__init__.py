"""The command line: names for what the library does, no logic of its own."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn, TextIO

from synthfib.errors import SynthfibError


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code.

    0 done, 1 a check failed, 2 bad input, 3 an optional package is missing, 130 interrupted.
    """
    from typer.exceptions import Abort, TyperException

    from synthfib.cli.app import app

    warnings.showwarning = _show_warning
    try:
        code = app(list(arguments if arguments is not None else sys.argv[1:]) or ["--help"], prog_name="synthfib", standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message().splitlines()[0], error.exit_code)
    except SynthfibError as error:
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, Abort):
        _fail("interrupted.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        _fail(f"cannot use{where}: {error.strerror or error}.", 2)
    except MemoryError as error:
        _fail(f"this does not fit in memory ({error}); make it smaller.", 2)
    if code == 130:
        _fail("interrupted.", 130)
    sys.exit(code if isinstance(code, int) else 0)


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None, line: str | None = None
) -> None:
    del category, filename, lineno, file, line
    print(f"Warning: {message}", file=sys.stderr)


def _fail(message: str, code: int) -> NoReturn:
    print(f"Error: {message}", file=sys.stderr)
    sys.exit(code)

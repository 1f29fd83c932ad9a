"""Programs that somebody else wrote: found, started, ended, and their last words kept."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synthfib.errors import EngineError

#: Name of the file that takes what a command writes to its standard error.
STDERR = "stderr.txt"

_LAST_WORDS = 300


@dataclass(frozen=True)
class Command:
    """One command that runs in a folder.

    Parameters
    ----------
    arguments : tuple of str
        Program and arguments.
    stdin, stdout : str
        Files in the folder to read from, empty for none, and to write to.
    """

    arguments: tuple[str, ...]
    stdin: str = ""
    stdout: str = "stdout.txt"

    @property
    def shell_line(self) -> str:
        """The command as one would type it in the folder."""
        source = f" < {shlex.quote(self.stdin)}" if self.stdin else ""
        return f"{shlex.join(self.arguments)}{source} > {shlex.quote(self.stdout)}"


def split_command_line(text: str) -> tuple[str, ...]:
    """Return program and arguments of `text`, a path that may have blanks or a whole command line such as ``wine engine.exe``.

    Files are named from the root, since programs run in folders of their own.
    """
    parts = [text] if Path(text).is_file() else shlex.split(text, posix=os.name == "posix")
    return tuple(str(Path(part).absolute()) if Path(part).is_file() else part for part in parts)


def is_there(program: str) -> bool:
    """Whether `program`, a path or a name on the search path, can be run."""
    return shutil.which(program) is not None


def run(command: Command, folder: Path, *, timeout_s: float) -> None:
    """Run `command` in `folder` to its end.

    The program leads a process group of its own; whatever ends the wait, a time limit or an interrupt, ends the whole group.

    Raises
    ------
    EngineError
        If it cannot be started, takes longer than `timeout_s`, or ends with an exit status other than 0; its last words are quoted.
    """
    name = Path(command.arguments[0]).name
    source = folder / command.stdin if command.stdin else Path(os.devnull)
    started = time.monotonic()
    with source.open("rb") as stdin, (folder / command.stdout).open("wb") as stdout, (folder / STDERR).open("wb") as stderr:
        try:
            process = subprocess.Popen(command.arguments, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True)
        except OSError as error:
            raise EngineError(f"{name} cannot be started: {error.strerror}") from error
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise EngineError(f"{name} was stopped after {timeout_s:g} s, its time limit{_last_words(folder, command)}") from None
        finally:
            _end(process)
    if status != 0:
        ended = f"ended with exit status {status}" if status > 0 else f"was ended by signal {-status}"
        raise EngineError(f"{name} {ended} after {time.monotonic() - started:.1f} s{_last_words(folder, command)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still running, and its children with it."""
    if process.poll() is not None:
        return
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _last_words(folder: Path, command: Command) -> str:
    """Return the end of what the program said, standard error before standard output, as part of a sentence."""
    for file in (STDERR, command.stdout):
        said = _tail(folder / file)
        if said:
            return f", having said: {said}"
    return ", without a word"


def _tail(path: Path) -> str:
    """Return the last printable words of a file; nothing if it is not text."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4 * _LAST_WORDS))
        tail = file.read()
    if b"\0" in tail:
        return ""
    words = re.sub(r"\s+", " ", tail.decode(errors="replace")).strip().rstrip(".")
    return words if len(words) <= _LAST_WORDS else f"...{words[-_LAST_WORDS:]}"

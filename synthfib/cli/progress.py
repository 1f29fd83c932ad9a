"""Progress with the time left, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def progress(title: str) -> Iterator[Callable[[float, str], None]]:
    """Yield a function that takes the share of the work done and a word on it.

    A bar on a terminal, otherwise a line every few seconds.
    """
    if sys.stderr.isatty():
        with _bar(title) as report:
            yield report
    else:
        yield _lines(title)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[float, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=1.0)

        def report(share: float, note: str = "") -> None:
            bar.update(task, completed=share, description=f"{title} {note}".strip())

        yield report


def _lines(title: str) -> Callable[[float, str], None]:
    start = last = time.monotonic()

    def report(share: float, note: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _SECONDS_BETWEEN_LINES and share < 1:
            return
        last = now
        left = f", {(now - start) * (1 - share) / share:.0f} s left" if 0 < share < 1 else ""
        print(f"{title} {note}".strip() + f": {share:.0%}{left}", file=sys.stderr, flush=True)

    return report

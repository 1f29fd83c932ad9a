"""How far a generator is, told in parts."""

from __future__ import annotations

from collections.abc import Callable

#: Told the share of the work done.
OnProgress = Callable[[float], None]


def part(on_progress: OnProgress | None, start: float, stop: float) -> OnProgress | None:
    """Return what to tell of a part of the work that takes the share from `start` to `stop` of the whole."""
    if on_progress is None:
        return None
    return lambda share: on_progress(start + (stop - start) * share)

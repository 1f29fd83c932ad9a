"""Figures as PNG files that are the same wherever they are drawn."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@contextmanager
def plain_style() -> Iterator[None]:
    """Draw as matplotlib does by itself, whatever the settings of a user are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as PNG; no time, no version of a program."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()

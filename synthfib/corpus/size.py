"""Numbers of bytes for people."""

from __future__ import annotations


def size_text(n_bytes: int) -> str:
    """Return a number of bytes in decimal units."""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if n_bytes >= limit:
            return f"{n_bytes / limit:.1f} {unit}"
    return f"{n_bytes} bytes"

"""SHA256SUMS: the checksum of every file of a folder, as GNU sha256sum writes and checks them."""

from __future__ import annotations

import re
from pathlib import Path

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)\n")


def files_below(folder: Path) -> tuple[str, ...]:
    """Return every file and link below `folder` except SHA256SUMS, as sorted relative POSIX paths."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return tuple(sorted(name for path in paths if (name := path.relative_to(folder).as_posix()) != SUMS))


def sums_text(sums: dict[str, str]) -> str:
    """Return the text of SHA256SUMS for checksums by path."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def parse_sums(text: str) -> tuple[dict[str, str], tuple[int, ...]]:
    """Return checksums by path, and the numbers of the lines that are not as `sums_text` writes them."""
    sums: dict[str, str] = {}
    bad = []
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        match = _LINE.fullmatch(line)
        if match is None or ".." in match[2].split("/") or match[2] in sums or (sums and match[2] < max(sums)):
            bad.append(number)
        else:
            sums[match[2]] = match[1]
    return sums, tuple(bad)

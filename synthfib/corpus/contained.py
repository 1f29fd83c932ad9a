"""What may be opened in the folder of a corpus, which may come from a stranger: plain files below it, reached without links."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath

from synthfib.errors import InputError


def contained(folder: Path, name: str) -> Path:
    """Return the path of a file of a corpus.

    Raises
    ------
    InputError
        If its name leads out of the folder, or a link does, or there is no plain file.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name:
        raise InputError(f"A file of a corpus is required, {name!r} leads out of {folder}.")
    path = folder
    for number, part in enumerate(parts, start=1):
        path /= part
        try:
            mode = path.lstat().st_mode
        except OSError as error:
            raise InputError(f"A file is required at {str(folder / name)!r}, there is none.") from error
        if not (stat.S_ISREG if number == len(parts) else stat.S_ISDIR)(mode):
            raise InputError(f"{str(path)!r} is a link or no plain file, which a corpus never holds; copy the corpus again.")
    return path

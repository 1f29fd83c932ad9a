"""Positions of slices on disk: tables as synthfib and people write them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthfib.data import hdf5
from synthfib.data.untrusted import read_bounded
from synthfib.errors import InputError

#: Name of the series in a file that holds numbers and nothing else.
ONLY_SERIES = "given"
_MOST_BYTES = 16_000_000


def read_positions(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the positions of slices by who says so, in nm.

    Parameters
    ----------
    path : Path
        CSV with one column of depths in nm, with or without a name above it; a table as exports write it, whose columns
        ``<method>_nm`` are taken; or a stack or a segmentation of synthfib (.h5).

    Returns
    -------
    dict of str to ndarray of float64, shape (slice,)
        ``true``, ``nominal``, ``ruler`` and the like; ``given`` for a column without a name.

    Raises
    ------
    InputError
        If the file is missing or holds anything else.
    """
    if path.suffix.lower() in (".h5", ".hdf5"):
        return _positions_of_hdf5(path)
    try:
        text = read_bounded(path.resolve(), _MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"A file of positions is required at {str(path)!r}, there is none.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{str(path)!r} cannot be read as a table of positions ({error}); write it as CSV.") from error
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if not rows:
        raise InputError(f"A table of positions needs one row per slice, {str(path)!r} is empty.")
    names = [] if all(_is_number(cell) for cell in rows[0]) else rows[0]
    columns = _chosen_columns(path, names, len(rows[0]))
    return {series: _column(path, rows, column, first=1 if names else 0) for series, column in columns.items()}


def _chosen_columns(path: Path, names: list[str], width: int) -> dict[str, int]:
    """Series and the columns that they are in."""
    if width == 1:
        named = re.fullmatch(r"([a-z-]+)_nm", names[0]) if names else None
        return {named[1] if named else ONLY_SERIES: 0}
    found = {match[1]: column for column, name in enumerate(names) if (match := re.fullmatch(r"([a-z-]+)_nm", name))}
    if not found:
        raise InputError(f"A table of positions needs columns named <method>_nm, for example ruler_nm, {str(path)!r} has {names or 'no names'}.")
    return found


def _column(path: Path, rows: list[list[str]], column: int, first: int) -> NDArray[np.float64]:
    values = []
    for number, row in enumerate(rows[first:], first + 1):
        if column >= len(row) or not _is_number(row[column]):
            raise InputError(f"Positions must be numbers in nm, row {number} of {str(path)!r} is {','.join(row)!r}.")
        values.append(float(row[column]))
    return np.asarray(values, np.float64)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _positions_of_hdf5(path: Path) -> dict[str, NDArray[np.float64]]:
    with hdf5.open_for_reading(path) as file:
        if "positions_nm" not in file:
            raise InputError(f"A stack or a segmentation is required to take positions from, {str(path)!r} holds {hdf5.kind_of(file) or 'neither'}.")
        series: Mapping[str, hdf5.File] = {"true": file["positions_nm"], **file.get("measured_positions_nm", {})}
        return {method: np.asarray(values, np.float64) for method, values in series.items()}

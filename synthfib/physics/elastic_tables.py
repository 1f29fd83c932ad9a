"""Partial-wave cross-sections on fixed grids: shipped for common elements, else computed once and kept in the user's cache.

``python -m synthfib.physics.elastic_tables`` computes the shipped file anew.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthfib.data.atomic import atomic_path
from synthfib.errors import InputError
from synthfib.physics.partial_waves import differential_cross_section_nm2_sr

#: Energies in keV, evenly spaced in their logarithm.
ENERGIES_KEV: NDArray[np.float64] = np.geomspace(0.05, 30.0, 80)
#: Elements with shipped tables: H C N O Al Si Ni Cu Zr Ag Pt Au.
SHIPPED = (1, 6, 7, 8, 13, 14, 28, 29, 40, 47, 78, 79)
#: Called with the number of energies done and their total.
OnProgress = Callable[[int, int], None]

_SHIPPED_FILE = Path(__file__).with_suffix(".npz")
# Part of the names of cached files: raise it whenever results change.
_EDITION = 2


def _graded_angles() -> NDArray[np.float64]:
    """Scattering angles from 0 to pi: logarithmic in the forward peak, one degree apart at large angles."""
    angle = np.concatenate([[0.0], np.geomspace(1e-7, np.pi, 200_000)])
    coordinate = np.log1p(angle / 2e-3) + angle / 0.2
    graded = np.interp(np.linspace(0, coordinate[-1], 256), coordinate, angle)
    return np.asarray(graded, np.float64)


#: Deflections ``1 - cos theta``, from 0 to 2.
DEFLECTION: NDArray[np.float64] = 2 * np.sin(_graded_angles() / 2) ** 2


def tabulated(z: int, *, on_progress: OnProgress | None = None) -> NDArray[np.float32]:
    """Return the differential cross-section of an element in nm2/sr, float32 (energy, angle), on the grids of this module.

    A cache that cannot be read or written costs time, nothing else.
    """
    if z in SHIPPED and (table := _read(_SHIPPED_FILE, z)) is not None:
        return table
    path = cached_file(z)
    if path is not None and (table := _read(path, z)) is not None:
        return table
    table = computed(z, on_progress=on_progress)
    if path is not None:
        with suppress(OSError, InputError):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, {z: table})
    return table


def computed(z: int, *, on_progress: OnProgress | None = None) -> NDArray[np.float32]:
    """Compute the table of an element; two to six seconds."""
    rows = []
    for done, energy_kev in enumerate(ENERGIES_KEV.tolist(), start=1):
        rows.append(differential_cross_section_nm2_sr(z, energy_kev, DEFLECTION))
        if on_progress is not None:
            on_progress(done, ENERGIES_KEV.size)
    return np.array(rows, np.float32)


def cached_file(z: int) -> Path | None:
    """Return where the table of an element is kept, under ``$XDG_CACHE_HOME`` or ``~/.cache``; None for a user without a home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        try:
            base = Path.home() / ".cache"
        except RuntimeError:
            return None
    return base / "synthfib" / f"elastic-{_EDITION}-{z}.npz"


def write_shipped(path: Path = _SHIPPED_FILE, *, on_progress: OnProgress | None = None) -> None:
    """Compute the tables of all shipped elements and write them; `on_progress` counts elements."""
    tables = {}
    for done, z in enumerate(SHIPPED, start=1):
        tables[z] = computed(z)
        if on_progress is not None:
            on_progress(done, len(SHIPPED))
    _write(path, tables)


def _read(path: Path, z: int) -> NDArray[np.float32] | None:
    """Return the table of an element, or None where there is none that can be used."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as tables:
            table = tables[f"z{z}"]
    except (OSError, EOFError, KeyError, RuntimeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error):
        return None
    usable = table.dtype == np.float32 and table.shape == (ENERGIES_KEV.size, DEFLECTION.size)
    return table if usable else None


def _write(path: Path, tables: dict[int, NDArray[np.float32]]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **{f"z{z}": table for z, table in tables.items()})  # type: ignore[arg-type]


if __name__ == "__main__":
    write_shipped(on_progress=lambda done, total: print(f"{done} of {total} elements", flush=True))

"""The files of Nebula: triangles, primary electrons, detected electrons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import EngineError
from synthfib.simulators.external.voxel_mesh import Mesh

# Materials that Nebula knows by number; others count from 0 in the order of the command line.
MIRROR = -122
VACUUM = -123
DETECTOR = -126
TERMINATOR = -127

#: One electron: where it is, where it goes, its energy, and two numbers that it keeps from its primary on. Little-endian, 36 bytes.
ELECTRON = np.dtype(
    [(name, "<f4") for name in ("x_nm", "y_nm", "z_nm", "ux", "uy", "uz", "energy_ev")] + [(name, "<i4") for name in ("pixel", "electron")]
)


def write_triangles(path: Path, mesh: Mesh) -> None:
    """Write a ``.tri`` file: one triangle per line, its materials and its corners in nm."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write("# material_in material_out x0 y0 z0 x1 y1 z1 x2 y2 z2 (nm); the normal (r1 - r0) x (r2 - r0) points from in to out\n")
        table = np.concatenate([mesh.sides, mesh.corners_nm.reshape(-1, 9)], axis=1)
        np.savetxt(file, table, fmt=["%d"] * 2 + ["%.9g"] * 9)


def read_triangles(path: Path) -> Mesh:
    """Read what `write_triangles` wrote."""
    table = np.loadtxt(path, ndmin=2)
    return Mesh(table[:, 2:].reshape(-1, 3, 3), table[:, :2].astype(np.int32))


def write_electrons(path: Path, electrons: NDArray[np.void]) -> None:
    """Write a ``.pri`` file: one `ELECTRON` record after the other."""
    path.write_bytes(electrons.astype(ELECTRON, copy=False).tobytes())


def read_electrons(path: Path) -> NDArray[np.void]:
    """Read electron records, as in a ``.pri`` file and in the output of Nebula.

    Raises
    ------
    EngineError
        If the file is missing or not made of whole, finite records.
    """
    if not path.is_file():
        raise EngineError(f"Nebula's result {path.name!r} is missing")
    n_bytes = path.stat().st_size
    if n_bytes % ELECTRON.itemsize:
        raise EngineError(f"Nebula's result must be whole records of {ELECTRON.itemsize} bytes, {path.name!r} has {n_bytes} bytes")
    electrons = np.fromfile(path, ELECTRON)
    if not all(np.isfinite(electrons[name]).all() for name in ("ux", "uy", "uz", "energy_ev")):
        raise EngineError(f"Nebula's result must be finite numbers, {path.name!r} has others")
    return electrons

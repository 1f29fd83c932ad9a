"""Watertight surface meshes (STL) as voxels."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib._optional import require
from synthfib.data._scan_conversion import add_windings
from synthfib.data.resources import available_memory_bytes
from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError, ResourceError

NM_PER_UNIT = {"nm": 1.0, "um": 1e3, "mm": 1e6}

# STL stores single precision; a box of ten voxels must not become eleven.
_ROUNDING = 1e-6

# The grid and a copy of it.
_BYTES_PER_VOXEL = 2

# Voxels along an axis; more is a mistake in the unit.
_LONGEST = 2**31 - 1


def read_mesh(path: Path, unit: str) -> NDArray[np.float64]:
    """Read the triangles of a closed surface.

    Parameters
    ----------
    path : path
        STL file, text or binary.
    unit : {"nm", "um", "mm"}
        Unit of its coordinates, which STL does not store.

    Returns
    -------
    ndarray, shape (triangle, corner, zyx)
        Corners in nm, outward normals by the right-hand rule in (x, y, z).

    Raises
    ------
    InputError
        If the file is missing or damaged, the unit is unknown, or the surface is empty, open or not oriented.
    MissingDependencyError
        If trimesh is not installed.
    """
    if unit not in NM_PER_UNIT:
        raise InputError(f"The unit of a mesh must be one of {', '.join(NM_PER_UNIT)}, got {unit!r}.")
    mesh = _load(path)
    if len(mesh.faces) == 0:
        raise InputError(f"{str(path)!r} must hold a surface, it has no triangles; check the file.")
    if not np.isfinite(mesh.vertices).all():
        raise InputError(f"{str(path)!r} must hold finite coordinates, some are NaN or infinite; repair the mesh.")
    if not (mesh.is_watertight and mesh.is_winding_consistent):
        raise InputError(f"{str(path)!r} must be a closed surface, {_n_loose_edges(mesh)} edges do not join two facing triangles; repair the mesh.")
    corners_nm = np.asarray(mesh.triangles, np.float64)[..., ::-1] * NM_PER_UNIT[unit]
    return np.ascontiguousarray(corners_nm if mesh.volume >= 0 else corners_nm[:, ::-1])


def voxelise(path: Path, corners_nm: NDArray[np.float64], voxel_size_nm: tuple[float, float, float], margin_nm: float = 0.0) -> NDArray[np.uint8]:
    """Return labels, 1 where the centre of a voxel lies inside the surface.

    The box of the surface, widened by the margin and rounded up to whole voxels, stays centred. Whether a centre is inside is the number of times
    that the surface winds round it, counted along z; edges and corners belong to one triangle only, so no ray slips through or counts twice.

    Parameters
    ----------
    path : path
        File that the triangles came from, for messages.
    corners_nm : ndarray, shape (triangle, corner, zyx)
        Triangles of a closed surface, as `read_mesh` returns them.
    voxel_size_nm : tuple of float
        Voxel size ``(z, y, x)`` in nm.
    margin_nm : float
        Pore to add on every side.

    Raises
    ------
    InputError
        If the margin is negative, no voxel lies inside, or the surface cuts itself.
    ResourceError
        If there is not enough memory.
    """
    if not (math.isfinite(margin_nm) and margin_nm >= 0):
        raise InputError(f"The margin around a mesh must be 0 nm or more, got {margin_nm:g}.")
    sizes = np.asarray(check_voxel_size_nm(voxel_size_nm))
    low, high = corners_nm.min((0, 1)), corners_nm.max((0, 1))
    exact = (high - low + 2 * margin_nm) / sizes
    voxels = np.maximum(np.ceil(exact - np.minimum(exact * _ROUNDING, 0.01)), 1)
    _check_memory(path, voxels)
    shape = tuple(int(n) for n in voxels)
    first_centre = (low + high - (voxels - 1) * sizes) / 2
    windings = np.zeros(shape, np.int8)
    add_windings((corners_nm - first_centre) / sizes, windings)
    if windings.min() < 0 or windings.max() > 1:
        raise InputError(f"{str(path)!r} must not cut itself, some places lie inside it more than once; unite its parts in a mesh editor.")
    if not windings.any():
        voxel = " x ".join(f"{size:g}" for size in sizes)
        raise InputError(f"{str(path)!r} must hold a voxel of {voxel} nm, it is too thin; take smaller voxels or check the unit.")
    return windings.view(np.uint8)


def _load(path: Path) -> Any:
    trimesh = require("trimesh", attribute="load_mesh", extra="mesh")
    if not path.is_file():
        raise InputError(f"A file is required at {str(path)!r}, there is none.")
    try:
        return trimesh.load_mesh(path, file_type="stl")
    except Exception as error:  # the loader raises whatever the bytes lead it to
        raise InputError(f"{str(path)!r} cannot be read as STL (truncated or damaged); write or copy it again.") from error


def _n_loose_edges(mesh: Any) -> int:
    """Count the edges without exactly one partner that runs the other way."""
    edges = np.asarray(mesh.edges, np.int64)
    forward, backward = edges[:, 0] * len(mesh.vertices) + edges[:, 1], edges[:, 1] * len(mesh.vertices) + edges[:, 0]
    once = np.unique(forward[np.isin(forward, backward)])
    return len(edges) - len(once)


def _check_memory(path: Path, voxels: NDArray[np.float64]) -> None:
    n_bytes, available = _BYTES_PER_VOXEL * float(voxels.prod()), available_memory_bytes()
    if voxels.max() > _LONGEST or (available is not None and n_bytes > available):
        free = f"{available / 1e9:.1f} GB is free" if available is not None else "that is too many"
        sizes = " x ".join(f"{n:.0f}" for n in voxels)
        raise ResourceError(f"{str(path)!r} as {sizes} voxels needs {n_bytes / 1e9:.1f} GB of memory, {free}; take larger voxels or check the unit.")

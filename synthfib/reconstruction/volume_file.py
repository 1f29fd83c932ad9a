"""A volume from faces on disk, block of planes by block of planes, so that its size does not matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from synthfib.data import hdf5
from synthfib.data.atomic import atomic_path
from synthfib.data.face_files import FaceFile
from synthfib.data.resources import free_disk_bytes
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError, ResourceError
from synthfib.evaluation.overlap import Confusion
from synthfib.reconstruction.grid import ChosenFaces
from synthfib.reconstruction.interpolation import FaceImages, Interpolator, interpolate, whole_planes

_BLOCK_BYTES = 1 << 27

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Reconstructed:
    """What was written.

    Parameters
    ----------
    shape : tuple of int
        Voxels ``(z, y, x)``.
    first_plane : int
        Plane of the grid that the volume begins with.
    solid_voxels : int
        Voxels of solid.
    confusion : Confusion
        What agrees with the truth and what does not; empty without one.
    """

    shape: tuple[int, int, int]
    first_plane: int
    solid_voxels: int
    confusion: Confusion


def reconstruct_file(
    source: FaceFile,
    depths: NDArray[np.float64],
    chosen: NDArray[np.intp],
    out: Path,
    method: Interpolator,
    *,
    grid_nm: float,
    images: FaceImages | None = None,
    parameters: dict[str, Any] | None = None,
    truth: LabelVolume | None = None,
    block_planes: int | None = None,
    on_progress: OnProgress | None = None,
) -> Reconstructed:
    """Write the volume that the faces are sections of; the file is complete or absent.

    Parameters
    ----------
    source : FaceFile
        Segmented faces; no more of them than a block needs are in memory.
    depths : ndarray of float64, shape (face,)
        Depths of the chosen faces in planes, see `depths_in_planes`.
    chosen : ndarray of int, shape (face,)
        Numbers of the faces that lie there.
    out : Path
        HDF5 file to write.
    method : Interpolator
        How gaps are filled.
    grid_nm : float
        Distance of the planes in nm.
    images : FaceImages, optional
        Images of all faces of the source, for a method that looks at them.
    parameters : dict, optional
        What the provenance says beside method, grid and first plane.
    truth : LabelVolume, optional
        The structure itself, on the same grid, compared block by block.
    block_planes : int
        Planes that are in memory at a time; 64 by default, fewer of large ones.
    on_progress : callable, optional
        Told the share of the work done.

    Raises
    ------
    InputError
        If depths do not fit the faces, or the truth has another grid.
    ResourceError
        If the disk has no room for the volume.
    """
    shown = None if images is None else images.fitting(source.faces.shape, chosen)
    planes = block_planes or _block_planes(source.faces.shape)
    blocks = interpolate(ChosenFaces(source.faces, chosen), depths, method, images=shown, block_planes=planes)
    first, end = whole_planes(depths)
    shape = (end - first, int(source.faces.shape[1]), int(source.faces.shape[2]))
    size_nm = (grid_nm, *source.pixel_size_nm)
    _check_truth(truth, shape, size_nm)
    _check_room(out, shape)
    told = {"method": method.name, "grid_nm": grid_nm, "first_plane": first, **(parameters or {})}
    solid_voxels, confusion, done = 0, Confusion(), 0
    with atomic_path(out) as temporary, h5py.File(temporary, "w") as file:
        hdf5.write_volume_outline(file, size_nm, source.phases, source.provenance.then("reconstruct", told))
        labels = hdf5.create_dataset(file, "labels", shape, np.dtype(np.uint8), "z,y,x")
        for block in blocks:
            labels[done : done + len(block)] = block.view(np.uint8)
            solid_voxels += int(np.count_nonzero(block))
            confusion += _compared(block, truth, first + done)
            done += len(block)
            if on_progress is not None:
                on_progress(done / shape[0], f"{done} of {shape[0]} planes")
        labels.flush()
    return Reconstructed(shape, first, solid_voxels, confusion)


def _block_planes(shape: tuple[int, ...]) -> int:
    """Return how many planes make a block."""
    return int(min(max(_BLOCK_BYTES // (shape[1] * shape[2]), 8), 64))


def _compared(block: NDArray[np.bool_], truth: LabelVolume | None, first: int) -> Confusion:
    """Count what agrees on the planes that the truth has, too."""
    if truth is None or first >= truth.shape[0]:
        return Confusion()
    real = truth.labels[first : first + len(block)]
    return Confusion.of(block[: len(real)], real)


def _check_truth(truth: LabelVolume | None, shape: tuple[int, int, int], size_nm: tuple[float, ...]) -> None:
    if truth is not None and (truth.shape[1:] != shape[1:] or not np.allclose(truth.voxel_size_nm, size_nm, rtol=1e-4)):
        raise InputError(
            f"The true volume must have faces of {shape[1]} x {shape[2]} voxels of {' x '.join(f'{s:g}' for s in size_nm)} nm, "
            f"got {truth.shape[1]} x {truth.shape[2]} of {' x '.join(f'{s:g}' for s in truth.voxel_size_nm)}; choose its grid."
        )


def _check_room(out: Path, shape: tuple[int, int, int]) -> None:
    """Fail before anything is written: a disk that fills under HDF5 can take the whole process down."""
    needed, free = int(np.prod(shape, dtype=np.int64)), free_disk_bytes(out)
    if needed > free:
        raise ResourceError(
            f"The volume of {' x '.join(map(str, shape))} voxels needs up to {needed / 1e9:.1f} GB, {str(out.parent)!r} has {free / 1e9:.1f} GB; "
            "take a coarser grid or another disk."
        )

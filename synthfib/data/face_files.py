"""Segmented faces on disk, read range by range, with what the file says about where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.data import hdf5
from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.raw import RawArray, read_hdf5, read_npy
from synthfib.data.segmentation_file import SEGMENTATION_KIND
from synthfib.data.slices import PictureFolder
from synthfib.data.tiff import read_tiff
from synthfib.data.volume import check_voxel_size_nm
from synthfib.data.writers import check_ending
from synthfib.errors import InputError

_ENDINGS = (".h5", ".tif", ".npy")
_UNKNOWN_PHASES = (Material("pore"), Material("solid"))
#: More values than that on one face are grey levels, not labels.
_MOST_LABELS = 16


@dataclass(frozen=True, slots=True, eq=False)
class FaceFile:
    """Segmented faces of an open file.

    Parameters
    ----------
    faces : array or dataset, shape (face, y, x)
        What is not 0 is solid; a range of faces is read by a slice.
    pixel_size_nm : tuple of float
        Pixel size ``(y, x)`` in nm.
    positions_nm : mapping of str to ndarray of float64, shape (face,)
        Depths of the faces by who says so: ``true`` is what the file itself goes by, ``nominal``, ``ruler`` and ``automatic`` as measured.
    phases : tuple of Material
        Pore and solid.
    provenance : Provenance
        How the faces were made, as far as the file says.
    """

    faces: Any
    pixel_size_nm: tuple[float, float]
    positions_nm: Mapping[str, NDArray[np.float64]]
    phases: tuple[Material, ...] = _UNKNOWN_PHASES
    provenance: Provenance = field(default_factory=Provenance)


@contextmanager
def open_faces(path: Path, *, voxel_size_nm: Sequence[float] | None = None) -> Iterator[FaceFile]:
    """Open segmented faces; pixels stay on disk until they are asked for.

    Parameters
    ----------
    path : Path
        A segmentation or a stack with labels of synthfib (.h5), a TIFF (.tif, .tiff), NPY or HDF5 file of another program, or a folder of images.
    voxel_size_nm : sequence of float, optional
        Slice thickness and pixel size ``(z, y, x)`` in nm; overrides the pixel size of the file, needed when it says nothing.

    Raises
    ------
    InputError
        If there is nothing to read, or no faces of pore and solid, or the pixel size is unknown.
    """
    size_nm = check_voxel_size_nm(voxel_size_nm) if voxel_size_nm is not None else None
    if not path.exists():
        raise InputError(f"A file or a folder of segmented slices is required at {str(path)!r}, there is none.")
    if path.is_dir():
        yield _checked(path, _foreign(path, RawArray(PictureFolder(path)), size_nm))  # type: ignore[arg-type]
        return
    ending = check_ending(path, _ENDINGS)
    if ending != ".h5":
        read = {".tif": read_tiff, ".npy": read_npy}[ending]
        yield _checked(path, _foreign(path, read(path, mapped=True), size_nm))
        return
    with hdf5.open_for_reading(path) as file:
        yield _checked(path, _own(path, file, size_nm) if hdf5.kind_of(file) else _foreign(path, read_hdf5(path), size_nm))


def _own(path: Path, file: Any, size_nm: tuple[float, float, float] | None) -> FaceFile:
    """Faces of a segmentation, or the labels of a stack."""
    kind = hdf5.kind_of(file)
    if kind == SEGMENTATION_KIND:
        pixel_y_nm, pixel_x_nm = (float(size) for size in file.attrs["pixel_size_nm"])
        series = {"true": file["positions_nm"], **file.get("measured_positions_nm", {})}
        positions_nm = {method: np.asarray(values, np.float64) for method, values in series.items()}
        return FaceFile(file["solid"], size_nm[1:] if size_nm else (pixel_y_nm, pixel_x_nm), positions_nm)
    if kind != hdf5.STACK_KIND:
        raise InputError(f"A segmentation or a stack with labels is required, {str(path)!r} holds {kind}.")
    if "labels" not in file:
        raise InputError(f"A stack with labels is required, {str(path)!r} has none; segment it first.")
    outline = hdf5.read_outline(file)
    positions_nm = {"true": outline.plan.positions_nm, **outline.plan.measured_positions_nm}
    phases = outline.phases if len(outline.phases) == 2 else _UNKNOWN_PHASES
    return FaceFile(file["labels"], size_nm[1:] if size_nm else outline.plan.pixel_size_nm, positions_nm, phases, outline.provenance)


def _foreign(path: Path, raw: RawArray, given_nm: tuple[float, float, float] | None) -> FaceFile:
    size_nm = given_nm or raw.voxel_size_nm
    if size_nm is None:
        raise InputError(f"{str(path)!r} does not say its voxel size; give it in nm as Z,Y,X.")
    faces = raw.pixels
    if len(faces.shape) == 4 and 1 in faces.shape[:2]:  # images without names of axes may count as channels of one slice
        faces = faces[0] if faces.shape[0] == 1 else faces[:, 0]
    if len(faces.shape) != 3:
        raise InputError(f"{str(path)!r} must hold segmented faces (slice, y, x), got shape {tuple(faces.shape)}.")
    positions_nm = {"nominal": np.arange(faces.shape[0], dtype=np.float64) * size_nm[0]}
    if "positions_nm" in raw.info:
        positions_nm["true"] = np.asarray(raw.info["positions_nm"], np.float64)
    return FaceFile(faces, size_nm[1:], positions_nm)


def _checked(path: Path, found: FaceFile) -> FaceFile:
    """Refuse grey values in place of labels, and faces of one phase."""
    n_faces = found.faces.shape[0]
    if 0 in found.faces.shape:
        raise InputError(f"Segmented faces must have one pixel or more, {str(path)!r} has shape {tuple(found.faces.shape)}.")
    pore = solid = False
    for index in range(n_faces):
        face = np.asarray(found.faces[index : index + 1])
        if index == 0 and (face.dtype.kind not in "bui" or np.unique(face).size > _MOST_LABELS):
            raise InputError(f"Segmented faces, 0 for pore, are required, {str(path)!r} has grey values ({face.dtype}); segment them first.")
        pore, solid = pore or not face.all(), solid or bool(face.any())
        if pore and solid:
            return found
    raise InputError(f"Segmented faces must hold pore and solid, all of {str(path)!r} is {'solid' if solid else 'pore'}; check the segmentation.")

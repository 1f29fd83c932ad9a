"""NIfTI images, as 3D Slicer, ITK-SNAP, MONAI, TorchIO and nnU-Net read them."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib._optional import require
from synthfib.data.resources import available_memory_bytes
from synthfib.errors import InputError

#: NIfTI knows metres, millimetres and micrometres, and readers take everything for millimetres.
MM_PER_NM = 1e-6


def write_nifti(path: Path, pixels: NDArray[Any], voxel_size_nm: tuple[float, float, float]) -> None:
    """Write an array ``(slice, y, x)`` as compressed NIfTI-1 with axes ``(x, y, slice)`` and lengths in mm, 1 nm being 1e-6 mm.

    World x and y point to the left and to the back of a patient, as in an ITK image without rotation: so viewers show a slice upright, and deeper
    slices further away.

    Raises
    ------
    MissingDependencyError
        If nibabel is not installed.
    """
    nibabel: Any = require("nibabel", attribute="Nifti1Image", extra="export")
    z_mm, y_mm, x_mm = (size * MM_PER_NM for size in voxel_size_nm)
    affine = np.diag([-x_mm, -y_mm, z_mm, 1.0])
    image = nibabel.Nifti1Image(pixels.transpose(2, 1, 0), affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    # Neither time nor name in the header of gzip, so that equal images give equal bytes; grey values with noise do not compress further with effort.
    with path.open("wb") as file, gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0) as packed:
        image.to_stream(packed)


def read_nifti(path: Path) -> NDArray[Any]:
    """Return the array of a NIfTI image with axes ``(slice, y, x)``, the reverse of `write_nifti`.

    Raises
    ------
    MissingDependencyError
        If nibabel is not installed.
    InputError
        If the file is damaged, or would not fit in memory.
    """
    nibabel: Any = require("nibabel", attribute="Nifti1Image", extra="export")
    try:
        image = nibabel.load(path)
        needed, available = math.prod(image.shape) * image.get_data_dtype().itemsize, available_memory_bytes()
        if len(image.shape) != 3 or (available is not None and needed > available):
            raise InputError(f"{str(path)!r} must hold three axes that fit in memory, got shape {tuple(image.shape)}.")
        return np.asarray(image.dataobj).transpose(2, 1, 0)
    except (nibabel.filebasedimages.ImageFileError, nibabel.spatialimages.HeaderDataError, OSError, EOFError, ValueError, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{str(path)!r} cannot be read as NIfTI (truncated or damaged); write or copy it again.") from error

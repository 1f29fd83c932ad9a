"""MRC volumes; their header keeps the cell in angstrom."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib._optional import require
from synthfib.data.raw import RawArray
from synthfib.data.volume import LabelVolume, check_voxel_size_nm
from synthfib.errors import InputError

_ANGSTROM_PER_NM = 10.0


def read_mrc(path: Path) -> RawArray:
    """Read an MRC file; axes come out as ``(z, y, x)`` whatever their order in the file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or its voxel size cannot be nm.
    MissingDependencyError
        If mrcfile is not installed.
    """
    mrcfile = _mrcfile()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with mrcfile.open(path, mode="r") as file:
                pixels, size_nm, order = np.array(file.data), _size_nm(file), _axis_order(file.header)
    except FileNotFoundError as error:
        raise InputError(f"A file is required at {str(path)!r}, there is none.") from error
    except (OSError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(f"{str(path)!r} cannot be read as MRC ({str(error).rstrip('.')}); write or copy it again.") from error
    if pixels.ndim == 3:
        pixels = np.ascontiguousarray(pixels.transpose(order))
    return RawArray(pixels, check_voxel_size_nm(size_nm) if all(size > 0 for size in size_nm) else None)


def write_mrc(path: Path, volume: LabelVolume) -> None:
    """Write the labels as signed bytes and the voxel size; the text in the header is fixed, so that equal volumes give equal bytes.

    Raises
    ------
    InputError
        If a label is above 127.
    MissingDependencyError
        If mrcfile is not installed.
    """
    if volume.labels.max() > np.iinfo(np.int8).max:
        raise InputError(f"An MRC file of bytes holds labels up to 127, got {volume.labels.max()}; write HDF5 instead.")
    write_mrc_pixels(path, volume.labels.astype(np.int8), volume.voxel_size_nm)


def write_mrc_pixels(path: Path, pixels: NDArray[Any], voxel_size_nm: tuple[float, float, float]) -> None:
    """Write an array ``(z, y, x)`` of int8, uint8, uint16 or float32; MRC has no unsigned bytes, which become 16 bits wide.

    Raises
    ------
    MissingDependencyError
        If mrcfile is not installed.
    """
    mrcfile = _mrcfile()
    with mrcfile.new(path, overwrite=True) as file:
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):  # that it has no statistics of infinite values
            warnings.simplefilter("ignore", RuntimeWarning)
            file.set_data(pixels)
        file.voxel_size = tuple(size * _ANGSTROM_PER_NM for size in reversed(voxel_size_nm))
        if not np.isfinite(pixels).all():  # this is how MRC says that statistics are not known
            file.header.dmin, file.header.dmax, file.header.dmean, file.header.rms = 0, -1, -2, -1
        file.header.nlabl = 1
        file.header.label[0] = b"synthfib"


def _mrcfile() -> ModuleType:
    return require("mrcfile", attribute="open", extra="mrc")


def _size_nm(file: Any) -> tuple[float, float, float]:
    """Return the voxel size; zero or NaN where the header does not say."""
    size = file.voxel_size
    z, y, x = (float(getattr(size, axis)) / _ANGSTROM_PER_NM for axis in "zyx")
    return (z, y, x)


def _axis_order(header: NDArray[Any]) -> tuple[int, int, int]:
    """Return the array axes that hold z, y and x; the header numbers x, y, z from 1 for sections, rows and columns."""
    stored = [int(header[name]) for name in ("maps", "mapr", "mapc")]
    if sorted(stored) != [1, 2, 3]:
        stored = [3, 2, 1]
    return (stored.index(3), stored.index(2), stored.index(1))

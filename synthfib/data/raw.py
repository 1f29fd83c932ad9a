"""Arrays of other programs' files, with what the files say about them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from synthfib.data import hdf5
from synthfib.data.untrusted import check_dataset, check_fits_memory
from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError


@dataclass(frozen=True, slots=True)
class RawArray:
    """An array of a file and what the file says about it.

    Parameters
    ----------
    pixels : ndarray
        The values.
    voxel_size_nm : tuple of float, optional
        Voxel size ``(z, y, x)`` in nm, None if the file does not say.
    info : dict
        What synthfib wrote beside the values; empty for other programs' files.
    """

    pixels: NDArray[Any]
    voxel_size_nm: tuple[float, float, float] | None = None
    info: dict[str, Any] = field(default_factory=dict)


def read_npy(path: Path, *, mapped: bool = False) -> RawArray:
    """Read an NPY file with the JSON file beside it, if there is one; `mapped` leaves the pixels on disk until they are looked at.

    Raises
    ------
    InputError
        If the file is missing, damaged, or holds pickled objects.
    """
    try:
        pixels = np.load(path, allow_pickle=False, mmap_mode="r" if mapped else None)
        sidecar = path.with_suffix(".json")
        info = json.loads(sidecar.read_text()) if sidecar.is_file() else {}
    except FileNotFoundError as error:
        raise InputError(f"A file is required at {str(path)!r}, there is none.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read as NPY ({error}); write or copy it again.") from error
    size = info.get("voxel_size_nm")
    return RawArray(pixels, check_voxel_size_nm(size) if size else None, info)


def read_hdf5(path: Path) -> RawArray:
    """Read the only array with three or four axes of an HDF5 file from another program.

    Raises
    ------
    InputError
        If the file is missing or damaged, or there is none or more than one such array.
    """
    with hdf5.open_for_reading(path) as file:
        found: list[h5py.Dataset] = []
        file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) and item.ndim in (3, 4) else None)
        if len(found) != 1:
            raise InputError(f"{str(path)!r} must hold exactly one array of three or four axes, got {len(found)}.")
        size = found[0].attrs.get("voxel_size_nm", file.attrs.get("voxel_size_nm"))
        check_dataset(found[0])
        check_fits_memory(file, [str(found[0].name)])
        return RawArray(np.asarray(found[0]), check_voxel_size_nm(size) if size is not None else None)

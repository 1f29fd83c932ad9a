"""Write volumes and stacks; the ending of the name chooses the format. A file is complete or absent."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from synthfib.data import hdf5
from synthfib.data.atomic import atomic_path, write_text
from synthfib.data.mrc import write_mrc
from synthfib.data.positions import mean_voxel_size_nm
from synthfib.data.stack import ImageStack
from synthfib.data.tiff import write_tiff
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError

T = TypeVar("T", LabelVolume, ImageStack)

#: What a volume can be written as.
VOLUME_ENDINGS = (".h5", ".tif", ".npy", ".mrc")


def write_volume(path: Path | str, volume: LabelVolume) -> None:
    """Write a volume as HDF5 (.h5, .hdf5), TIFF (.tif, .tiff), NPY (.npy with a .json beside it) or MRC (.mrc).

    HDF5 keeps everything; TIFF and NPY keep labels, voxel size, phases and provenance; MRC keeps labels and voxel size.

    Raises
    ------
    InputError
        If the ending is unknown or the folder cannot be written.
    """
    writers = (hdf5.write_volume, _volume_as_tiff, _volume_as_npy, write_mrc)
    _write(Path(path), volume, dict(zip(VOLUME_ENDINGS, writers, strict=True)))


def write_stack(path: Path | str, stack: ImageStack) -> None:
    """Write a stack as HDF5 (.h5, .hdf5) or as an ImageJ TIFF hyperstack (.tif, .tiff), images only.

    Raises
    ------
    InputError
        If the ending is unknown or the folder cannot be written.
    """
    _write(Path(path), stack, {".h5": hdf5.write_stack, ".tif": _stack_as_tiff})


def check_ending(path: Path, endings: Collection[str]) -> str:
    """Return the ending of `path` in its short form.

    Raises
    ------
    InputError
        If it is not one of `endings`.
    """
    ending = {".hdf5": ".h5", ".tiff": ".tif"}.get(path.suffix.lower(), path.suffix.lower())
    if ending not in endings:
        raise InputError(f"The file name must end in one of {', '.join(endings)}, got {path.name!r}.")
    return ending


def _write(path: Path, value: T, writers: Mapping[str, Callable[[Path, T], None]]) -> None:
    writer = writers[check_ending(path, writers)]
    with atomic_path(path) as temporary:
        writer(temporary, value)
    if path.suffix.lower() == ".npy" and isinstance(value, LabelVolume):
        write_text(path.with_suffix(".json"), json.dumps(_volume_info(value), indent=1, sort_keys=True) + "\n")


def _volume_info(volume: LabelVolume) -> dict[str, Any]:
    return {
        "voxel_size_nm": list(volume.voxel_size_nm),
        "phases": [phase.to_dict() for phase in volume.phases],
        "provenance": json.loads(volume.provenance.to_json()),
    }


def _volume_as_tiff(path: Path, volume: LabelVolume) -> None:
    write_tiff(path, volume.labels, volume.voxel_size_nm, _volume_info(volume))


def _volume_as_npy(path: Path, volume: LabelVolume) -> None:
    np.save(path, volume.labels, allow_pickle=False)


def _stack_as_tiff(path: Path, stack: ImageStack) -> None:
    """Slices come first in a hyperstack; real positions go into the text field, the mean thickness into the spacing."""
    positions_nm = stack.plan.positions_nm
    info = {
        "energies_kev": [channel.energy_kev for channel in stack.channels],
        "detectors": [channel.detector for channel in stack.channels],
        "positions_nm": positions_nm.tolist(),
        "provenance": json.loads(stack.provenance.to_json()),
    }
    titles = [f"{position:.2f} nm, {channel}" for position in positions_nm for channel in stack.channels]
    write_tiff(path, stack.images.swapaxes(0, 1), mean_voxel_size_nm(stack.plan), info, image_titles=titles)

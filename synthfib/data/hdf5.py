"""HDF5 layout of volumes and stacks; units are in the names of the attributes.

A volume has ``labels`` (z, y, x) and the root attributes ``kind``, ``voxel_size_nm``, ``phases``, ``provenance``.
A stack has ``images`` (channel, slice, y, x), ``positions_nm``, ``thickness_nm``, optionally ``labels`` and ``depth_to_solid_nm`` (slice, y, x),
``shine_through`` and ``yields`` (channel, slice, y, x), ``displacement_nm`` and the group ``measured_positions_nm``;
its root attributes are ``kind``, ``energies_kev``, ``detectors``,
``pixel_size_nm``, ``tilt_deg``, ``phases``, ``provenance``. Files of equal content are equal byte for byte.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import h5py
import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.resources import free_disk_bytes
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.untrusted import check_fits_memory, check_own_layout, check_plain_file
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError, SynthfibError

# h5py types an attribute as a union of everything it could be; what is wrong is caught when a value object is built from it.
File: TypeAlias = Any

VOLUME_KIND = "synthfib/label-volume@1"
STACK_KIND = "synthfib/image-stack@1"
#: Axes of what a stack may hold beside its images.
TRUTH_AXES = {
    "labels": "slice,y,x",
    "depth_to_solid_nm": "slice,y,x",
    "displacement_nm": "channel,slice,yx",
    "shine_through": "channel,slice,y,x",
    "yields": "channel,slice,y,x",
}

TRUTH_DTYPES: Mapping[str, str] = {
    "labels": "uint8",
    "depth_to_solid_nm": "float32",
    "displacement_nm": "float32",
    "shine_through": "uint8",
    "yields": "float32",
}


@contextmanager
def open_for_reading(path: Path) -> Iterator[File]:
    """Open an HDF5 file; anything that is wrong with it inside the block becomes one sentence.

    Raises
    ------
    InputError
        If the file is missing, damaged or lacks a part, or says that synthfib wrote it but holds what synthfib never writes.
    """
    check_plain_file(path)
    try:
        with h5py.File(path, "r") as file:
            if kind_of(file) is not None:
                check_own_layout(file)
            yield file
    except SynthfibError:
        raise
    except RecursionError as error:
        raise InputError(f"{str(path)!r} is not a complete synthfib file: its texts are nested too deeply.") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{str(path)!r} is not a complete synthfib file: {' '.join(str(error).split()).strip(chr(34))}.") from error
    except (OSError, RuntimeError) as error:
        raise InputError(f"{str(path)!r} cannot be read as HDF5 (truncated or damaged); write or copy it again.") from error


def kind_of(file: File) -> str | None:
    """Return what the file says it holds, None if it was not written by synthfib."""
    kind = file.attrs.get("kind")
    return None if kind is None else str(kind)


def write_volume(path: Path, volume: LabelVolume) -> None:
    """Write a volume."""
    _require_room(path, volume.labels.nbytes)
    with h5py.File(path, "w") as file:
        write_volume_outline(file, volume.voxel_size_nm, volume.phases, volume.provenance)
        write_dataset(file, "labels", volume.labels, "z,y,x")


def write_volume_outline(file: File, voxel_size_nm: tuple[float, float, float], phases: tuple[Material, ...], provenance: Provenance) -> None:
    """Write the attributes of a volume."""
    file.attrs["kind"] = VOLUME_KIND
    file.attrs["voxel_size_nm"] = voxel_size_nm
    _write_shared(file, phases, provenance)


def read_volume(file: File) -> LabelVolume:
    """Read what `write_volume` wrote."""
    check_fits_memory(file, ["labels"])
    labels = np.asarray(file["labels"])
    return LabelVolume(labels, tuple(file.attrs["voxel_size_nm"]), *_read_shared(file))


@dataclass(frozen=True, slots=True, eq=False)
class StackOutline:
    """Everything of a stack but its pixels, see `ImageStack`."""

    channels: tuple[Channel, ...]
    plan: MillingPlan
    phases: tuple[Material, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)


def write_stack(path: Path, stack: ImageStack) -> None:
    """Write a stack."""
    truth = [array for name in TRUTH_AXES if (array := getattr(stack, name)) is not None]
    _require_room(path, sum(array.nbytes for array in (stack.images, *truth)))
    with h5py.File(path, "w") as file:
        write_outline(file, StackOutline(stack.channels, stack.plan, stack.phases, stack.provenance))
        write_dataset(file, "images", stack.images, "channel,slice,y,x")
        write_positions(file, stack.plan)
        for name, axes in TRUTH_AXES.items():
            array = getattr(stack, name)
            if array is not None:
                write_dataset(file, name, array, axes)


def write_outline(file: File, outline: StackOutline) -> None:
    """Write the attributes of a stack."""
    file.attrs["kind"] = STACK_KIND
    file.attrs["energies_kev"] = [channel.energy_kev for channel in outline.channels]
    file.attrs["detectors"] = [channel.detector for channel in outline.channels]
    file.attrs["pixel_size_nm"] = outline.plan.pixel_size_nm
    file.attrs["tilt_deg"] = outline.plan.tilt_deg
    _write_shared(file, outline.phases, outline.provenance)


def write_positions(file: File, plan: MillingPlan) -> None:
    """Write where the faces are, and where they were believed to be."""
    file["positions_nm"] = plan.positions_nm
    file["thickness_nm"] = plan.thickness_nm
    for method, measured in sorted(plan.measured_positions_nm.items()):
        file[f"measured_positions_nm/{method}"] = np.asarray(measured, np.float64)


def read_stack(file: File) -> ImageStack:
    """Read what `write_stack` wrote."""
    outline = read_outline(file)
    known = [name for name in TRUTH_AXES if name in file]
    check_fits_memory(file, ["images", *known])
    truth = {name: np.asarray(file[name]) for name in known}
    _check_truth(file, truth)
    return ImageStack(np.asarray(file["images"]), outline.channels, outline.plan, phases=outline.phases, provenance=outline.provenance, **truth)


def _check_truth(file: File, truth: Mapping[str, NDArray[Any]]) -> None:
    """Refuse truth of other types than are written; distances may be infinite, nothing may be NaN."""
    for name, array in truth.items():
        if array.dtype != TRUTH_DTYPES[name] or (array.dtype.kind == "f" and np.isnan(array).any()):
            raise InputError(f"{file.filename!r} must hold {name!r} as {np.dtype(TRUTH_DTYPES[name])} without NaN, got {array.dtype}.")


def read_outline(file: File) -> StackOutline:
    """Read everything of a stack but its pixels."""
    phases, provenance = _read_shared(file)
    channels = tuple(Channel(float(e), str(d)) for e, d in zip(file.attrs["energies_kev"], file.attrs["detectors"], strict=True))
    pixel_y_nm, pixel_x_nm = (float(size) for size in file.attrs["pixel_size_nm"])
    measured = {method: np.asarray(values) for method, values in file.get("measured_positions_nm", {}).items()}
    positions_nm = np.asarray(file["positions_nm"])
    for positions in (positions_nm, *measured.values()):
        if positions.dtype.kind != "f" or positions.ndim != 1 or not np.isfinite(positions).all():
            raise InputError(
                f"{file.filename!r} must hold finite positions of slices in nm, got {positions.dtype} of shape {positions.shape} or NaN."
            )
    plan = MillingPlan(positions_nm, (pixel_y_nm, pixel_x_nm), float(file.attrs["tilt_deg"]), measured)
    return StackOutline(channels, plan, phases, provenance)


def write_dataset(file: File, name: str, array: NDArray[Any], axes: str) -> None:
    """Write an array with one chunk per image, so that a slice is one read."""
    dataset = create_dataset(file, name, array.shape, array.dtype, axes)
    dataset[...] = array
    dataset.flush()  # now, and not whenever the last reference to it goes: where chunks lie must not depend on that


def create_dataset(file: File, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str) -> File:
    """Return a new dataset with one chunk per image; noise does not compress further with more effort."""
    chunks = (1,) * (len(shape) - 2) + shape[-2:]
    dataset = file.create_dataset(name, shape, dtype, chunks=chunks, compression="gzip", compression_opts=4)
    dataset.attrs["axes"] = axes
    return dataset


def _require_room(path: Path, n_bytes: int) -> None:
    """Fail before anything is written: a disk that fills under HDF5 can take the whole process down."""
    if free_disk_bytes(path) < n_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _write_shared(file: File, phases: tuple[Material, ...], provenance: Provenance) -> None:
    file.attrs["phases"] = json.dumps([phase.to_dict() for phase in phases], separators=(",", ":"))
    file.attrs["provenance"] = provenance.to_json()


def _read_shared(file: File) -> tuple[tuple[Material, ...], Provenance]:
    phases = tuple(Material.from_dict(entry) for entry in json.loads(file.attrs["phases"]))
    return phases, Provenance.from_json(file.attrs["provenance"])

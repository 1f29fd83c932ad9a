"""Segmentations on disk, and the truth that one is compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from synthfib.data import hdf5
from synthfib.data.atomic import atomic_path
from synthfib.data.material import Material
from synthfib.data.readers import read_volume
from synthfib.data.stack import ImageStack
from synthfib.data.tiff import read_tiff, write_tiff
from synthfib.data.writers import check_ending
from synthfib.errors import InputError

SEGMENTATION_KIND = "synthfib/segmentation@1"
_ENDINGS = {".h5": "HDF5", ".tif": "TIFF"}


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Where a method found solid on the faces of a stack.

    Parameters
    ----------
    solid : ndarray of uint8, shape (slice, y, x)
        1 on solid, 0 on pore.
    positions_nm : ndarray of float64, shape (slice,), optional
        Depth of each face in nm; None if the file does not say.
    pixel_size_nm : tuple of float, optional
        Pixel size ``(y, x)`` in nm; None if the file does not say.
    probability : ndarray of float32, shape (slice, y, x), optional
        Probability of solid.
    description : mapping
        Model and what it did.
    measured_positions_nm : mapping of str to ndarray of float64, shape (slice,)
        What was asked for and what the instrument believed, see `MillingPlan`.
    """

    solid: NDArray[np.uint8]
    positions_nm: NDArray[np.float64] | None = None
    pixel_size_nm: tuple[float, float] | None = None
    probability: NDArray[np.float32] | None = None
    description: Mapping[str, Any] = field(default_factory=dict)
    measured_positions_nm: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def of(cls, probability: NDArray[np.float32], stack: ImageStack, *, model: str, description: Mapping[str, Any]) -> Segmentation:
        """Return the segmentation of `stack` with these probabilities; 0.5 and above is solid."""
        solid = (probability >= 0.5).astype(np.uint8)
        plan = stack.plan
        return cls(solid, plan.positions_nm, plan.pixel_size_nm, probability, {"model": model, **description}, plan.measured_positions_nm)


def write_segmentation(path: Path, segmentation: Segmentation) -> None:
    """Write as HDF5 (.h5, everything) or as TIFF (.tif, 0 and 255, with the mean slice thickness).

    Raises
    ------
    InputError
        If the ending is unknown or the folder cannot be written.
    """
    writer = {".h5": _write_hdf5, ".tif": _write_tiff}[check_ending(path, _ENDINGS)]
    with atomic_path(path) as temporary:
        writer(temporary, segmentation)


def read_segmentation(path: Path) -> Segmentation:
    """Read what `write_segmentation` wrote, or any TIFF stack in which everything but 0 is solid.

    Raises
    ------
    InputError
        If the file is missing, damaged or something else.
    """
    if check_ending(path, _ENDINGS) == ".tif":
        tiff = read_tiff(path)
        if tiff.pixels.ndim != 3:
            raise InputError(f"A segmentation must have one channel (slice, y, x), {str(path)!r} has shape {tiff.pixels.shape}.")
        positions = tiff.info.get("positions_nm")
        pixel = tiff.voxel_size_nm[1:] if tiff.voxel_size_nm else None
        return Segmentation((tiff.pixels > 0).astype(np.uint8), None if positions is None else np.asarray(positions, np.float64), pixel)
    with hdf5.open_for_reading(path) as file:
        if hdf5.kind_of(file) != SEGMENTATION_KIND:
            raise InputError(f"A segmentation is required, {str(path)!r} holds {hdf5.kind_of(file) or 'something else'}.")
        y_nm, x_nm = (float(size) for size in file.attrs["pixel_size_nm"])
        description = json.loads(str(file.attrs["description"]))
        pixels = {name: np.asarray(file[name]) for name in ("solid", "probability")}
        return Segmentation(
            **pixels,
            positions_nm=np.asarray(file["positions_nm"]),
            pixel_size_nm=(y_nm, x_nm),
            description=description,
            measured_positions_nm={method: np.asarray(values) for method, values in file.get("measured_positions_nm", {}).items()},
        )


def read_truth(
    path: Path, segmentation: Segmentation, *, voxel_size_nm: Sequence[float] | None = None, threshold: float | None = None
) -> NDArray[np.uint8]:
    """Return the true labels of the faces of `segmentation`, uint8 ``(slice, y, x)``.

    Parameters
    ----------
    path : Path
        A stack with labels, or a labelled volume; the latter is looked at where the faces of the segmentation are.
    segmentation : Segmentation
        What will be compared.
    voxel_size_nm : sequence of float, optional
        Voxel size ``(z, y, x)`` of the volume in nm, if the file does not say or says another scale.
    threshold : float, optional
        Grey values of the volume above it are solid.

    Raises
    ------
    InputError
        If there are no labels, or they do not have the shape of the segmentation.
    """
    labels = _stack_labels(path)
    if labels is None:
        unknown = (Material("pore"), Material("solid"))  # what it is made of does not matter for a comparison
        volume = read_volume(path, voxel_size_nm=voxel_size_nm, default_phases=unknown, threshold=threshold)
        if segmentation.positions_nm is None:
            labels = volume.labels
        else:
            layers = np.floor(segmentation.positions_nm / volume.voxel_size_nm[0] + 1e-9).astype(np.intp)
            if layers[-1] >= volume.shape[0]:
                raise InputError(
                    f"The true volume must reach the last face at {segmentation.positions_nm[-1]:g} nm, it ends at {volume.extent_nm[0]:g} nm."
                )
            labels = volume.labels[layers]
    if labels.shape != segmentation.solid.shape:
        raise InputError(f"Truth and segmentation must have one shape (slice, y, x), got {labels.shape} and {segmentation.solid.shape}.")
    return labels


def _stack_labels(path: Path) -> NDArray[np.uint8] | None:
    """Labels of a stack file; None if it is no stack."""
    if path.suffix.lower() not in (".h5", ".hdf5"):
        return None
    with hdf5.open_for_reading(path) as file:
        if hdf5.kind_of(file) != hdf5.STACK_KIND:
            return None
        stack = hdf5.read_stack(file)
    if stack.labels is None and stack.provenance.is_sealed:
        raise InputError(f"The truth of {str(path)!r} is sealed; wait until it is revealed, or score with a volume of another split.")
    if stack.labels is None:
        raise InputError(f"A stack with labels is required as truth, {str(path)!r} has none.")
    return stack.labels


def _write_hdf5(path: Path, segmentation: Segmentation) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["kind"] = SEGMENTATION_KIND
        file.attrs["description"] = json.dumps(segmentation.description, sort_keys=True)
        file.attrs["pixel_size_nm"] = segmentation.pixel_size_nm
        file["positions_nm"] = segmentation.positions_nm
        for method, measured in sorted(segmentation.measured_positions_nm.items()):
            file[f"measured_positions_nm/{method}"] = np.asarray(measured, np.float64)
        for name in ("solid", "probability"):
            hdf5.write_dataset(file, name, getattr(segmentation, name), "slice,y,x")


def _write_tiff(path: Path, segmentation: Segmentation) -> None:
    positions = segmentation.positions_nm if segmentation.positions_nm is not None else np.arange(float(len(segmentation.solid)))
    y_nm, x_nm = segmentation.pixel_size_nm or (1.0, 1.0)
    thickness_nm = float(np.diff(positions).mean()) if positions.size > 1 else y_nm
    write_tiff(path, segmentation.solid * np.uint8(255), (thickness_nm, y_nm, x_nm), {"positions_nm": positions.tolist()})

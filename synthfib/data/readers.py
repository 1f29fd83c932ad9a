"""Read volumes and stacks, synthfib's own and other programs'; sizes that a file does not tell must be given."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from synthfib.data import hdf5
from synthfib.data.grey import check_finite, find_threshold, labels_from_values
from synthfib.data.material import Material
from synthfib.data.mesh import read_mesh, voxelise
from synthfib.data.milling import MillingPlan
from synthfib.data.mrc import read_mrc
from synthfib.data.provenance import Provenance
from synthfib.data.raw import RawArray, read_hdf5, read_npy
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.tiff import read_tiff
from synthfib.data.volume import LabelVolume, check_voxel_size_nm
from synthfib.data.writers import check_ending
from synthfib.errors import InputError

_STACKS: dict[str, Callable[[Path], RawArray]] = {".h5": read_hdf5, ".tif": read_tiff, ".npy": read_npy}
_VOLUMES = {**_STACKS, ".mrc": read_mrc}
_MESH = ".stl"


def read_volume(
    path: Path | str,
    *,
    voxel_size_nm: Sequence[float] | None = None,
    phases: tuple[Material, ...] | None = None,
    default_phases: tuple[Material, ...] | None = None,
    threshold: float | str | None = None,
    mesh_unit: str | None = None,
    mesh_margin_nm: float = 0.0,
) -> LabelVolume:
    """Read a labelled volume, a grey one that `threshold` turns into pore and solid, or a closed surface that is voxelised.

    Parameters
    ----------
    path : path
        HDF5 (.h5, .hdf5), TIFF (.tif, .tiff), NPY (.npy) or MRC (.mrc) with one 3-D array ``(z, y, x)``, or a mesh (.stl).
    voxel_size_nm : sequence of float, optional
        Voxel size ``(z, y, x)`` in nm; overrides what the file says, needed when it says nothing.
    phases : tuple of Material, optional
        What each label is made of, pore first; overrides what the file says.
    default_phases : tuple of Material, optional
        What each label is made of if neither `phases` nor the file says.
    threshold : float or ``"kmeans"``, optional
        Grey values above it are solid; k-means finds it in the histogram. The value is in the provenance.
    mesh_unit : {"nm", "um", "mm"}, optional
        Unit of the coordinates of a mesh, for which it is needed.
    mesh_margin_nm : float
        Pore to add on every side of a mesh.

    Raises
    ------
    InputError
        If the file is missing or damaged, its values are no labels, or a size or the phases are unknown.
    """
    path = Path(path)
    ending = check_ending(path, {**_VOLUMES, _MESH: read_mesh})
    if ending != _MESH and (mesh_unit is not None or mesh_margin_nm):
        raise InputError(f"A mesh unit and a margin are for meshes (.stl), {str(path)!r} is none; leave them out.")
    if ending == ".h5":
        with hdf5.open_for_reading(path) as file:
            kind = hdf5.kind_of(file)
            if kind == hdf5.VOLUME_KIND:
                own = hdf5.read_volume(file)
                size = check_voxel_size_nm(voxel_size_nm) if voxel_size_nm is not None else own.voxel_size_nm
                return LabelVolume(own.labels, size, phases or own.phases, own.provenance)
            if kind is not None:
                raise InputError(f"A labelled volume is required, {str(path)!r} holds {kind}.")
    if ending == _MESH and threshold is not None:
        raise InputError(f"A threshold is for grey volumes, {str(path)!r} is a mesh; leave it out.")
    raw = _read_voxels_of_mesh(path, voxel_size_nm, mesh_unit, mesh_margin_nm) if ending == _MESH else _VOLUMES[ending](path)
    if raw.pixels.ndim != 3:
        raise InputError(f"{str(path)!r} must hold one 3-D array (z, y, x), got shape {raw.pixels.shape}.")
    size = _known_size(path, voxel_size_nm, raw.voxel_size_nm)
    own_phases = tuple(Material.from_dict(entry) for entry in raw.info.get("phases", ()))
    phases = phases or own_phases or default_phases
    if not phases:
        raise InputError(f"{str(path)!r} does not say what its phases are made of; name the solid and the pore material.")
    provenance = Provenance.from_json(json.dumps(raw.info["provenance"])) if "provenance" in raw.info else Provenance()
    check_finite(path, raw.pixels)
    value = find_threshold(path, raw.pixels, threshold)
    step = {"file": path.name, "threshold": value, "threshold_by": threshold if isinstance(threshold, str) else None}
    return LabelVolume(labels_from_values(path, raw.pixels, len(phases), value), size, phases, provenance.then("read-volume", step))


def read_stack(
    path: Path | str,
    *,
    voxel_size_nm: Sequence[float] | None = None,
    energies_kev: Sequence[float] | None = None,
    detector: str | None = None,
) -> ImageStack:
    """Read a stack of images.

    Parameters
    ----------
    path : path
        HDF5 (.h5, .hdf5), TIFF (.tif, .tiff) or NPY (.npy). Foreign files hold ``(slice, y, x)`` or ``(slice, channel, y, x)``.
    voxel_size_nm : sequence of float, optional
        Slice thickness and pixel size ``(z, y, x)`` in nm; needed when the file does not say.
    energies_kev : sequence of float, optional
        Landing energy of each channel in keV; needed when the file does not say.
    detector : str, optional
        Name of the detector, if the file does not say; ``"bse"`` by default.

    Raises
    ------
    InputError
        If the file is missing or damaged, has NaN or other than 8- or 16-bit values, or a size or an energy is unknown.
    """
    path = Path(path)
    ending = check_ending(path, _STACKS)
    if ending == ".h5":
        with hdf5.open_for_reading(path) as file:
            kind = hdf5.kind_of(file)
            if kind == hdf5.STACK_KIND:
                return hdf5.read_stack(file)
            if kind is not None:
                raise InputError(f"An image stack is required, {str(path)!r} holds {kind}.")
    raw = _STACKS[ending](path)
    images = raw.pixels[:, None] if raw.pixels.ndim == 3 else raw.pixels
    if images.ndim != 4:
        raise InputError(f"{str(path)!r} must hold (slice, y, x) or (slice, channel, y, x), got shape {raw.pixels.shape}.")
    check_finite(path, images)
    energies = list(energies_kev or raw.info.get("energies_kev", ()))
    if len(energies) != images.shape[1]:
        raise InputError(f"{str(path)!r} has {images.shape[1]} channel(s) but {len(energies)} landing energies are known; give one in keV for each.")
    z_nm, y_nm, x_nm = _known_size(path, voxel_size_nm, raw.voxel_size_nm)
    positions = np.asarray(raw.info.get("positions_nm", np.arange(images.shape[0]) * z_nm), np.float64)
    detectors = raw.info.get("detectors") or [detector or "bse"] * len(energies)
    channels = tuple(Channel(float(energy), name) for energy, name in zip(energies, detectors, strict=True))
    provenance = Provenance().then("read-stack", {"file": path.name})
    return ImageStack(np.ascontiguousarray(images.swapaxes(0, 1)), channels, MillingPlan(positions, (y_nm, x_nm)), provenance=provenance)


def _read_voxels_of_mesh(path: Path, voxel_size_nm: Sequence[float] | None, unit: str | None, margin_nm: float) -> RawArray:
    if unit is None:
        raise InputError(f"{str(path)!r} does not say its unit; give it as nm, um or mm.")
    size = _known_size(path, voxel_size_nm, None)
    labels = voxelise(path, read_mesh(path, unit), size, margin_nm)
    provenance = Provenance().then("voxelise-mesh", {"unit": unit, "voxel_size_nm": size, "margin_nm": margin_nm})
    return RawArray(labels, size, {"provenance": json.loads(provenance.to_json())})


def _known_size(path: Path, given_nm: Sequence[float] | None, own_nm: tuple[float, float, float] | None) -> tuple[float, float, float]:
    if given_nm is None and own_nm is None:
        raise InputError(f"{str(path)!r} does not say its voxel size; give it in nm as Z,Y,X.")
    return check_voxel_size_nm(given_nm if given_nm is not None else own_nm or ())

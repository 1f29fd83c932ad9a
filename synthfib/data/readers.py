"""Read volumes and stacks, synthfib's own and other programs'; sizes that a file does not tell must be given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from synthfib.data import hdf5
from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.tiff import read_tiff
from synthfib.data.volume import LabelVolume, check_voxel_size_nm
from synthfib.data.writers import check_ending
from synthfib.errors import InputError

_ENDINGS = {".h5": "HDF5", ".tif": "TIFF", ".npy": "NPY"}


@dataclass(frozen=True, slots=True)
class _Raw:
    """An array of a foreign file and what the file says about it."""

    pixels: NDArray[Any]
    voxel_size_nm: tuple[float, float, float] | None = None
    info: dict[str, Any] = field(default_factory=dict)


def read_volume(
    path: Path | str,
    *,
    voxel_size_nm: Sequence[float] | None = None,
    phases: tuple[Material, ...] | None = None,
    default_phases: tuple[Material, ...] | None = None,
    threshold: float | None = None,
) -> LabelVolume:
    """Read a labelled volume, or a grey one that `threshold` turns into pore and solid.

    Parameters
    ----------
    path : path
        HDF5 (.h5, .hdf5), TIFF (.tif, .tiff) or NPY (.npy) with one 3-D array ``(z, y, x)``.
    voxel_size_nm : sequence of float, optional
        Voxel size ``(z, y, x)`` in nm; overrides what the file says, needed when it says nothing.
    phases : tuple of Material, optional
        What each label is made of, pore first; overrides what the file says.
    default_phases : tuple of Material, optional
        What each label is made of if neither `phases` nor the file says.
    threshold : float, optional
        Grey values above it are solid.

    Raises
    ------
    InputError
        If the file is missing or damaged, its values are no labels, or a size or the phases are unknown.
    """
    path = Path(path)
    if check_ending(path, _ENDINGS) == ".h5":
        with hdf5.open_for_reading(path) as file:
            kind = hdf5.kind_of(file)
            if kind == hdf5.VOLUME_KIND:
                own = hdf5.read_volume(file)
                size = check_voxel_size_nm(voxel_size_nm) if voxel_size_nm is not None else own.voxel_size_nm
                return LabelVolume(own.labels, size, phases or own.phases, own.provenance)
            if kind is not None:
                raise InputError(f"A labelled volume is required, {str(path)!r} holds {kind}.")
    raw = _read_raw(path)
    if raw.pixels.ndim != 3:
        raise InputError(f"{str(path)!r} must hold one 3-D array (z, y, x), got shape {raw.pixels.shape}.")
    size = _known_size(path, voxel_size_nm, raw.voxel_size_nm)
    own_phases = tuple(Material.from_dict(entry) for entry in raw.info.get("phases", ()))
    phases = phases or own_phases or default_phases
    if not phases:
        raise InputError(f"{str(path)!r} does not say what its phases are made of; name the solid and the pore material.")
    provenance = Provenance.from_json(json.dumps(raw.info["provenance"])) if "provenance" in raw.info else Provenance()
    step = {"file": path.name, "threshold": threshold}
    return LabelVolume(_labels(path, raw.pixels, len(phases), threshold), size, phases, provenance.then("read-volume", step))


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
    if check_ending(path, _ENDINGS) == ".h5":
        with hdf5.open_for_reading(path) as file:
            kind = hdf5.kind_of(file)
            if kind == hdf5.STACK_KIND:
                return hdf5.read_stack(file)
            if kind is not None:
                raise InputError(f"An image stack is required, {str(path)!r} holds {kind}.")
    raw = _read_raw(path)
    images = raw.pixels[:, None] if raw.pixels.ndim == 3 else raw.pixels
    if images.ndim != 4:
        raise InputError(f"{str(path)!r} must hold (slice, y, x) or (slice, channel, y, x), got shape {raw.pixels.shape}.")
    _check_finite(path, images)
    energies = list(energies_kev or raw.info.get("energies_kev", ()))
    if len(energies) != images.shape[1]:
        raise InputError(f"{str(path)!r} has {images.shape[1]} channel(s) but {len(energies)} landing energies are known; give one in keV for each.")
    z_nm, y_nm, x_nm = _known_size(path, voxel_size_nm, raw.voxel_size_nm)
    positions = np.asarray(raw.info.get("positions_nm", np.arange(images.shape[0]) * z_nm), np.float64)
    detectors = raw.info.get("detectors") or [detector or "bse"] * len(energies)
    channels = tuple(Channel(float(energy), name) for energy, name in zip(energies, detectors, strict=True))
    provenance = Provenance().then("read-stack", {"file": path.name})
    return ImageStack(np.ascontiguousarray(images.swapaxes(0, 1)), channels, MillingPlan(positions, (y_nm, x_nm)), provenance=provenance)


def _read_raw(path: Path) -> _Raw:
    if path.suffix.lower() in (".tif", ".tiff"):
        tiff = read_tiff(path)
        return _Raw(tiff.pixels, tiff.voxel_size_nm, tiff.info)
    return _read_npy(path) if path.suffix.lower() == ".npy" else _read_foreign_hdf5(path)


def _read_npy(path: Path) -> _Raw:
    try:
        pixels = np.load(path, allow_pickle=False)
        sidecar = path.with_suffix(".json")
        info = json.loads(sidecar.read_text()) if sidecar.is_file() else {}
    except FileNotFoundError as error:
        raise InputError(f"A file is required at {str(path)!r}, there is none.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read as NPY ({error}); write or copy it again.") from error
    size = info.get("voxel_size_nm")
    return _Raw(pixels, check_voxel_size_nm(size) if size else None, info)


def _read_foreign_hdf5(path: Path) -> _Raw:
    """Read the only array with three or four axes of a file from another program."""
    with hdf5.open_for_reading(path) as file:
        found: list[h5py.Dataset] = []
        file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) and item.ndim in (3, 4) else None)
        if len(found) != 1:
            raise InputError(f"{str(path)!r} must hold exactly one array of three or four axes, got {len(found)}.")
        size = found[0].attrs.get("voxel_size_nm", file.attrs.get("voxel_size_nm"))
        return _Raw(np.asarray(found[0]), check_voxel_size_nm(size) if size is not None else None)


def _known_size(path: Path, given_nm: Sequence[float] | None, own_nm: tuple[float, float, float] | None) -> tuple[float, float, float]:
    if given_nm is None and own_nm is None:
        raise InputError(f"{str(path)!r} does not say its voxel size; give it in nm as Z,Y,X.")
    return check_voxel_size_nm(given_nm if given_nm is not None else own_nm or ())


def _check_finite(path: Path, pixels: NDArray[Any]) -> None:
    if np.issubdtype(pixels.dtype, np.floating) and not np.isfinite(pixels).all():
        bad = int(np.count_nonzero(~np.isfinite(pixels)))
        raise InputError(f"{str(path)!r} must hold finite values, {bad} are NaN or infinite; repair them first.")


def _labels(path: Path, pixels: NDArray[Any], n_phases: int, threshold: float | None) -> NDArray[np.uint8]:
    """Labels of a foreign array: above the threshold, or as they are, or 0 and 255 for two phases."""
    _check_finite(path, pixels)
    if pixels.size == 0:
        raise InputError(f"{str(path)!r} must hold at least one voxel, it is empty.")
    if threshold is not None:
        return (pixels > threshold).astype(np.uint8)
    whole = pixels.dtype == np.bool_ or np.issubdtype(pixels.dtype, np.integer)
    low, high = pixels.min(), pixels.max()
    if whole and low >= 0 and high < n_phases:
        return pixels.astype(np.uint8)
    if n_phases == 2 and np.count_nonzero((pixels != low) & (pixels != high)) == 0 and low == 0:
        return (pixels > 0).astype(np.uint8)
    raise InputError(f"{str(path)!r} must hold labels below {n_phases}, got values from {low} to {high}; give a threshold for grey values.")

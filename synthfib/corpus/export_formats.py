"""What each export format makes of one volume: names of files, and what writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthfib.corpus import nnunet
from synthfib.data.atomic import write_text
from synthfib.data.mrc import write_mrc_pixels
from synthfib.data.nifti import write_nifti
from synthfib.data.ome_zarr import write_ome_zarr
from synthfib.data.positions import mean_voxel_size_nm, positions_table
from synthfib.data.rectilinear_grid import write_rectilinear_grid
from synthfib.data.stack import ImageStack
from synthfib.data.tiff import write_tiff
from synthfib.data.writers import write_stack
from synthfib.errors import UnknownNameError

#: Relative names of files (or of folders that are one image), and what writes each to a temporary place.
Files: TypeAlias = dict[str, Callable[[Path], None]]

_TRUTH = ("depth_to_solid_nm", "shine_through")
OME_ZARR_ENDING = ".ome.zarr"


@dataclass(frozen=True, slots=True)
class Source:
    """One volume to export.

    Parameters
    ----------
    name : str
        Its name, of which the names of the files are made.
    stack : ImageStack
        Images, and truth as far as it is known.
    split : str, optional
        Its split; None for a stack that belongs to no corpus.
    """

    name: str
    stack: ImageStack
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Parameters
    ----------
    files : callable
        What belongs to one volume; takes it, and whether truth maps are wanted.
    package : tuple of str, optional
        Module that must be there, and something in it.
    ending : str, optional
        How the file with the images is called, if one file holds all channels.
    closing : callable, optional
        What belongs to all volumes together, in the order of the export; takes the title of the corpus and the volumes.
    """

    files: Callable[[Source, bool], Files]
    package: tuple[str, str] | None = None
    ending: str | None = None
    closing: Callable[[str, Sequence[nnunet.Case]], Files] | None = None


def find_format(name: str) -> Format:
    """Return a format by name.

    Raises
    ------
    UnknownNameError
        If there is none of this name.
    """
    if name not in FORMATS:
        raise UnknownNameError("export format", name, FORMATS)
    return FORMATS[name]


def _imagej(source: Source, truth: bool) -> Files:
    name, stack = source.name, source.stack
    size = mean_voxel_size_nm(stack.plan)
    titles = [f"{position:.2f} nm" for position in stack.plan.positions_nm]
    files: Files = {f"{name}.tif": partial(write_stack, stack=stack)}
    if stack.labels is not None:
        info = {"phases": [phase.to_dict() for phase in stack.phases]}
        greys = (0.0, float(len(stack.phases) - 1))
        files[f"{name}_labels.tif"] = partial(write_tiff, pixels=stack.labels, voxel_size_nm=size, info=info, image_titles=titles, grey_range=greys)
    for key, pixels in _truth_maps(stack, truth).items():
        zcyx = pixels.swapaxes(0, 1) if pixels.ndim == 4 else pixels
        own_titles = [f"{title}, {channel}" for title in titles for channel in stack.channels] if pixels.ndim == 4 else titles
        files[f"{name}_{key}.tif"] = partial(write_tiff, pixels=zcyx, voxel_size_nm=size, info={}, image_titles=own_titles)
    return files | _positions(f"{name}_positions.csv", stack)


def _ome_zarr(source: Source, truth: bool) -> Files:
    stack, titles = source.stack, [str(channel) for channel in source.stack.channels]
    measured = {method: np.asarray(values).tolist() for method, values in sorted(stack.plan.measured_positions_nm.items())}
    positions = {"positions_nm": stack.plan.positions_nm.tolist(), "measured_positions_nm": measured}
    write = partial(write_ome_zarr, voxel_size_nm=mean_voxel_size_nm(stack.plan), attributes=positions)
    phases = [phase.name for phase in stack.phases]
    files: Files = {
        source.name + OME_ZARR_ENDING: partial(
            write, pixels=stack.images, name=source.name, channel_names=titles, labels=stack.labels, phase_names=phases
        )
    }
    for key, pixels in _truth_maps(stack, truth).items():
        czyx, names = (pixels, titles) if pixels.ndim == 4 else (pixels[None], [key])
        files[f"{source.name}_{key}{OME_ZARR_ENDING}"] = partial(write, pixels=czyx, name=key, channel_names=names)
    return files | _positions(f"{source.name}_positions.csv", stack)


def _nifti(source: Source, truth: bool) -> Files:
    size = mean_voxel_size_nm(source.stack.plan)
    files: Files = {
        f"{source.name}_{layer}.nii.gz": partial(write_nifti, pixels=pixels, voxel_size_nm=size)
        for layer, pixels in _layers(source.stack, truth).items()
    }
    return files | _positions(f"{source.name}_positions.csv", source.stack)


def _mrc(source: Source, truth: bool) -> Files:
    size = mean_voxel_size_nm(source.stack.plan)
    files: Files = {}
    for layer, pixels in _layers(source.stack, truth).items():
        signed = pixels.astype(np.int8) if layer == "labels" and len(source.stack.phases) <= 128 else pixels
        files[f"{source.name}_{layer}.mrc"] = partial(write_mrc_pixels, pixels=signed, voxel_size_nm=size)
    return files | _positions(f"{source.name}_positions.csv", source.stack)


def _vtk(source: Source, truth: bool) -> Files:
    cells = _layers(source.stack, truth)
    write = partial(write_rectilinear_grid, cells=cells, plan=source.stack.plan)
    return {f"{source.name}.vtr": write, **_positions(f"{source.name}_positions.csv", source.stack)}


def _nnunet(source: Source, truth: bool) -> Files:
    if truth:
        raise nnunet.no_truth_maps()
    size = mean_voxel_size_nm(source.stack.plan)
    files: Files = {
        file: partial(write_nifti, pixels=pixels, voxel_size_nm=size)
        for file, pixels in nnunet.case_arrays(source.name, source.split, source.stack).items()
    }
    return files | _positions(f"positions/{source.name}.csv", source.stack)


def _nnunet_dataset(title: str, cases: Sequence[nnunet.Case]) -> Files:
    return {file: partial(write_text, text=text) for file, text in nnunet.dataset_texts(title, cases).items()}


def _layers(stack: ImageStack, truth: bool) -> dict[str, NDArray[Any]]:
    """Return every array ``(slice, y, x)`` of a stack by name, one per channel."""
    channels = _channel_names(stack)
    layers: dict[str, NDArray[Any]] = dict(zip(channels, stack.images, strict=True))
    if stack.labels is not None:
        layers["labels"] = stack.labels
    for key, pixels in _truth_maps(stack, truth).items():
        layers |= {f"{key}_{channel}": own for channel, own in zip(channels, pixels, strict=True)} if pixels.ndim == 4 else {key: pixels}
    return layers


def _truth_maps(stack: ImageStack, truth: bool) -> Mapping[str, NDArray[Any]]:
    """Return what a stack knows beside its labels, if it is wanted."""
    return {key: pixels for key in _TRUTH if truth and (pixels := getattr(stack, key)) is not None}


def _channel_names(stack: ImageStack) -> list[str]:
    """Return names of channels that can be part of a file name, ``2kev-bse``."""
    names = [re.sub(r"[^a-z0-9.]+", "-", f"{channel.energy_kev:g}kev-{channel.detector}".lower()) for channel in stack.channels]
    return names if len(set(names)) == len(names) else [f"{name}-{index}" for index, name in enumerate(names)]


def _positions(file: str, stack: ImageStack) -> Files:
    return {file: partial(write_text, text=positions_table(stack))}


#: Every format by the name that the command line takes.
FORMATS = {
    "imagej": Format(_imagej, ending=".tif"),
    "ome-zarr": Format(_ome_zarr, package=("zarr", "open_group"), ending=OME_ZARR_ENDING),
    "nifti": Format(_nifti, package=("nibabel", "Nifti1Image")),
    "nnunet": Format(_nnunet, package=("nibabel", "Nifti1Image"), closing=_nnunet_dataset),
    "vtk": Format(_vtk, ending=".vtr"),
    "mrc": Format(_mrc, package=("mrcfile", "open")),
}

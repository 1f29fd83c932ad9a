"""OME-Zarr images (NGFF 0.5), as napari, Fiji, BigDataViewer and Vizarr read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib._optional import require

VERSION = "0.5"
LABELS = "solid"
_AXES = (
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "nanometer"},
    {"name": "y", "type": "space", "unit": "nanometer"},
    {"name": "x", "type": "space", "unit": "nanometer"},
)
_LEVELS = 3
# A level is added as long as its images have this many pixels along either axis.
_SMALLEST = 64
_CHUNK = (1, 32, 256, 256)
# One per phase and over again: pore, solid, second solid and so on.
_RGBA = ((0, 0, 0, 0), (255, 200, 40, 255), (70, 130, 230, 255), (220, 80, 90, 255), (90, 190, 120, 255))


def write_ome_zarr(
    path: Path,
    pixels: NDArray[Any],
    *,
    name: str,
    channel_names: Sequence[str],
    voxel_size_nm: tuple[float, float, float],
    labels: NDArray[np.uint8] | None = None,
    phase_names: Sequence[str] = (),
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Write a pyramid of images, and one of labels as ``labels/solid`` below it.

    Parameters
    ----------
    path : Path
        Folder to write; new or empty.
    pixels : ndarray, shape (channel, slice, y, x)
        Grey values. A level has half as many pixels along y and x as the one before, each the mean of four.
    name : str
        Name of the image.
    channel_names : sequence of str
        One for each channel.
    voxel_size_nm : tuple of float
        Mean slice thickness and pixel size ``(z, y, x)`` in nm.
    labels : ndarray of uint8, shape (slice, y, x), optional
        Phase of every pixel. A pixel of a level has one of the four labels below it.
    phase_names : sequence of str
        One for each label, pore first.
    attributes : mapping, optional
        Plain JSON to store beside the metadata of NGFF, under ``synthfib``.

    Raises
    ------
    MissingDependencyError
        If zarr is not installed.
    """
    zarr: Any = require("zarr", attribute="open_group", extra="export")
    image = zarr.open_group(str(path), mode="w", zarr_format=3)
    image.attrs["ome"] = {
        "version": VERSION,
        "multiscales": [{"name": name, "axes": list(_AXES), "datasets": _write_levels(image, pixels, (1.0, *voxel_size_nm)), "type": "mean"}],
        "omero": {"channels": [_omero_channel(title, channel) for title, channel in zip(channel_names, pixels, strict=True)]},
    }
    if attributes:
        image.attrs["synthfib"] = dict(attributes)
    if labels is None:
        return
    image.create_group("labels").attrs["ome"] = {"version": VERSION, "labels": [LABELS]}
    group = image.create_group(f"labels/{LABELS}")
    group.attrs["ome"] = {
        "version": VERSION,
        "multiscales": [{"name": LABELS, "axes": list(_AXES[1:]), "datasets": _write_levels(group, labels, voxel_size_nm), "type": "median"}],
        "image-label": {
            "colors": [{"label-value": label, "rgba": list(_RGBA[label % len(_RGBA)])} for label in range(len(phase_names))],
            "properties": [{"label-value": label, "phase": phase} for label, phase in enumerate(phase_names)],
            "source": {"image": "../../"},
        },
    }


def _write_levels(group: Any, pixels: NDArray[Any], size: Sequence[float]) -> list[dict[str, Any]]:
    """Write the arrays of a pyramid; return their entries in the metadata."""
    datasets = []
    names = [axis["name"] for axis in _AXES[-pixels.ndim :]]
    for level, coarse in enumerate(_levels(pixels, average=pixels.ndim == len(_AXES))):
        chunks = tuple(min(chunk, length) for chunk, length in zip(_CHUNK[-pixels.ndim :], coarse.shape, strict=True))
        group.create_array(str(level), shape=coarse.shape, dtype=coarse.dtype, chunks=chunks, dimension_names=names)[...] = coarse
        datasets.append({"path": str(level), "coordinateTransformations": _transformations(size, 2**level)})
    return datasets


def _levels(pixels: NDArray[Any], *, average: bool) -> Iterator[NDArray[Any]]:
    yield pixels
    for _ in range(_LEVELS - 1):
        y, x = (length // 2 for length in pixels.shape[-2:])
        if min(y, x) < _SMALLEST:
            return
        quarters = [pixels[..., i : 2 * y : 2, j : 2 * x : 2] for i in (0, 1) for j in (0, 1)]
        pixels = _mean(quarters) if average else np.sort(quarters, axis=0)[1]
        yield pixels


def _mean(quarters: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the mean of four arrays in their dtype; whole numbers are rounded."""
    if np.issubdtype(quarters[0].dtype, np.floating):
        return np.asarray(sum(quarters) / np.float32(4), quarters[0].dtype)
    total = np.full(quarters[0].shape, 2, np.uint32)
    for quarter in quarters:
        total += quarter
    return (total // 4).astype(quarters[0].dtype)


def _transformations(size: Sequence[float], factor: int) -> list[dict[str, Any]]:
    """Place a level: coordinates are those of the centres of pixels, which move when pixels become one."""
    zeros = [0.0] * (len(size) - 2)
    return [
        {"type": "scale", "scale": [*map(float, size[:-2]), *(float(length) * factor for length in size[-2:])]},
        {"type": "translation", "translation": [*zeros, *(float(length) * (factor - 1) / 2 for length in size[-2:])]},
    ]


def _omero_channel(name: str, pixels: NDArray[Any]) -> dict[str, Any]:
    finite = pixels[np.isfinite(pixels)] if np.issubdtype(pixels.dtype, np.floating) else pixels
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    top = high if np.issubdtype(pixels.dtype, np.floating) else float(np.iinfo(pixels.dtype).max)
    return {"label": name, "color": "FFFFFF", "active": True, "window": {"min": min(0.0, low), "max": top, "start": low, "end": high}}

"""TIFF stacks with the voxel size in the tags that ImageJ and Fiji use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray

from synthfib.data.raw import RawArray
from synthfib.errors import InputError

_NM_PER_UNIT = {"nm": 1.0, "nanometer": 1.0, "um": 1e3, "µm": 1e3, "\\u00b5m": 1e3, "micron": 1e3, "microns": 1e3, "mm": 1e6}


def read_tiff(path: Path, *, mapped: bool = False) -> RawArray:
    """Read a TIFF file; axes come out as (slice, y, x) or (slice, channel, y, x), the voxel size only if all three are in the tags.

    Parameters
    ----------
    path : Path
        The file.
    mapped : bool
        Leave the pixels on disk, unpacked into a temporary file if need be, until they are looked at.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not a stack of grey images.
    """
    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            axes, pixels = series.axes.replace("I", "Z").replace("Q", "Z"), series.asarray(out="memmap" if mapped else None)
            tags, imagej = file.pages[0].tags, file.imagej_metadata or {}  # type: ignore[union-attr]
            voxel_size_nm = _voxel_size_nm(tags, imagej)
    except FileNotFoundError as error:
        raise InputError(f"A file is required at {str(path)!r}, there is none.") from error
    except (tifffile.TiffFileError, OSError, ValueError, IndexError) as error:
        raise InputError(f"{str(path)!r} cannot be read as TIFF ({error}); write or copy it again.") from error
    if axes not in ("YX", "ZYX", "ZCYX", "CYX", "CZYX") or pixels.ndim != len(axes):
        raise InputError(f"{str(path)!r} must be a stack of grey images (slices, y, x), got axes {axes} of shape {pixels.shape}.")
    if axes == "YX":
        pixels = pixels[None]
    if axes == "CZYX":
        pixels = pixels.swapaxes(0, 1)
    if axes == "CYX":
        pixels = pixels[None]
    return RawArray(pixels, voxel_size_nm, _info(imagej))


def write_tiff(
    path: Path,
    pixels: NDArray[Any],
    voxel_size_nm: tuple[float, float, float],
    info: dict[str, Any],
    *,
    image_titles: Sequence[str] = (),
    grey_range: tuple[float, float] | None = None,
) -> None:
    """Write an ImageJ hyperstack of axes (slice, y, x) or (slice, channel, y, x).

    Pixels wider than high lose nothing: both resolutions are stored; `info` is kept as JSON in ImageJ's text field. `image_titles` are shown
    above each image, the channels of a slice after each other; `grey_range` is shown as black and white.
    """
    z_nm, y_nm, x_nm = voxel_size_nm
    axes = "ZYX" if pixels.ndim == 3 else "ZCYX"
    metadata: dict[str, Any] = {"axes": axes, "spacing": z_nm, "unit": "nm", "Info": json.dumps({"synthfib": info}, sort_keys=True)}
    if pixels.ndim == 4 and pixels.shape[1] > 1:
        metadata["mode"] = "grayscale"
    if image_titles:
        metadata["Labels"] = list(image_titles)
    if grey_range is not None:
        metadata["min"], metadata["max"] = grey_range
    tifffile.imwrite(path, pixels, imagej=True, resolution=(1 / x_nm, 1 / y_nm), metadata=metadata)


def _voxel_size_nm(tags: Any, imagej: dict[str, Any]) -> tuple[float, float, float] | None:
    """Voxel size from ImageJ's unit and spacing with the resolution tags; None if one of them is missing."""
    resolutions = [tags.get(name) for name in ("YResolution", "XResolution")]
    spacing = imagej.get("spacing")
    if spacing is None or any(tag is None or not tag.value[0] for tag in resolutions):
        return None
    scale_nm = _NM_PER_UNIT.get(str(imagej.get("unit", "")).lower())
    if scale_nm is None:
        return None
    y_nm, x_nm = (scale_nm * tag.value[1] / tag.value[0] for tag in resolutions)
    return (float(spacing) * scale_nm, y_nm, x_nm)


def _info(imagej: dict[str, Any]) -> dict[str, Any]:
    try:
        info = json.loads(imagej.get("Info", "{}")).get("synthfib", {})
    except (ValueError, AttributeError):
        return {}
    return info if isinstance(info, dict) else {}

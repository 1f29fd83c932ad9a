"""Slices alone, without sizes or energies: grey values of any stack, and where labels say that there is solid."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy.ndimage import shift

from synthfib.data import hdf5
from synthfib.data.raw import read_hdf5, read_npy
from synthfib.data.segmentation_file import SEGMENTATION_KIND
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.tiff import read_tiff
from synthfib.data.writers import check_ending
from synthfib.errors import InputError

_PICTURES = (".tif", ".tiff", ".png", ".bmp", ".jpg", ".jpeg")
_ENDINGS = (".h5", ".tif", ".npy")


def read_slices(path: Path, *, energy_kev: float | None = None) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Return the grey values of one channel, and the labels that the file holds beside them.

    Parameters
    ----------
    path : Path
        A stack of synthfib (.h5), a TIFF (.tif, .tiff), HDF5 or NPY file of another program with one channel, or a folder of images in the
        order of the numbers in their names.
    energy_kev : float, optional
        Landing energy of the channel of a stack of synthfib; the first channel by default.

    Returns
    -------
    images : ndarray of uint8 or uint16, shape (slice, y, x)
        Grey values.
    labels : ndarray of uint8, shape (slice, y, x), or None
        Phase of every pixel, if the file knows; moved along with images that drifted, by whole pixels.

    Raises
    ------
    InputError
        If there is nothing to read, or something other than one channel of 8- or 16-bit grey values.
    """
    stack = _own_stack(path)
    if stack is not None:
        channel = _channel(stack, energy_kev)
        return stack.images[channel], _seen_labels(stack, channel)
    if energy_kev is not None:
        raise InputError(f"A landing energy chooses a channel of a stack written by synthfib, {str(path)!r} is none; leave it out.")
    if path.is_file() and (kind := _own_kind(path)) is not None:
        raise InputError(f"A stack of images is required, {str(path)!r} holds {kind}.")
    images = _pixels(path)
    if images.dtype not in (np.uint8, np.uint16):
        raise InputError(f"Images must have 8- or 16-bit grey values, {str(path)!r} has {images.dtype}; convert them first.")
    return images, None


def read_solid(path: Path) -> NDArray[np.bool_]:
    """Return where labels say that there is solid: everything but 0.

    Parameters
    ----------
    path : Path
        A stack with labels, a volume or a segmentation of synthfib (.h5), a TIFF, HDF5 or NPY file of another program, or a folder of images.

    Returns
    -------
    ndarray of bool, shape (slice, y, x)
        True in the solid.

    Raises
    ------
    InputError
        If there is nothing to read, or no labels.
    """
    stack = _own_stack(path)
    if stack is not None:
        if stack.labels is None:
            raise InputError(f"A stack with labels is required, {str(path)!r} has none; name a file of labels.")
        return np.asarray(stack.labels != 0, np.bool_)
    solid: NDArray[np.bool_] = _pixels(path) != 0
    return solid


def _own_stack(path: Path) -> ImageStack | None:
    if not path.exists():
        raise InputError(f"A file or a folder of images is required at {str(path)!r}, there is none.")
    if path.is_dir() or check_ending(path, dict.fromkeys(_ENDINGS)) != ".h5":
        return None
    with hdf5.open_for_reading(path) as file:
        return hdf5.read_stack(file) if hdf5.kind_of(file) == hdf5.STACK_KIND else None


def _own_kind(path: Path) -> str | None:
    if check_ending(path, dict.fromkeys(_ENDINGS)) != ".h5":
        return None
    with hdf5.open_for_reading(path) as file:
        return hdf5.kind_of(file)


def _channel(stack: ImageStack, energy_kev: float | None) -> int:
    return 0 if energy_kev is None else stack.channel_index(Channel(energy_kev, stack.channels[0].detector))


def _seen_labels(stack: ImageStack, channel: int) -> NDArray[np.uint8] | None:
    """Labels where the images of a channel show them."""
    if stack.labels is None or stack.displacement_nm is None:
        return stack.labels
    moves = np.rint(stack.displacement_nm[channel] / np.asarray(stack.plan.pixel_size_nm))
    seen = np.empty_like(stack.labels)
    for face, move, label in zip(seen, moves, stack.labels, strict=True):
        shift(label, move, output=face, order=0, mode="nearest")
    return seen


def _pixels(path: Path) -> NDArray[Any]:
    """Whatever the file or the folder holds, three axes."""
    if path.is_dir():
        return PictureFolder(path)[:]
    readers: dict[str, Callable[[Path], NDArray[Any]]] = {
        ".h5": _hdf5,
        ".tif": lambda name: read_tiff(name).pixels,
        ".npy": lambda name: read_npy(name).pixels,
    }
    pixels = readers[check_ending(path, readers)](path)
    pixels = pixels[:, 0] if pixels.ndim == 4 and pixels.shape[1] == 1 else pixels
    if pixels.ndim != 3 or pixels.size == 0:
        raise InputError(f"{str(path)!r} must hold one channel (slice, y, x), got shape {pixels.shape}.")
    return pixels


def _hdf5(path: Path) -> NDArray[Any]:
    with hdf5.open_for_reading(path) as file:
        if hdf5.kind_of(file) == SEGMENTATION_KIND:
            return np.asarray(file["solid"])
    return read_hdf5(path).pixels


class PictureFolder:
    """The images of a folder in the order of the numbers in their names, each read when it is asked for.

    Raises
    ------
    InputError
        If there are none, or one of them is no grey image or unlike the first.
    """

    def __init__(self, path: Path) -> None:
        self.files = sorted((file for file in path.iterdir() if file.suffix.lower() in _PICTURES), key=_by_number)
        if not self.files:
            raise InputError(f"A folder of images ({', '.join(_PICTURES)}) is required, {str(path)!r} has none.")
        self.first = _picture(self.files[0])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes ``(slice, y, x)``."""
        y, x = self.first.shape
        return (len(self.files), y, x)

    def __getitem__(self, index: slice, /) -> NDArray[Any]:
        images = [self._alike(file) for file in self.files[index]]
        return np.stack(images) if images else np.empty((0, *self.shape[1:]), self.first.dtype)

    def _alike(self, file: Path) -> NDArray[Any]:
        image = _picture(file)
        if image.shape != self.first.shape or image.dtype != self.first.dtype:
            raise InputError(
                f"All images of a folder must be alike, {str(file)!r} is {image.dtype} of {image.shape} and "
                f"{self.files[0].name!r} {self.first.dtype} of {self.first.shape}; crop or convert them."
            )
        return image


def _picture(path: Path) -> NDArray[Any]:
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            pixels = np.asarray(tifffile.imread(path))
        else:
            with Image.open(path) as picture:
                pixels = np.asarray(picture)
    except (UnidentifiedImageError, tifffile.TiffFileError, OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read as an image ({error}); write or copy it again.") from error
    if pixels.ndim != 2:
        raise InputError(f"{str(path)!r} must be one grey image (y, x), got shape {pixels.shape}; convert it to grey values.")
    return pixels


def _by_number(path: Path) -> list[tuple[int, str]]:
    """`slice-9` before `slice-10`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name.lower())]

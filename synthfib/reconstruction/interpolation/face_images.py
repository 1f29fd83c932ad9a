"""Images of the faces that lie on either side of gaps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.data import hdf5
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.training.grey_values import PercentileScaling


@dataclass(frozen=True, slots=True, eq=False)
class FaceImages:
    """Images of faces, in memory or in a file.

    Parameters
    ----------
    grey : array or dataset of uint8 or uint16, shape (channel, face, y, x)
        Grey values.
    limits : ndarray of float32, shape (channel, 2)
        Grey values of dark pores and of bare solid, see `PercentileScaling`.
    energies_kev : tuple of float
        Landing energy of each channel.
    chosen : ndarray of int, shape (face,), optional
        Numbers of the faces that count; all of them by default.
    """

    grey: Any
    limits: NDArray[np.float32]
    energies_kev: tuple[float, ...]
    chosen: NDArray[np.intp] | None = None

    @classmethod
    def of(cls, stack: ImageStack) -> FaceImages:
        """Return the images of a stack in memory."""
        limits = [PercentileScaling().limits(channel) for channel in stack.images]
        return cls(stack.images, np.array(limits, np.float32), tuple(channel.energy_kev for channel in stack.channels))

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes ``(channel, face, y, x)``."""
        channels, faces, *sides = self.grey.shape
        return (channels, faces if self.chosen is None else self.chosen.size, *sides)

    def fitting(self, shape: tuple[int, ...], chosen: NDArray[np.intp] | None = None) -> FaceImages:
        """Return the images of faces ``(face, y, x)`` of this shape, or of those that are chosen among them.

        Raises
        ------
        InputError
            If there are not as many images, or they have other sides.
        """
        if self.shape[1:] != tuple(shape):
            raise InputError(f"Images of all faces {tuple(shape)} are required, got {self.shape[1:]} in {self.shape[0]} channels.")
        return self if chosen is None else replace(self, chosen=chosen)

    def near(self, faces: slice) -> FaceImages:
        """Return a range of faces, read into memory."""
        numbers = np.arange(self.grey.shape[1])[faces] if self.chosen is None else self.chosen[faces]
        grey = np.stack([np.asarray(self.grey[:, number]) for number in numbers.tolist()], axis=1)
        return replace(self, grey=grey, chosen=None)

    def scaled(self, energies_kev: tuple[float, ...]) -> NDArray[np.float32]:
        """Return the images at some energies, ``(channel, face, y, x)``, -1 in dark pores and 1 on bare solid.

        Raises
        ------
        InputError
            If there are no images at one of them.
        """
        missing = [f"{energy:g}" for energy in energies_kev if energy not in self.energies_kev]
        if missing:
            known = ", ".join(f"{energy:g}" for energy in self.energies_kev)
            raise InputError(f"Images at {', '.join(missing)} keV are required, there are some at {known} keV.")
        channels = [self.energies_kev.index(energy) for energy in energies_kev]
        low, high = (self.limits[channels, side][:, None, None, None] for side in (0, 1))
        scaled: NDArray[np.float32] = (self.grey[channels].astype(np.float32) - low) * (2 / (high - low)) - 1
        return scaled


@contextmanager
def open_images(path: Path) -> Iterator[FaceImages]:
    """Open the images of a stack of synthfib (.h5); they stay on disk until they are asked for.

    Raises
    ------
    InputError
        If there is no such stack.
    """
    with hdf5.open_for_reading(path) as file:
        if hdf5.kind_of(file) != hdf5.STACK_KIND:
            raise InputError(f"A stack of images written by synthfib (.h5) is required, {str(path)!r} is none.")
        outline, grey, scaling = hdf5.read_outline(file), file["images"], PercentileScaling()
        limits = np.array([scaling.limits(_OneChannel(grey, number)) for number in range(grey.shape[0])], np.float32)
        yield FaceImages(grey, limits, tuple(channel.energy_kev for channel in outline.channels))


class _OneChannel:
    """A channel whose faces are read one after the other."""

    def __init__(self, grey: Any, number: int) -> None:
        self._grey, self._number, self.dtype = grey, number, grey.dtype

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (np.asarray(self._grey[self._number, face]) for face in range(self._grey.shape[1]))

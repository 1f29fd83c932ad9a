"""A split of a corpus as a sequence of samples, each read from disk when it is asked for."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from synthfib.corpus.contained import contained
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import VolumeEntry
from synthfib.corpus.open_stacks import OpenStack, OpenStacks
from synthfib.data.hdf5 import TRUTH_AXES
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError, UnknownNameError

#: Truth that a sample can hold beside its label.
TRUTH = tuple(name for name in TRUTH_AXES if name != "labels")


@dataclass(frozen=True, slots=True)
class Window:
    """Where a sample is cut: a volume, a slice of it, and a rectangle on that face.

    Parameters
    ----------
    volume : str
        Name of the volume.
    face : int
        Number of the slice.
    top, left : int
        First pixel.
    height, width : int
        Pixels.
    """

    volume: str
    face: int
    top: int
    left: int
    height: int
    width: int

    @property
    def pixels(self) -> tuple[slice, slice]:
        """The rectangle ``(y, x)`` as an index."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Grey values of a face, or of a part of it, with their truth.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (channel * adjacent_slices, y, x)
        Grey values, the neighbouring slices of one channel together, the slice itself in the middle.
    label : ndarray of uint8, shape (y, x), optional
        Phase of every pixel, 0 is the pore; None where the truth is withheld.
    window : Window
        Where it was cut.
    position_nm : float
        Depth of the face.
    truth : mapping of str to ndarray
        Further truth of the slice, by name, as far as it was asked for; with a channel axis in front where there is one.
    """

    image: NDArray[np.uint8] | NDArray[np.uint16]
    label: NDArray[np.uint8] | None
    window: Window
    position_nm: float
    truth: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Samples(Sequence[Sample]):
    """A sized sequence of samples that are read when they are asked for; make one with `load`.

    Threads may share it. A copy in another process opens the files again.
    """

    corpus: Corpus
    volumes: tuple[VolumeEntry, ...]
    channels: tuple[Channel | float, ...] | None
    adjacent_slices: int
    patch: tuple[int, int] | None
    stride: tuple[int, int] | None
    truth: tuple[str, ...]
    _ends: tuple[int, ...]
    _order: range
    _files: OpenStacks = field(default_factory=OpenStacks)

    def __repr__(self) -> str:
        names = f"{len(self.volumes)} volumes {self.volumes[0].name} to {self.volumes[-1].name}"
        return f"Samples({len(self)} of {self.corpus.name} {self.corpus.version}, {names})"

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Samples: ...
    def __getitem__(self, index: int | slice) -> Sample | Samples:
        """Read one sample, or choose several without reading them."""
        if isinstance(index, slice):
            return replace(self, _order=self._order[index])
        return self.read(self.window(index))

    def window(self, index: int) -> Window:
        """Return where a sample is cut, without reading it."""
        number = self._order[index]
        chosen = bisect_right(self._ends, number)
        volume = self.volumes[chosen]
        tops, lefts = _corners(volume.shape[2:], self.patch, self.stride)
        face, corner = divmod(number - (self._ends[chosen - 1] if chosen else 0), len(tops) * len(lefts))
        row, column = divmod(corner, len(lefts))
        return Window(volume.name, face, tops[row], lefts[column], *(self.patch or volume.shape[2:]))

    def read(self, window: Window) -> Sample:
        """Return the sample that is cut at any place.

        Raises
        ------
        UnknownNameError
            If the split has no such volume.
        InputError
            If the place is not in the volume, or the file is missing, damaged or lacks a channel or a truth.
        """
        volume = self._volume(window.volume)
        _, n_slices, height, width = volume.shape
        if not (
            0 <= window.face < n_slices
            and 0 <= window.top < window.top + window.height <= height
            and 0 <= window.left < window.left + window.width <= width
        ):
            raise InputError(f"A window must be inside the {n_slices} slices of {height} x {width} pixels of {volume.name}, got {window}.")
        with self._files.at(contained(self.corpus.path, volume.file), volume.shape) as stack:
            channels = _channel_indices(stack, self.channels)
            label = stack.read("labels", window.face, *window.pixels) if "labels" in volume.content_sha256 else None
            truth = {name: _read_truth(stack, name, channels, window) for name in self.truth}
            position_nm = float(stack.outline.plan.positions_nm[window.face])
            return Sample(self._image(stack, channels, window), label, window, position_nm, truth)

    def stacks(self) -> Iterator[tuple[str, ImageStack]]:
        """Yield every volume of the split with its name, whole, one after the other."""
        for volume in self.volumes:
            yield volume.name, self.corpus.read(volume.name)

    def _volume(self, name: str) -> VolumeEntry:
        for volume in self.volumes:
            if volume.name == name:
                return volume
        raise UnknownNameError("volume", name, [volume.name for volume in self.volumes])

    def _image(self, stack: OpenStack, channels: Sequence[int], window: Window) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Read the slice and its neighbours, the last ones repeated at the ends of the stack."""
        reach, last = self.adjacent_slices // 2, stack.outline.plan.n_slices - 1
        faces = [min(max(window.face + step, 0), last) for step in range(-reach, reach + 1)]
        return np.stack([stack.read("images", channel, face, *window.pixels) for channel in channels for face in faces])


def load(
    path: Path | str,
    *,
    split: str = "train",
    channels: Sequence[Channel | float] | None = None,
    adjacent_slices: int = 1,
    patch: int | tuple[int, int] | None = None,
    stride: int | tuple[int, int] | None = None,
    truth: Sequence[str] = (),
) -> Samples:
    """Return a split of a corpus as a sequence of samples, of which none is read before it is asked for.

    Parameters
    ----------
    path : path
        Folder of the corpus.
    split : {"train", "validation", "test"}
        Which split.
    channels : sequence of Channel or float, optional
        Channels in the order in which they are wanted, a number being a landing energy in keV; all of them by default.
    adjacent_slices : int
        Odd number of slices per sample: the labelled one in the middle and its neighbours.
    patch : int or (int, int), optional
        Pixels ``(y, x)`` of the patches that a face is cut into; whole faces by default.
    stride : int or (int, int), optional
        Pixels from one patch to the next; by default the size of a patch. The last patch ends with the face.
    truth : sequence of str
        What to read beside labels: ``depth_to_solid_nm``, ``displacement_nm``, ``shine_through``, ``yields``.

    Raises
    ------
    UnknownNameError
        If the corpus has no such split, or there is no such truth.
    InputError
        If the folder holds no corpus, it has no such channel, or a size cannot be.
    """
    corpus = Corpus.open(path)
    names = set(corpus.names(split))
    volumes = tuple(volume for volume in corpus.manifest.volumes if volume.name in names)
    for name in truth:
        if name not in TRUTH:
            raise UnknownNameError("truth", name, TRUTH)
    if adjacent_slices < 1 or adjacent_slices % 2 == 0:
        raise InputError(f"The number of adjacent slices must be odd, got {adjacent_slices}.")
    if stride is not None and patch is None:
        raise InputError("A stride is for patches; give the size of a patch too.")
    patch_size, step = _pixels("patch", patch), _pixels("stride", stride)
    for volume in volumes:
        if patch_size is not None and any(size > side for size, side in zip(patch_size, volume.shape[2:], strict=True)):
            raise InputError(f"A patch must fit on a face, {volume.name} has {volume.shape[2]} x {volume.shape[3]} pixels, got {patch!r}.")
    ends = tuple(accumulate(volume.shape[1] * math.prod(map(len, _corners(volume.shape[2:], patch_size, step))) for volume in volumes))
    wanted = None if channels is None else tuple(channels)
    samples = Samples(corpus, volumes, wanted, adjacent_slices, patch_size, step, tuple(truth), ends, range(ends[-1]))
    samples.read(samples.window(0))  # so that what is not there is missed now
    return samples


def _pixels(what: str, size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the size of a patch or the step between patches as ``(y, x)``."""
    if size is None:
        return None
    both = (size, size) if isinstance(size, int) else tuple(size)
    if len(both) != 2 or not all(isinstance(n, int) and n > 0 for n in both):
        raise InputError(f"The {what} needs one or two positive numbers of pixels (y, x), got {size!r}.")
    return both


@cache
def _corners(sides: tuple[int, int], patch: tuple[int, int] | None, stride: tuple[int, int] | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first rows and the first columns of the patches of a face; the last patch ends with the face."""
    if patch is None:
        return (0,), (0,)
    tops, lefts = ((*range(0, side - size, step), side - size) for side, size, step in zip(sides, patch, stride or patch, strict=True))
    return tops, lefts


def _channel_indices(stack: OpenStack, wanted: Sequence[Channel | float] | None) -> tuple[int, ...]:
    """Find channels, by energy alone where only that is given.

    Raises
    ------
    InputError
        If the stack does not have exactly one such channel.
    """
    have = stack.outline.channels
    if wanted is None:
        return tuple(range(len(have)))
    return tuple(_channel_index(have, channel) for channel in wanted)


def _channel_index(have: tuple[Channel, ...], wanted: Channel | float) -> int:
    energy_kev, detector = (wanted.energy_kev, wanted.detector) if isinstance(wanted, Channel) else (wanted, None)
    found = [
        index
        for index, channel in enumerate(have)
        if math.isclose(channel.energy_kev, energy_kev, rel_tol=1e-3) and detector in (None, channel.detector)
    ]
    if len(found) != 1:
        name = str(wanted) if isinstance(wanted, Channel) else f"{wanted:g} keV"
        raise InputError(f"One channel at {name} is required, the corpus has {', '.join(map(str, have))}; choose among these.")
    return found[0]


def _read_truth(stack: OpenStack, name: str, channels: Sequence[int], window: Window) -> NDArray[np.generic]:
    axes = TRUTH_AXES[name].split(",")
    where = (window.face, *(window.pixels if axes[-1] == "x" else ()))
    if axes[0] != "channel":
        return stack.read(name, *where)
    return np.stack([stack.read(name, channel, *where) for channel in channels])

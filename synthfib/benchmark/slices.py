"""The slices of a test split that are worth a picture: the one with most misplaced pixels, and the median one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from synthfib.data.atomic import atomic_path
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError

_ARRAYS = ("image", "truth", "found")


@dataclass(frozen=True, slots=True, eq=False)
class ShownSlice:
    """One slice with its truth and what was found in it.

    Parameters
    ----------
    volume : str
        Name of the volume.
    number : int
        Number of the slice in the volume, from 0.
    misplaced : float
        Share of misplaced pixels.
    image : ndarray of uint8 or uint16, shape (y, x)
        The first channel.
    truth, found : ndarray of bool, shape (y, x)
        True where solid is, and where it was found.
    """

    volume: str
    number: int
    misplaced: float
    image: NDArray[np.unsignedinteger]
    truth: NDArray[np.bool_]
    found: NDArray[np.bool_]


class SliceShow:
    """Looks at segmented volumes one after the other, and keeps little of each."""

    def __init__(self) -> None:
        self._ranked: list[tuple[float, str, int]] = []
        self._found: dict[str, tuple[NDArray[np.uint8], tuple[int, ...]]] = {}

    def look_at(self, volume: str, found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> None:
        """Remember a segmentation, one bit per pixel."""
        shares = np.mean(found != truth, axis=(1, 2))
        self._ranked += [(float(share), volume, number) for number, share in enumerate(shares)]
        self._found[volume] = np.packbits(found), found.shape

    def places(self) -> dict[str, tuple[str, int]]:
        """Return volume and number of the worst and of the median slice, the first of equal ones."""
        ranked = sorted(self._ranked, key=lambda entry: (entry[0], entry[1], entry[2]))
        worst = min(self._ranked, key=lambda entry: (-entry[0], entry[1], entry[2]))
        return {"worst": worst[1:], "median": ranked[(len(ranked) - 1) // 2][1:]}

    def show(self, stacks: Mapping[str, ImageStack]) -> dict[str, ShownSlice]:
        """Return the two slices, given the labelled stacks that they are in."""
        return {kind: self._shown(stacks[volume], volume, number) for kind, (volume, number) in self.places().items()}

    def _shown(self, stack: ImageStack, volume: str, number: int) -> ShownSlice:
        packed, shape = self._found[volume]
        found = np.unpackbits(packed, count=int(np.prod(shape))).reshape(shape)[number].astype(np.bool_)
        assert stack.labels is not None
        truth = stack.labels[number] != 0
        return ShownSlice(volume, number, float(np.mean(found != truth)), stack.images[0, number], truth, found)


def write_slices(path: Path, shown: Mapping[str, ShownSlice]) -> None:
    """Write slices as one NPZ file, complete or not at all."""
    arrays = {f"{kind}_{name}": getattr(one, name) for kind, one in shown.items() for name in _ARRAYS}
    places = {f"{kind}_place": np.array([one.volume, str(one.number)]) for kind, one in shown.items()}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays, **places)


def read_slices(path: Path) -> dict[str, ShownSlice]:
    """Read what `write_slices` wrote.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
        return {kind: _read(content, kind) for kind in sorted(name.removesuffix("_place") for name in content if name.endswith("_place"))}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise InputError(f"The slices of a benchmark are required in {path}, it is missing or damaged; delete its folder and run again.") from error


def _read(content: Mapping[str, NDArray[np.generic]], kind: str) -> ShownSlice:
    volume, number = (str(value) for value in content[f"{kind}_place"])
    image, truth, found = (content[f"{kind}_{name}"] for name in _ARRAYS)
    misplaced = float(np.mean(truth.astype(np.bool_) != found.astype(np.bool_)))
    return ShownSlice(volume, int(number), misplaced, np.asarray(image, np.uint16), truth.astype(np.bool_), found.astype(np.bool_))

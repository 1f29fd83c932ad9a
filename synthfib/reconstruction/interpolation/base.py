"""The contract of every interpolation method, and the stream of planes that all of them serve."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError
from synthfib.reconstruction.interpolation.face_images import FaceImages


class Faces(Protocol):
    """Segmented faces ``(face, y, x)``, in memory or in a file: what is not 0 is solid, and a range of faces is read by a slice."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes ``(face, y, x)``."""
        ...

    def __getitem__(self, index: slice, /) -> Any:
        """Return a range of faces."""
        ...


class Interpolator(ABC):
    """Says where solid is on the planes between faces.

    Contract: a plane in which a face lies is that face. The same faces give the same planes, whatever the size of the blocks, as long as
    `halo` more faces are given beyond either end of a block. Nothing is changed by filling.
    """

    name: ClassVar[str]
    #: Faces that are needed above and below the two that enclose a block.
    halo: ClassVar[int]

    @abstractmethod
    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range.

        Parameters
        ----------
        faces : ndarray of bool, shape (face, y, x)
            True in the solid; two faces or more.
        depths : ndarray of float64, shape (face,)
            Where the faces are, in units of planes, strictly increasing; whole numbers once slices are repositioned.
        planes : tuple of int
            First plane, and the one after the last; all of them lie within the first and the last depth.

        Returns
        -------
        ndarray of bool, shape (plane, y, x)
            True in the solid.
        """


class ImageInterpolator(Interpolator):
    """An interpolator that looks at the images of the faces, too: what lies below a face shines through its pores."""

    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Raise InputError: there are no images."""
        raise InputError(f"The method {self.name!r} looks at the images of the slices; give them, or choose another method.")

    @abstractmethod
    def fill_seeing(self, faces: NDArray[np.bool_], images: FaceImages, depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range; `images` are those of the same faces, and the rest is as in `fill`."""


def whole_planes(depths: ArrayLike) -> tuple[int, int]:
    """Return the first plane and the one after the last that lie within the depths."""
    ends = np.asarray(depths, np.float64)[[0, -1]]
    return int(np.ceil(ends[0])), int(np.floor(ends[1])) + 1


def bracket(depths: NDArray[np.float64], planes: tuple[int, int], halo: int) -> slice:
    """Return which faces enclose a range of planes, with `halo` more of them on either side where there are any."""
    above = int(np.searchsorted(depths, planes[0], side="right")) - 1
    below = int(np.searchsorted(depths, planes[1] - 1, side="left"))
    # A range of one plane with a face in it still needs a second face.
    below = max(below, above + 1)
    return slice(max(min(above, depths.size - 2) - halo, 0), min(below + 1 + halo, depths.size))


def interpolate(
    faces: Faces, depths: ArrayLike, method: Interpolator, *, images: FaceImages | None = None, block_planes: int = 64
) -> Iterator[NDArray[np.bool_]]:
    """Yield all whole planes from the first face to the last, block by block.

    Parameters
    ----------
    faces : array or dataset, shape (face, y, x)
        What is not 0 is solid. Only the faces of a block and of the halo of the method are in memory.
    depths : array_like of float, shape (face,)
        Where the faces are, in units of planes, strictly increasing.
    method : Interpolator
        How gaps are filled.
    images : FaceImages, optional
        Images of the same faces, for a method that looks at them.
    block_planes : int
        Planes of a block, 1 or more.

    Yields
    ------
    ndarray of bool, shape (plane, y, x)
        `block_planes` planes, the last time maybe fewer.

    Raises
    ------
    InputError
        If there are fewer than two faces, depths are not one increasing number per face, or images are not those of the faces.
    """
    where = np.asarray(depths, np.float64)
    _check(faces, where, block_planes)
    seen = None if images is None else images.fitting(faces.shape)
    return _blocks(faces, where, method, seen, block_planes)


def _blocks(
    faces: Faces, depths: NDArray[np.float64], method: Interpolator, images: FaceImages | None, block_planes: int
) -> Iterator[NDArray[np.bool_]]:
    first, end = whole_planes(depths)
    held, solid = slice(0, 0), np.empty((0, *faces.shape[1:]), np.bool_)
    for start in range(first, end, block_planes):
        planes = (start, min(start + block_planes, end))
        near = bracket(depths, planes, method.halo)
        known = min(max(held.stop, near.start), near.stop)  # faces of the last block are not read again
        solid = np.concatenate([solid[near.start - held.start :][: known - near.start], np.asarray(faces[known : near.stop]) != 0])
        held = near
        if isinstance(method, ImageInterpolator) and images is not None:
            yield method.fill_seeing(solid, images.near(near), depths[near], planes)
        else:
            yield method.fill(solid, depths[near], planes)


def _check(faces: Faces, depths: NDArray[np.float64], block_planes: int) -> None:
    if len(faces.shape) != 3 or 0 in faces.shape:
        raise InputError(f"Faces must be a non-empty array (face, y, x), got shape {tuple(faces.shape)}.")
    if faces.shape[0] < 2:
        raise InputError("Planes between faces need two faces or more, got one; there is nothing to interpolate.")
    if depths.shape != (faces.shape[0],):
        raise InputError(f"One depth per face is required, got {depths.size} depths for {faces.shape[0]} faces.")
    if not np.isfinite(depths).all() or not (np.diff(depths) > 0).all():
        raise InputError("Depths of faces must be finite and strictly increasing; sort the faces, or reposition them first.")
    if block_planes < 1:
        raise InputError(f"A block needs one plane or more, got {block_planes!r}.")

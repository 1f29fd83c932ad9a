"""Draw the planes of gaps with a network that makes polynomials in depth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

# Pixels along the edge of a tile, and how far the network sees beyond it; both even.
_TILE, _REACH = 512, 24


def draw_planes(
    network: torch.nn.Module,
    faces: NDArray[np.bool_],
    images: NDArray[np.float32] | None,
    depths: NDArray[np.float64],
    planes: tuple[int, int],
    *,
    threads: int,
) -> NDArray[np.bool_]:
    """Return the planes of a range, those that are faces unchanged.

    Parameters
    ----------
    network : torch.nn.Module
        A trained `NeuralSpline`.
    faces : ndarray of bool, shape (face, y, x)
        True in the solid.
    images : ndarray of float32, shape (channel, face, y, x), optional
        Scaled grey values, for a network that sees any.
    depths : ndarray of float64, shape (face,)
        Where the faces are, in planes.
    planes : tuple of int
        First plane, and the one after the last.
    threads : int
        Threads of the arithmetic.

    Returns
    -------
    ndarray of bool, shape (plane, y, x)
        True in the solid.
    """
    from synthfib.training.determinism import reproducible

    filled = np.empty((planes[1] - planes[0], *faces.shape[1:]), np.bool_)
    wanted = np.arange(*planes)
    gaps = np.clip(np.searchsorted(depths, wanted, side="right") - 1, 0, depths.size - 2)
    with reproducible(seed=0, threads=threads):
        for gap in np.unique(gaps).tolist():
            shown, distances = _surroundings(depths, gap)
            shares = (wanted[gaps == gap] - depths[gap]) / (depths[gap + 1] - depths[gap])
            seen = None if images is None else images[:, shown]
            filled[gaps == gap] = _draw(network, faces[shown], seen, distances, shares)
    return filled


def _surroundings(depths: NDArray[np.float64], gap: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return which faces are around a gap and the distances between them; at the ends of a stack a face is repeated."""
    from synthfib.training.networks.neural_spline import END_GAP, FACES

    wanted = np.arange(gap + 1 - FACES // 2, gap + 1 + FACES // 2)
    shown = wanted.clip(0, depths.size - 1)
    return shown, np.where(np.diff(shown) > 0, np.diff(depths[shown]), END_GAP)


def _draw(
    network: torch.nn.Module, faces: NDArray[np.bool_], images: NDArray[np.float32] | None, gaps: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the planes at some shares of the middle gap, tile by tile."""
    import torch

    drawn = np.empty((shares.size, *faces.shape[1:]), np.bool_)
    if ((shares > 0) & (shares < 1)).any():
        where = [torch.from_numpy(array.astype(np.float32))[None] for array in (gaps, shares)]
        with torch.inference_mode():
            for seen, inner, tile in _tiles(faces.shape[1:]):
                logits = network(_inputs(faces, images, seen), *where)[0]
                drawn[:, *tile] = (logits > 0).numpy()[:, *inner]
    drawn[shares == 0], drawn[shares == 1] = faces[len(faces) // 2 - 1], faces[len(faces) // 2]
    return drawn


_Window = tuple[slice, slice]


def _inputs(faces: NDArray[np.bool_], images: NDArray[np.float32] | None, seen: _Window) -> torch.Tensor:
    """Return what the network is shown of a tile: faces, then images channel by channel, with even sides."""
    import torch

    parts = [2 * faces[:, *seen].astype(np.float32) - 1]
    if images is not None:
        parts.append(images[:, :, *seen].reshape(-1, *parts[0].shape[1:]))
    odd = ((0, 0), *((0, size % 2) for size in parts[0].shape[1:]))
    stacked = np.pad(np.concatenate(parts), odd, mode="edge")
    return torch.from_numpy(stacked)[None].contiguous(memory_format=torch.channels_last)


def _tiles(shape: tuple[int, ...]) -> Iterator[tuple[_Window, _Window, _Window]]:
    """Yield what the network is shown, which part of that counts, and where this part lies on the face."""
    for corner in product(*(range(0, size, _TILE) for size in shape)):
        ends = [min(start + _TILE, size) for start, size in zip(corner, shape, strict=True)]
        first = [max(start - _REACH, 0) for start in corner]
        seen = tuple(slice(start, min(end + _REACH, size)) for start, end, size in zip(first, ends, shape, strict=True))
        inner = tuple(slice(start - before, end - before) for start, end, before in zip(corner, ends, first, strict=True))
        yield cast(_Window, seen), cast(_Window, inner), cast(_Window, tuple(map(slice, corner, ends)))

"""A network draws the solid in a gap as a polynomial in depth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.interpolation.base import Interpolator
from synthfib.reconstruction.interpolation.trained import trained_network

if TYPE_CHECKING:
    from synthfib.training.networks.neural_spline import NeuralSpline as Network

# Pixels along the edge of a tile, and how far the network sees beyond it; both even.
_TILE, _REACH = 512, 24


class NeuralSpline(Interpolator):
    """The best method that is known here: it looks at the whole faces on either side of a gap, two on each, and not at one section of them.

    For every pixel of a gap it draws a cubic polynomial in depth, positive in the solid. It learned from synthetic structures; see its card
    beside the weights.

    Parameters
    ----------
    weights : Path, optional
        Weights of one's own, written by ``synthfib train-interpolation``; by default those that come with the package.
    threads : int
        Threads of the arithmetic.
    """

    name: ClassVar[str] = "neural-spline"
    halo: ClassVar[int] = 1

    def __init__(self, weights: Path | None = None, *, threads: int = 2) -> None:
        self._weights, self._threads = weights, threads

    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range."""
        from synthfib.training.determinism import reproducible

        filled = np.empty((planes[1] - planes[0], *faces.shape[1:]), np.bool_)
        network = cast("Network", trained_network("neural-spline", self._weights))
        wanted = np.arange(*planes)
        gaps = np.clip(np.searchsorted(depths, wanted, side="right") - 1, 0, depths.size - 2)
        with reproducible(seed=0, threads=self._threads):
            for gap in np.unique(gaps):
                shares = (wanted[gaps == gap] - depths[gap]) / (depths[gap + 1] - depths[gap])
                filled[gaps == gap] = _draw(network, *_surroundings(faces, depths, int(gap)), shares)
        return filled


def _surroundings(faces: NDArray[np.bool_], depths: NDArray[np.float64], gap: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return the faces around a gap and the distances between them; at the ends of a stack a face is repeated."""
    from synthfib.training.networks.neural_spline import END_GAP, FACES

    wanted = np.arange(gap + 1 - FACES // 2, gap + 1 + FACES // 2)
    inside = wanted.clip(0, depths.size - 1)
    distances = np.diff(depths[inside])
    return faces[inside], np.where(np.diff(inside) > 0, distances, END_GAP)


def _draw(network: Network, faces: NDArray[np.bool_], gaps: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the planes at some shares of the middle gap, tile by tile; those that are faces are these faces."""
    import torch

    drawn = np.empty((shares.size, *faces.shape[1:]), np.bool_)
    tensors = [torch.from_numpy(array.astype(np.float32))[None] for array in (gaps, shares)]
    between = (shares > 0) & (shares < 1)
    if between.any():
        with torch.inference_mode():
            for seen, inner, tile in _tiles(faces.shape[1:]):
                signs = torch.from_numpy(np.pad(2 * faces[:, *seen].astype(np.float32) - 1, _to_even(seen), mode="edge"))[None]
                drawn[:, *tile] = (network(signs.contiguous(memory_format=torch.channels_last), *tensors)[0] > 0).numpy()[:, *inner]
    drawn[shares == 0], drawn[shares == 1] = faces[len(faces) // 2 - 1], faces[len(faces) // 2]
    return drawn


_Window = tuple[slice, slice]


def _tiles(shape: tuple[int, ...]) -> Iterator[tuple[_Window, _Window, _Window]]:
    """Yield what the network is shown, which part of that counts, and where this part lies on the face."""
    for corner in product(*(range(0, size, _TILE) for size in shape)):
        ends = [min(start + _TILE, size) for start, size in zip(corner, shape, strict=True)]
        first = [max(start - _REACH, 0) for start in corner]
        seen = tuple(slice(start, min(end + _REACH, size)) for start, end, size in zip(first, ends, shape, strict=True))
        inner = tuple(slice(start - before, end - before) for start, end, before in zip(corner, ends, first, strict=True))
        yield cast(_Window, seen), cast(_Window, inner), cast(_Window, tuple(map(slice, corner, ends)))


def _to_even(seen: _Window) -> tuple[tuple[int, int], ...]:
    return ((0, 0), *((0, (window.stop - window.start) % 2) for window in seen))

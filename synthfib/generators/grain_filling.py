"""Add random grains to a block until exactly as many voxels as wanted belong to them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.generators._grain_kernels import add_grains, new_voxels
from synthfib.generators.grains import Grains, Shapes
from synthfib.generators.progress import OnProgress
from synthfib.generators.request import Request

_BATCHES = 16  # per structure, about
_BATCH_RANGE = (64, 65536)
# A hard-core structure counts as full after this many refusals in a row, or that many for each grain that would fill the block.
_LEAST_PATIENCE = 20_000
_PATIENCE_PER_GRAIN = 50


def fill_with_grains(
    grains: Grains,
    request: Request,
    n_wanted: int,
    rng: np.random.Generator,
    *,
    background: int,
    mark: int,
    hard: bool = False,
    on_progress: OnProgress | None = None,
) -> NDArray[np.uint8]:
    """Return a block in which exactly `n_wanted` voxels belong to grains; the last grain is shrunk until the number is met.

    Centres are uniform in the block and as far around it as grains reach, so that the structure is as dense at the faces as inside.
    Hard-core grains are placed one after the other and left out where a voxel is taken (random sequential addition); the voxel grid,
    continued as far as grains reach, is what finds neighbours at once.

    Parameters
    ----------
    grains : Grains
        The law of the grains.
    request : Request
        The block.
    n_wanted : int
        Number of voxels of the block that shall belong to grains.
    rng : Generator
        Source of all random numbers.
    background, mark : int
        Labels outside and inside of grains.
    hard : bool
        Whether grains must not overlap.
    on_progress : callable, optional
        Called with the share of those voxels that belong to grains already.

    Raises
    ------
    InputError
        If hard-core grains cannot be packed so densely.
    ResourceError
        If the block does not fit in memory.
    """
    size = np.array(request.voxel_size_nm)
    margin = np.ceil(grains.reach_nm / size).astype(int) if hard else np.zeros(3, int)
    canvas_shape = tuple(int(n) for n in 2 * margin + request.shape)
    request.fits_in_memory(2 * math.prod(canvas_shape))
    canvas = np.full(canvas_shape, background, np.uint8)
    box = np.stack([margin, margin + request.shape], axis=1)
    patience = max(_LEAST_PATIENCE, int(_PATIENCE_PER_GRAIN * canvas.size * math.prod(size) / grains.mean_volume_nm3))
    n_left, refused = n_wanted, 0
    while n_left > 0:
        shapes = grains.draw(n := _batch(grains, request, n_wanted), rng)
        centres = _centres(grains, request, n, rng) + margin * size
        drawn: tuple[NDArray[np.float64], ...] = (centres, shapes.quadrics, shapes.slabs, shapes.halves)
        if not hard and _most_voxels(shapes, size) < n_left:
            # All of them will be added: the order is free, and neighbours in turn keep to the same part of memory.
            order = np.lexsort((centres[:, 1], centres[:, 0] // grains.reach_nm))
            drawn = tuple(array[order] for array in drawn)
        done, changed, refused = add_grains(canvas, mark, drawn, size, box, n_left, hard, refused, patience)
        n_left -= changed
        if refused >= patience:
            reached, asked = (n_wanted - n_left) / request.n_voxels, n_wanted / request.n_voxels
            raise InputError(
                f"Grains that must not overlap filled only {reached:.3f} of the block, {asked:.3f} is required; "
                "ask for less, spread their sizes, or let them overlap."
            )
        if done < n and n_left:
            next_one = tuple(array[done] for array in drawn)
            indices, places = new_voxels(canvas, mark, next_one, size, box)
            canvas.ravel()[indices[np.argsort(places, kind="stable")[:n_left]]] = mark
            n_left = 0
        if on_progress is not None:
            on_progress(1 - n_left / n_wanted)
    return np.ascontiguousarray(canvas[tuple(slice(low, high) for low, high in box)])


def _batch(grains: Grains, request: Request, n_wanted: int) -> int:
    """Return a share of the grains that a Boolean model needs on average, ``-ln(1 - fraction)`` per mean volume."""
    volume = math.prod(extent + 2 * grains.reach_nm for extent in request.extent_nm)
    fraction = min(n_wanted / request.n_voxels, 1 - 1e-9)
    expected = -math.log1p(-fraction) * volume / grains.mean_volume_nm3
    return int(min(max(expected / _BATCHES, _BATCH_RANGE[0]), _BATCH_RANGE[1]))


def _most_voxels(shapes: Shapes, size: NDArray[np.float64]) -> float:
    """Return how many voxels some grains can have at most, those of the boxes around them."""
    return float(np.prod(2 * shapes.halves / size + 1, axis=1).sum())


def _centres(grains: Grains, request: Request, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform positions ``(z, y, x)`` in nm, in the block and as far around it as grains reach."""
    return rng.random((n, 3)) * (np.array(request.extent_nm) + 2 * grains.reach_nm) - grains.reach_nm

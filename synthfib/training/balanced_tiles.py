"""Random tiles for sliding-window networks: as many around solid as around pore, turned, mirrored and re-lit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.training.sliding_window_faces import window_pixels
from synthfib.training.stacks import InputStack


@dataclass(frozen=True, slots=True)
class Tile:
    """Pixels that the windows of a tile see, and the truth of the tile.

    Parameters
    ----------
    pixels : ndarray of float32, shape (channel, slice, y, x)
        Scaled grey values, margins included.
    solid : ndarray of bool, shape (y, x)
        Truth.
    """

    pixels: NDArray[np.float32]
    solid: NDArray[np.bool_]

    def turned(self, *, rng: np.random.Generator) -> Tile:
        """Return one of the eight turned and mirrored tiles, each with the same chance; the milling direction stays."""
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        pixels, solid = np.rot90(self.pixels, turns, axes=(-2, -1)), np.rot90(self.solid, turns)
        return Tile(np.flip(pixels, -1), np.flip(solid, -1)) if mirrored else Tile(pixels, solid)

    def relit(self, mean_spread: float, deviation_spread: float, *, rng: np.random.Generator) -> Tile:
        """Return the tile with another mean and standard deviation in each channel, on the scale where black is 0, or as it is."""
        changed = bool(rng.integers(2))
        factors = rng.normal(1, (mean_spread, deviation_spread), (len(self.pixels), 2)).astype(np.float32)
        if not changed:
            return self
        bright = (self.pixels + 1) / 2
        mean = bright.mean(axis=(1, 2, 3), keepdims=True)
        mean_factor, deviation_factor = (factors[:, side].reshape(-1, 1, 1, 1) for side in (0, 1))
        return Tile(((bright - mean) * deviation_factor + mean * mean_factor) * 2 - 1, self.solid)


class BalancedTiles:
    """Draws tiles around random pixels, half of them solid; the same `rng` draws the same tiles.

    Parameters
    ----------
    stacks : sequence of InputStack
        Labelled stacks.
    tile_size : int
        Edge length in pixels, reduced to what the smallest face holds.
    slices, reach : int
        Slices of a window, and pixels from its middle to its end.

    Raises
    ------
    InputError
        If a phase is nowhere, or a stack has no labels.
    """

    def __init__(self, stacks: Sequence[InputStack], *, tile_size: int, slices: int, reach: int) -> None:
        self._stacks = tuple(stacks)
        self._truth = tuple(_truth(stack) for stack in stacks)
        self.tile_size = min(tile_size, *(min(solid.shape[1:]) for solid in self._truth))
        self._slices, self._reach = slices, reach
        self._faces = [(stack, face) for stack, solid in enumerate(self._truth) for face in range(len(solid))]
        n_solid = np.array([np.count_nonzero(self._truth[stack][face]) for stack, face in self._faces], np.float64)
        n_pore = np.array([self._truth[stack][face].size for stack, face in self._faces]) - n_solid
        for name, counts in (("pore", n_pore), ("solid", n_solid)):
            if counts.sum() == 0:
                raise InputError(f"Training needs pixels of pore and of solid, the volumes of a split hold no {name}; build a corpus with both.")
        self._shares = tuple(counts / counts.sum() for counts in (n_pore, n_solid))

    def draw(self, n: int, *, rng: np.random.Generator) -> list[Tile]:
        """Return `n` tiles; one in two was drawn for a solid pixel in its middle, every such pixel with the same chance."""
        first = int(rng.integers(2))
        return [self._tile(bool((number + first) % 2), rng) for number in range(n)]

    def _tile(self, wanted: bool, rng: np.random.Generator) -> Tile:
        stack, face = self._faces[rng.choice(len(self._faces), p=self._shares[wanted])]
        solid = self._truth[stack][face]
        middle = np.unravel_index(int(rng.choice(np.flatnonzero(solid.ravel() == wanted))), solid.shape)
        starts = (min(max(int(at) - self.tile_size // 2, 0), size - self.tile_size) for at, size in zip(middle, solid.shape, strict=True))
        rows, columns = (slice(start, start + self.tile_size) for start in starts)
        return Tile(window_pixels(self._stacks[stack], face, rows, columns, slices=self._slices, reach=self._reach), solid[rows, columns])


def _truth(stack: InputStack) -> NDArray[np.bool_]:
    if stack.solid is None:
        raise InputError("Tiles can be drawn only from stacks with labels, got one without.")
    return stack.solid

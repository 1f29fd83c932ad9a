"""Superposed plane waves of one wavelength, known at every point of space."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numba
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from synthfib.generators._wave_kernels import plane_waves, sum_waves

# Blocks are computed tile by tile on a grid fixed in voxel coordinates, so that every matrix product has the same operands
# and the same result, whichever block asks for it.
_TILE = (8, 64, 64)


@dataclass(frozen=True)
class WaveField:
    """A sum of plane waves with unit variance, known at every point of space.

    Parameters
    ----------
    wave_vectors : ndarray of float64, shape (wave, 3)
        Wave vectors ``(z, y, x)`` in rad/nm.
    phases : ndarray of float64, shape (wave,)
        Phases in rad.
    """

    wave_vectors: NDArray[np.float64]
    phases: NDArray[np.float64]

    @classmethod
    def draw(cls, wavelength_nm: float, n_waves: int, *, key: int) -> WaveField:
        """Draw isotropic directions and uniform phases; wave i depends on `key` and i alone."""
        uniform = np.random.Generator(np.random.Philox(key=key)).random((n_waves, 3))
        cos_polar, azimuth = 2 * uniform[:, 0] - 1, 2 * math.pi * uniform[:, 1]
        sin_polar = np.sqrt(1 - cos_polar**2)
        directions = np.stack([cos_polar, sin_polar * np.sin(azimuth), sin_polar * np.cos(azimuth)], axis=1)
        return cls(directions * (2 * math.pi / wavelength_nm), 2 * math.pi * uniform[:, 2])

    def block(self, origin: tuple[int, int, int], shape: tuple[int, int, int], voxel_size_nm: tuple[float, float, float]) -> NDArray[np.float32]:
        """Return the field at the voxel centres of a block, bit for bit the same part of any larger block.

        Parameters
        ----------
        origin : tuple of int
            Index ``(z, y, x)`` of the first voxel, 0 or more.
        shape : tuple of int
            Number of voxels ``(z, y, x)``.
        voxel_size_nm : tuple of float
            Edge lengths ``(z, y, x)`` in nm.
        """
        field = np.empty(shape, np.float32)
        tiles = [range(o - o % t, o + n, t) for o, n, t in zip(origin, shape, _TILE, strict=True)]
        factors = [{start: self._factor(axis, start, voxel_size_nm[axis]) for start in tiles[axis]} for axis in range(3)]
        rights = {x: np.concatenate([factor.real, factor.imag], axis=1).T.copy() for x, factor in factors[2].items()}

        def fill(corner: tuple[int, int]) -> None:
            z, y = corner
            left = plane_waves(factors[0][z], factors[1][y])
            for x, right in rights.items():
                _paste((left @ right).reshape(_TILE), (z, y, x), field, origin)

        # Threads share out tiles, never one product: how a library splits a product over threads may change its last bits.
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(numba.get_num_threads()) as threads:
            for _ in threads.map(fill, product(tiles[0], tiles[1])):
                pass
        return field

    def at(self, points_nm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the field at any points, shape (point, 3) as ``(z, y, x)`` in nm; agrees with `block` to rounding."""
        values: NDArray[np.float64] = sum_waves(points_nm, self.wave_vectors, self.phases)
        return values * math.sqrt(2 / len(self.phases))

    def _factor(self, axis: int, start: int, size_nm: float) -> NDArray[np.complex64]:
        """One factor of ``exp(i k.r) = exp(i kz z) exp(i ky y) exp(i kx x)``, shape (voxel, wave); z carries phase and norm."""
        centres_nm = (np.arange(start, start + _TILE[axis]) + 0.5) * size_nm
        angle = np.outer(centres_nm, self.wave_vectors[:, axis])
        factor: NDArray[np.complex128] = np.exp(1j * (angle + self.phases if axis == 0 else angle))
        return (factor * math.sqrt(2 / len(self.phases)) if axis == 0 else factor).astype(np.complex64)


def _paste(tile: NDArray[np.float32], tile_origin: tuple[int, int, int], block: NDArray[np.float32], origin: tuple[int, int, int]) -> None:
    """Copy the part of a tile that lies inside a block."""
    source, target = [], []
    for t, size, o, n in zip(tile_origin, tile.shape, origin, block.shape, strict=True):
        low, high = max(t, o), min(t + size, o + n)
        source.append(slice(low - t, high - t))
        target.append(slice(low - o, high - o))
    block[tuple(target)] = tile[tuple(source)]

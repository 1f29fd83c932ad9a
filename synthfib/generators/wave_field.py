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

from synthfib.generators._wave_kernels import paste_tile, sum_waves, tile_operands
from synthfib.generators.progress import OnProgress

# Blocks are computed tile by tile on a grid fixed in voxel coordinates, so that every matrix product has the same operands
# and the same result, whichever block asks for it. Even and odd parts about a tile's centre line need half the products.
_TILE = (8, 64, 256)
# Inverse powers of the plastic number: the additive recurrence that fills the unit square most evenly.
_R2 = np.array([0.7548776662466927, 0.5698402909980532])


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
        """Draw isotropic directions and uniform phases; wave i depends on `key` and i alone.

        Directions are evenly spread (a shifted R2 sequence) rather than independent: a thousand independent ones leave an anisotropy of
        about 4 % of the squared solid fraction in the two-point correlation, however large the volume.
        """
        uniform = np.random.Generator(np.random.Philox(key=key)).random((n_waves, 3))
        spread = (uniform[0, :2] + np.arange(n_waves)[:, None] * _R2) % 1
        cos_polar, azimuth = 2 * spread[:, 0] - 1, 2 * math.pi * spread[:, 1]
        sin_polar = np.sqrt(1 - cos_polar**2)
        directions = np.stack([cos_polar, sin_polar * np.sin(azimuth), sin_polar * np.cos(azimuth)], axis=1)
        return cls(directions * (2 * math.pi / wavelength_nm), 2 * math.pi * uniform[:, 2])

    def block(
        self,
        origin: tuple[int, int, int],
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """Return the field at the voxel centres of a block, bit for bit the same part of any larger block.

        Parameters
        ----------
        origin : tuple of int
            Index ``(z, y, x)`` of the first voxel, 0 or more.
        shape : tuple of int
            Number of voxels ``(z, y, x)``.
        voxel_size_nm : tuple of float
            Edge lengths ``(z, y, x)`` in nm.
        on_progress : callable, optional
            Called with the share of the work done.
        """
        field = np.empty(shape, np.float32)
        corners = [range(o - o % t, o + n, t) for o, n, t in zip(origin, shape, _TILE, strict=True)]
        half_y, half_x = _TILE[1] // 2, _TILE[2] // 2
        along_y, along_x = (self._waves(axis, voxel_size_nm[axis] * (np.arange(half) + 0.5)) for axis, half in ((1, half_y), (2, half_x)))
        cos_y, sin_y = along_y.real.astype(np.float32), along_y.imag.astype(np.float32)
        cos_x, sin_x = along_x.real.T.astype(np.float32, order="C"), along_x.imag.T.astype(np.float32, order="C")
        centres = [self._waves(axis, (np.array(corners[axis]) + _TILE[axis] // 2) * voxel_size_nm[axis]) for axis in (1, 2)]
        amplitude = math.sqrt(2 / len(self.phases)) * np.exp(1j * self.phases)

        def fill(z: int) -> None:
            along_z = amplitude * self._waves(0, (np.arange(z, z + _TILE[0]) + 0.5) * voxel_size_nm[0])
            for (i, y), (j, x) in product(enumerate(corners[1]), enumerate(corners[2])):
                even, odd = tile_operands(along_z, centres[0][i] * centres[1][j], cos_y, sin_y)
                parts = (2, _TILE[0], half_y, half_x)
                paste_tile((even @ cos_x).reshape(parts), (odd @ sin_x).reshape(parts), (z, y, x), origin, field)

        # Threads share out tiles, never one product: how a library splits a product over threads may change its last bits.
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(numba.get_num_threads()) as threads:
            for done, _ in enumerate(threads.map(fill, corners[0]), start=1):
                if on_progress is not None:
                    on_progress(done / len(corners[0]))
        return field

    def at(self, points_nm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the field at any points, shape (point, 3) as ``(z, y, x)`` in nm; agrees with `block` to rounding."""
        values: NDArray[np.float64] = sum_waves(points_nm, self.wave_vectors, self.phases)
        return values * math.sqrt(2 / len(self.phases))

    def _waves(self, axis: int, positions_nm: NDArray[np.floating]) -> NDArray[np.complex128]:
        """One factor of ``exp(i k.r) = exp(i kz z) exp(i ky y) exp(i kx x)``, shape (position, wave)."""
        factor: NDArray[np.complex128] = np.exp(1j * np.outer(positions_nm, self.wave_vectors[:, axis]))
        return factor

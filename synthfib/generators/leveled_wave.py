"""Leveled waves: many plane waves of one wavelength and random directions, cut at a level.

The model of dealloyed, bicontinuous structures such as nanoporous gold, after C. Soyarslan, S. Bargmann, M. Pradas,
J. Weissmueller, Acta Materialia 149 (2018) 326, doi 10.1016/j.actamat.2018.01.005, and Y. Li, B.-N. Dinh Ngo,
J. Markmann, J. Weissmueller (2020). A hierarchical structure is the intersection of leveled waves of different wavelengths.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.volume import LabelVolume, check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.generators._wave_kernels import plane_waves

# Blocks are computed tile by tile on a grid fixed in voxel coordinates, so that every matrix product has the same operands
# and the same result, whichever block asks for it.
_TILE = (8, 64, 64)


def wavelength_nm(ligament_diameter_nm: float, solid_fraction: float) -> float:
    """Return the wavelength in nm whose cut at `solid_fraction` has ligaments of the given diameter.

    The diameter is that of a cylinder of equal volume per surface, ``4 V/S``, which is also the mean chord of the solid. For a
    Gaussian field of one wave number ``k`` the level ``xi`` is crossed ``(k/(pi sqrt 3)) exp(-xi^2/2)`` times per length (Rice),
    so the mean chord is ``sqrt(3) phi wavelength exp(xi^2/2)`` with ``phi = P(field > xi)``.

    References
    ----------
    S. O. Rice, Bell Syst. Tech. J. 24 (1945) 46, doi 10.1002/j.1538-7305.1945.tb00453.x.
    """
    level = float(norm.isf(solid_fraction))
    return ligament_diameter_nm / (math.sqrt(3) * solid_fraction * math.exp(level**2 / 2))


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


def cut_exactly(field: NDArray[np.float32], n_solid: int, *, within: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Return the mask of the `n_solid` voxels where the field is highest, exactly that many.

    Voxels with the very value of the level are taken in array order.

    Parameters
    ----------
    field : ndarray of float32, any shape
        The field.
    n_solid : int
        How many voxels to take.
    within : ndarray of bool, same shape, optional
        Take only voxels of this mask, which must have at least `n_solid`.
    """
    values = field.ravel() if within is None else field[within]
    solid = np.zeros(field.shape, bool)
    if n_solid == 0:
        return solid
    level = np.partition(values, values.size - n_solid)[values.size - n_solid]
    chosen: NDArray[np.bool_] = values > level
    ties = np.flatnonzero(values == level)
    chosen[ties[: n_solid - np.count_nonzero(chosen)]] = True
    if within is None:
        return chosen.reshape(field.shape)
    solid[within] = chosen
    return solid


@dataclass(frozen=True)
class LeveledWave:
    """Bicontinuous structure from one leveled wave, or from several, one inside the other.

    Parameters
    ----------
    ligament_diameters_nm : tuple of float
        Ligament diameter ``4 V/S`` of each level in nm, the coarsest first; one to three levels.
    solid_fraction : float
        Volume fraction of the solid, above 0 and below 1; each level keeps the same share of the level above it.
    phases : tuple of Material
        Pore and solid.
    n_waves : int
        Number of plane waves per level, at least 1. The field is Gaussian to about ``1/n_waves`` in its kurtosis.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    ligament_diameters_nm: tuple[float, ...]
    solid_fraction: float
    phases: tuple[Material, Material]
    n_waves: int = 1000

    def __post_init__(self) -> None:
        object.__setattr__(self, "ligament_diameters_nm", tuple(self.ligament_diameters_nm))
        if not 0 < self.solid_fraction < 1:
            raise InputError(f"The solid fraction must be above 0 and below 1, got {self.solid_fraction!r}.")
        if not 1 <= len(self.ligament_diameters_nm) <= 3 or not all(math.isfinite(d) and d > 0 for d in self.ligament_diameters_nm):
            raise InputError(f"One to three ligament diameters above 0 nm are required, got {self.ligament_diameters_nm!r}.")
        if self.n_waves < 1:
            raise InputError(f"At least one wave is required, got {self.n_waves!r}.")

    @property
    def level_fraction(self) -> float:
        """Share of solid that each level keeps."""
        return float(self.solid_fraction ** (1 / len(self.ligament_diameters_nm)))

    def fields(self, *, key: int) -> tuple[WaveField, ...]:
        """Return the wave field of each level, coarsest first, for one 63-bit key."""
        keys = np.random.SeedSequence(key).generate_state(len(self.ligament_diameters_nm), np.uint64)
        lengths = (wavelength_nm(d, self.level_fraction) for d in self.ligament_diameters_nm)
        return tuple(WaveField.draw(length, self.n_waves, key=int(k)) for length, k in zip(lengths, keys, strict=True))

    def generate(self, shape: tuple[int, int, int], voxel_size_nm: tuple[float, float, float], *, rng: np.random.Generator | int) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)`` whose solid fraction is exact to half a voxel.

        Raises
        ------
        InputError
            If the shape is not three positive numbers, the voxel size cannot be nm, or a ligament is thinner than a voxel.
        """
        voxel_size_nm = check_voxel_size_nm(voxel_size_nm)
        if len(shape) != 3 or min(shape) < 1:
            raise InputError(f"A shape needs three positive numbers of voxels (z, y, x), got {shape!r}.")
        if max(voxel_size_nm) > min(self.ligament_diameters_nm):
            raise InputError(
                f"Voxels must be finer than the thinnest ligament ({min(self.ligament_diameters_nm):g} nm), got {max(voxel_size_nm):g} nm."
            )
        key = rng if isinstance(rng, int) else int(rng.integers(2**63))
        solid: NDArray[np.bool_] | None = None
        for level, wave_field in enumerate(self.fields(key=key), start=1):
            n_solid = round(self.level_fraction**level * math.prod(shape))
            solid = cut_exactly(wave_field.block((0, 0, 0), shape, voxel_size_nm), n_solid, within=solid)
        assert solid is not None  # at least one level, checked on construction
        return LabelVolume(solid.astype(np.uint8), voxel_size_nm, self.phases, Provenance().then("leveled-wave", self._parameters(), key))

    def _parameters(self) -> dict[str, object]:
        return {
            "ligament_diameters_nm": list(self.ligament_diameters_nm),
            "solid_fraction": self.solid_fraction,
            "n_waves": self.n_waves,
        }

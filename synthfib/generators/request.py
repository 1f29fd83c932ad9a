"""What every generator checks before it starts: the block asked for, the seed, and whether it fits in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from synthfib.data.resources import available_memory_bytes
from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError, ResourceError

_KEYS = 2**63


@dataclass(frozen=True, slots=True)
class Request:
    """A block to be generated.

    Parameters
    ----------
    shape : tuple of int
        Number of voxels ``(z, y, x)``.
    voxel_size_nm : tuple of float
        Edge lengths ``(z, y, x)`` of a voxel in nm.

    Raises
    ------
    InputError
        If the shape is not three whole numbers above 0, or the voxel size cannot be nm.
    """

    shape: tuple[int, int, int]
    voxel_size_nm: tuple[float, float, float]

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or not all(isinstance(n, int | np.integer) and n >= 1 for n in self.shape):
            raise InputError(f"A shape needs three whole numbers of voxels (z, y, x) above 0, got {self.shape!r}.")
        z, y, x = (int(n) for n in self.shape)
        object.__setattr__(self, "shape", (z, y, x))
        object.__setattr__(self, "voxel_size_nm", check_voxel_size_nm(self.voxel_size_nm))

    @property
    def n_voxels(self) -> int:
        """Number of voxels."""
        return math.prod(self.shape)

    @property
    def extent_nm(self) -> tuple[float, float, float]:
        """Edge lengths ``(z, y, x)`` of the block in nm."""
        z, y, x = (n * size for n, size in zip(self.shape, self.voxel_size_nm, strict=True))
        return (z, y, x)

    def resolves(self, what: str, size_nm: float) -> None:
        """Refuse voxels too coarse for the finest feature of a structure.

        Parameters
        ----------
        what : str
            Name of the feature, in the singular.
        size_nm : float
            Its size in nm.

        Raises
        ------
        InputError
            If the feature is smaller than two voxels.
        """
        smallest_nm = 2 * max(self.voxel_size_nm)
        if size_nm < smallest_nm:
            raise InputError(
                f"A {what} must span two voxels, {smallest_nm:g} nm or more, got {size_nm:g} nm; take voxels of at most {size_nm / 2:.4g} nm."
            )

    def fits_in_memory(self, n_bytes: float) -> None:
        """Refuse a block for which there is not enough memory.

        Parameters
        ----------
        n_bytes : float
            Memory that the work takes at its peak.

        Raises
        ------
        ResourceError
            If less than that is available.
        """
        available = available_memory_bytes()
        if available is not None and n_bytes > available:
            voxels = " x ".join(map(str, self.shape))
            raise ResourceError(f"{voxels} voxels need {n_bytes / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB is free; ask for fewer voxels.")


def seed_key(rng: np.random.Generator | int) -> int:
    """Return the 63-bit key that all random numbers of one structure follow from: the seed itself, or a draw from a generator.

    Raises
    ------
    InputError
        If a seed is not a whole number from 0 to ``2**63 - 1``.
    """
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(_KEYS))
    if not isinstance(rng, int | np.integer) or not 0 <= rng < _KEYS:
        raise InputError(f"A seed must be a whole number from 0 to 2**63 - 1 or a numpy Generator, got {rng!r}.")
    return int(rng)


def check_fraction(what: str, value: float) -> None:
    """Refuse a volume fraction that no structure can have.

    Raises
    ------
    InputError
        If the fraction is not above 0 and below 1.
    """
    if not 0 < value < 1:
        raise InputError(f"The {what} must be above 0 and below 1, got {value!r}.")


def check_length(what: str, value_nm: float) -> None:
    """Refuse a length that is no length.

    Raises
    ------
    InputError
        If it is not finite and above 0 nm.
    """
    if not (math.isfinite(value_nm) and value_nm > 0):
        raise InputError(f"The {what} must be above 0 nm, got {value_nm!r}.")

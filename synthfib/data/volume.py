"""A labelled microstructure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.errors import InputError

#: Voxel sizes outside this range are taken for a mistake in the unit (metres or micrometres instead of nanometres).
_VOXEL_SIZE_RANGE_NM = (0.01, 1e5)


def check_voxel_size_nm(voxel_size_nm: Sequence[float]) -> tuple[float, float, float]:
    """Return `voxel_size_nm` as three floats ``(z, y, x)`` after checking that they can be nanometres.

    Raises
    ------
    InputError
        If there are not three finite numbers between 0.01 nm and 100 um.
    """
    sizes = tuple(float(size) for size in voxel_size_nm)
    if len(sizes) != 3:
        raise InputError(f"A voxel size needs three numbers in nm (z, y, x), got {len(sizes)}.")
    low, high = _VOXEL_SIZE_RANGE_NM
    for size in sizes:
        if not (math.isfinite(size) and low <= size <= high):
            raise InputError(
                f"A voxel size must be in nanometres, between {low:g} and {high:g} nm, got {size:g}; if it is in metres, multiply by 1e9."
            )
    return (sizes[0], sizes[1], sizes[2])


@dataclass(frozen=True, slots=True, eq=False)
class LabelVolume:
    """A microstructure on a voxel grid, one label per voxel.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        Index into `phases`. Label 0 is the pore, every other label is solid. z is the milling direction and grows into the block.
    voxel_size_nm : tuple of float
        Edge lengths ``(z, y, x)`` in nm.
    phases : tuple of Material
        What each label is made of.
    provenance : Provenance
        How the volume was made.

    Raises
    ------
    InputError
        If the array is not 3-D uint8 with at least one voxel, a label has no phase, or the voxel size cannot be nm.
    """

    labels: NDArray[np.uint8]
    voxel_size_nm: tuple[float, float, float]
    phases: tuple[Material, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        if self.labels.ndim != 3 or self.labels.dtype != np.uint8 or self.labels.size == 0:
            raise InputError(f"Labels must be a non-empty uint8 array (z, y, x), got {self.labels.dtype} of shape {self.labels.shape}.")
        object.__setattr__(self, "voxel_size_nm", check_voxel_size_nm(self.voxel_size_nm))
        object.__setattr__(self, "phases", tuple(self.phases))
        highest = int(self.labels.max())
        if highest >= len(self.phases):
            raise InputError(f"Every label needs a phase: found label {highest}, but only {len(self.phases)} phase(s) are named.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels ``(z, y, x)``."""
        z, y, x = self.labels.shape
        return (z, y, x)

    @property
    def extent_nm(self) -> tuple[float, float, float]:
        """Edge lengths of the whole volume ``(z, y, x)`` in nm."""
        z, y, x = (n * size for n, size in zip(self.shape, self.voxel_size_nm, strict=True))
        return (z, y, x)

    @property
    def solid_fraction(self) -> float:
        """Share of voxels that are not pore."""
        return np.count_nonzero(self.labels) / self.labels.size

    def crop(self, z: slice = slice(None), y: slice = slice(None), x: slice = slice(None)) -> LabelVolume:
        """Return a view of a box, given as slices of voxel indices with step 1."""
        return replace(self, labels=self.labels[z, y, x])

    def __repr__(self) -> str:
        size = " x ".join(f"{s:g}" for s in self.voxel_size_nm)
        names = ", ".join(phase.name for phase in self.phases)
        return (
            f"LabelVolume({self.shape[0]} x {self.shape[1]} x {self.shape[2]} voxels of {size} nm; {names}; solid fraction {self.solid_fraction:.4f})"
        )

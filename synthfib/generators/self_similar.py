"""Self-similar structures: a binary structure masked by a small, turned copy of itself.

The self-similarity method of T. Sardhara et al., Frontiers in Materials 9 (2022) 837006, doi 10.3389/fmats.2022.837006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from synthfib.data.material import Material
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.generators._resampling_kernels import resample
from synthfib.generators.base import Generator, generate
from synthfib.generators.exact_cut import cut_exactly
from synthfib.generators.progress import OnProgress, part
from synthfib.generators.request import Request, check_fraction, seed_key
from synthfib.generators.rotations import draw_rotations
from synthfib.generators.signed_distance import signed_distance_nm

_BYTES_PER_VOXEL = 20

# Share of the time that is over when the structure is drawn, and when its copy is about to be.
_DRAWN, _MEASURED = 0.5, 0.7


@dataclass(frozen=True)
class SelfSimilar:
    """A solid whose ligaments consist of a small copy of the whole.

    The structure is resized to the voxels asked for by trilinear interpolation of the signed distance to its surface, smoothed over one of
    its voxels so that their steps do not show. The copy is
    `mask_scale` times as large, turned at random in space, and tiled over the block from a random place; every second tile is mirrored so
    that ligaments go on across the seams. Solid is what is solid in both. Each is cut at the level that keeps the same share, so that the
    fraction is exact; the farther that share is from the structure's own, the more is added to its ligaments or taken from them.

    Parameters
    ----------
    base : Generator or LabelVolume
        What draws the structure, or a measured one, two voxels or more along each axis. Of a volume larger than the block a random
        part is taken, a smaller one goes on mirrored. A generator draws as many voxels as the block has, each ``1/sqrt(mask_scale)`` times
        as large, half-way between what the structure and its copy need.
    mask_scale : float
        Size of the copy relative to the structure, above 0 and below 1.
    solid_fraction : float
        Volume fraction of the solid, above 0 and below 1.
    phases : tuple of Material
        Pore and solid.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    base: Generator | LabelVolume
    mask_scale: float
    solid_fraction: float
    phases: tuple[Material, Material]

    reports_progress: ClassVar[Literal[True]] = True

    def __post_init__(self) -> None:
        check_fraction("solid fraction", self.solid_fraction)
        if not 0 < self.mask_scale < 1:
            raise InputError(f"The scale of the mask must be above 0 and below 1, got {self.mask_scale!r}.")

    def generate(
        self,
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)`` whose solid fraction is exact to half a voxel; 20 bytes of memory per voxel.

        Raises
        ------
        InputError
            If the shape or the voxel size cannot be, the structure is thinner than two voxels or has one phase only, or the copy's
            ligaments are thinner than two voxels.
        ResourceError
            If the volume does not fit in memory.
        """
        request = Request(shape, voxel_size_nm)
        key = seed_key(rng)
        numbers = np.random.default_rng(key)
        base = self._base(request, numbers, on_progress)
        request.resolves("ligament of the small copy", self.mask_scale * mean_chord_nm(base))
        distance = np.asarray(gaussian_filter(signed_distance_nm(base.labels > 0, base.voxel_size_nm), 1.0), np.float32)
        share = math.sqrt(self.solid_fraction)
        whole = cut_exactly(_resized(distance, base, request, numbers), round(share * request.n_voxels))
        if on_progress is not None:
            on_progress(_MEASURED)
        mask = _tiled(distance, base, request, self.mask_scale, numbers)
        labels = cut_exactly(mask, round(self.solid_fraction * request.n_voxels), within=whole).astype(np.uint8)
        if on_progress is not None:
            on_progress(1.0)
        parameters = {"mask_scale": self.mask_scale, "solid_fraction": self.solid_fraction}
        return LabelVolume(labels, request.voxel_size_nm, self.phases, base.provenance.then("self-similar", parameters, key))

    def _base(self, request: Request, numbers: np.random.Generator, on_progress: OnProgress | None) -> LabelVolume:
        n_voxels = max(self.base.labels.size, request.n_voxels) if isinstance(self.base, LabelVolume) else request.n_voxels
        request.fits_in_memory(_BYTES_PER_VOXEL * n_voxels)
        if isinstance(self.base, LabelVolume):
            return self.base
        coarser = math.sqrt(1 / self.mask_scale)
        z, y, x = (max(2, n) for n in request.shape)
        z_nm, y_nm, x_nm = (size * coarser for size in request.voxel_size_nm)
        seed = int(numbers.integers(2**63))
        return generate(self.base, (z, y, x), (z_nm, y_nm, x_nm), rng=seed, on_progress=part(on_progress, 0, _DRAWN))


def mean_chord_nm(volume: LabelVolume) -> float:
    """Return the mean length of the solid along lines, the harmonic mean of the three directions, in nm.

    Raises
    ------
    InputError
        If the volume has only one phase or is thinner than two voxels.
    """
    solid = volume.labels > 0
    ends_per_nm = sum(np.count_nonzero(np.diff(solid, axis=axis)) / size for axis, size in enumerate(volume.voxel_size_nm))
    if ends_per_nm == 0 or min(volume.shape) < 2:
        raise InputError(f"The structure to be masked must have pores and solid and span two voxels along each axis, got {volume!r}.")
    return float(6 * np.count_nonzero(solid) / ends_per_nm)


def _resized(distance: NDArray[np.float32], base: LabelVolume, request: Request, numbers: np.random.Generator) -> NDArray[np.float32]:
    """Sample the structure at the voxels of the block, from a random place; a shift below one voxel at least leaves no equal values."""
    base_size_nm = np.array(base.voxel_size_nm)
    room_nm = np.maximum(np.array(base.extent_nm) - request.extent_nm, base_size_nm)
    field: NDArray[np.float32] = resample(
        distance, np.diag(np.array(request.voxel_size_nm) / base_size_nm), numbers.random(3) * room_nm / base_size_nm, request.shape
    )
    return field


def _tiled(distance: NDArray[np.float32], base: LabelVolume, request: Request, scale: float, numbers: np.random.Generator) -> NDArray[np.float32]:
    """Sample the small copies at the voxels of the block, turned at random, from a random place of the pattern."""
    base_size_nm = np.array(base.voxel_size_nm)[:, None]
    matrix = draw_rotations(1, numbers)[0] * (np.array(request.voxel_size_nm) / scale) / base_size_nm
    start = numbers.random(3) * 2 * np.array(base.shape)  # the pattern repeats after two tiles, one of them mirrored
    field: NDArray[np.float32] = resample(distance, matrix, start, request.shape)
    return field

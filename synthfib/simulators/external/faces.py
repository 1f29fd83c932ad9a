"""What an engine is asked to look at: one exposed face, with the voxels below it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.physics.ranges import csda_range_nm

# Electrons slowed down continuously never return from deeper than half their range; straggling ones hardly from deeper than this share.
_DEEPEST_SHARE = 0.6


@dataclass(frozen=True, eq=False)
class Face:
    """One face at one landing energy.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        Phases below the face, the face first.
    edges_nm : tuple of ndarray of float64
        Where voxels begin and end along z, from 0 at the face, y and x, one more than voxels.
    phases : tuple of Material
        What each label is made of.
    pixel_size_nm : tuple of float
        Size of a pixel ``(y, x)``.
    n_pixels : tuple of int
        Pixels ``(y, x)``.
    tilt_deg : float
        Angle between the beam and the normal of the face; the beam then comes from smaller y.
    energy_kev : float
        Landing energy.
    """

    labels: NDArray[np.uint8]
    edges_nm: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    phases: tuple[Material, ...]
    pixel_size_nm: tuple[float, float]
    n_pixels: tuple[int, int]
    tilt_deg: float
    energy_kev: float

    @property
    def labels_of_matter(self) -> tuple[int, ...]:
        """The labels that occur and are not vacuum, in order."""
        return tuple(int(label) for label in np.unique(self.labels) if not self.phases[label].is_vacuum)

    @property
    def extent_nm(self) -> tuple[float, float, float]:
        """Size of the block below the face ``(z, y, x)``."""
        z, y, x = (float(edges[-1]) for edges in self.edges_nm)
        return (z, y, x)


def face_of(volume: LabelVolume, plan: MillingPlan, index: int, energy_kev: float) -> Face:
    """Return face number `index` of `plan` and what lies below it, as deep as electrons return from.

    Below its last voxel the volume continues as its mirror image, to its own depth at most.
    """
    size_z, size_y, size_x = volume.voxel_size_nm
    n_layers = volume.shape[0]
    first = int(plan.voxel_index(size_z)[index])
    upper_part_nm = (first + 1) * size_z - float(plan.positions_nm[index])
    whole_layers = max(0.0, deepest_return_nm(volume.phases, energy_kev) - upper_part_nm) / size_z
    n_wanted = 1 + math.ceil(min(whole_layers, 2.0 * n_layers))
    layers = np.arange(first, min(first + n_wanted, 2 * n_layers))
    labels = volume.labels[np.minimum(layers, 2 * n_layers - 1 - layers)]
    z_nm = np.concatenate([[0.0], upper_part_nm + size_z * np.arange(layers.size)])
    y_nm, x_nm = (size * np.arange(n + 1.0) for size, n in zip((size_y, size_x), labels.shape[1:], strict=True))
    return Face(labels, (z_nm, y_nm, x_nm), volume.phases, plan.pixel_size_nm, plan.face_shape(volume.extent_nm), plan.tilt_deg, energy_kev)


def deepest_return_nm(phases: tuple[Material, ...], energy_kev: float) -> float:
    """Return a depth that no electron comes back from, whatever mixture of `phases` lies above it; infinite if one of them is vacuum."""
    return _DEEPEST_SHARE * max(csda_range_nm(phase, energy_kev) for phase in phases)

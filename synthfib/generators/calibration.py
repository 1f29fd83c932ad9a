"""Calibration structures: simple bodies of known size, for simulators, segmenters and measures.

Nothing here is random. Lengths are measured from the first face of the block in z (the milling direction) and from its middle in y and x.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.generators.request import Request, check_length

_Coordinates = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Calibration(ABC):
    """A body given by a formula; subclasses say which points are solid."""

    name: ClassVar[str]
    phases: tuple[Material, Material]

    @abstractmethod
    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """Whether points are solid, given depth and distances from the middle in nm, as arrays that broadcast."""

    def generate(self, shape: tuple[int, int, int], voxel_size_nm: tuple[float, float, float], *, rng: np.random.Generator | int = 0) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)``; a voxel is solid where its centre is. `rng` is not used.

        Raises
        ------
        InputError
            If the shape or the voxel size cannot be.
        ResourceError
            If the volume does not fit in memory.
        """
        request = Request(shape, voxel_size_nm)
        request.fits_in_memory(4 * request.n_voxels)
        z_nm, y_nm, x_nm = ((np.arange(n) + 0.5) * size for n, size in zip(request.shape, request.voxel_size_nm, strict=True))
        _, width_y_nm, width_x_nm = request.extent_nm
        inside = self.solid(z_nm[:, None, None], y_nm[:, None] - width_y_nm / 2, x_nm - width_x_nm / 2)
        labels = np.broadcast_to(inside, request.shape).astype(np.uint8, order="C")
        return LabelVolume(labels, request.voxel_size_nm, self.phases, Provenance().then(self.name, self._parameters()))

    def _parameters(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "phases"}


@dataclass(frozen=True, kw_only=True)
class Bulk(Calibration):
    """Nothing but solid."""

    name = "calibration-bulk"

    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """Everywhere."""
        return np.array(True)


@dataclass(frozen=True, kw_only=True)
class Film(Calibration):
    """A flat film of solid, pore above and below.

    Parameters
    ----------
    thickness_nm : float
        Thickness in nm.
    depth_nm : float
        Depth of its upper face in nm.
    """

    thickness_nm: float
    depth_nm: float = 0.0
    name = "calibration-film"

    def __post_init__(self) -> None:
        check_length("thickness of the film", self.thickness_nm)
        _check_depth("film", self.depth_nm)

    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """Between the two faces."""
        return (z_nm >= self.depth_nm) & (z_nm < self.depth_nm + self.thickness_nm)


@dataclass(frozen=True, kw_only=True)
class Edge(Calibration):
    """A wall of solid with a straight vertical edge: solid where x is at `offset_nm` from the middle or beyond."""

    offset_nm: float = 0.0
    name = "calibration-edge"

    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """On one side of the edge."""
        return x_nm >= self.offset_nm


@dataclass(frozen=True, kw_only=True)
class Step(Calibration):
    """Solid below two terraces that meet at a straight step in the middle.

    Parameters
    ----------
    height_nm : float
        Height of the step in nm.
    depth_nm : float
        Depth of the upper terrace, where x is beyond the middle, in nm.
    """

    height_nm: float
    depth_nm: float = 0.0
    name = "calibration-step"

    def __post_init__(self) -> None:
        check_length("height of the step", self.height_nm)
        _check_depth("upper terrace", self.depth_nm)

    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """Below the terrace."""
        return z_nm >= self.depth_nm + np.where(x_nm >= 0, 0, self.height_nm)


@dataclass(frozen=True, kw_only=True)
class SphereInMatrix(Calibration):
    """One sphere of solid in the middle of the pore material.

    Parameters
    ----------
    radius_nm : float
        Radius in nm.
    centre_depth_nm : float
        Depth of its centre in nm.
    """

    radius_nm: float
    centre_depth_nm: float
    name = "calibration-sphere"

    def __post_init__(self) -> None:
        check_length("radius of the sphere", self.radius_nm)
        _check_depth("centre of the sphere", self.centre_depth_nm)

    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """Within the radius."""
        return (z_nm - self.centre_depth_nm) ** 2 + y_nm**2 + x_nm**2 <= self.radius_nm**2


@dataclass(frozen=True, kw_only=True)
class CuboidStaircase(Calibration):
    """Equal cuboids in a row along x, each deeper than the one before: how bright solid looks that lies below the face.

    After fig. 1.1B of T. Sardhara (2024), doi 10.15480/882.13216: cuboids of gold at several depths, of which more than one can look the same.

    Parameters
    ----------
    depths_nm : tuple of float
        Depth of the upper face of each cuboid in nm, strictly increasing; 0 is a cuboid cut open by the first slice.
    width_nm : float
        Edges along x and y in nm.
    height_nm : float
        Edge along z in nm.
    gap_nm : float
        Pore between neighbours in nm.
    """

    depths_nm: tuple[float, ...]
    width_nm: float
    height_nm: float
    gap_nm: float
    name = "calibration-staircase"

    def __post_init__(self) -> None:
        object.__setattr__(self, "depths_nm", tuple(self.depths_nm))
        if not self.depths_nm or self.depths_nm[0] < 0 or not all(low < high for low, high in pairwise(self.depths_nm)):
            raise InputError(f"The depths of the cuboids must be 0 nm or more and increase strictly, got {self.depths_nm!r}.")
        for what, length_nm in (("width", self.width_nm), ("height", self.height_nm), ("gap", self.gap_nm)):
            check_length(f"{what} of the cuboids", length_nm)

    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """Within one of the cuboids."""
        pitch_nm = self.width_nm + self.gap_nm
        place = x_nm / pitch_nm + len(self.depths_nm) / 2  # the i-th cuboid stands in the middle of i to i + 1
        number = np.clip(np.floor(place).astype(int), 0, len(self.depths_nm) - 1)
        in_row = (np.abs(place - number - 0.5) * pitch_nm < self.width_nm / 2) & (np.abs(y_nm) < self.width_nm / 2)
        depth_nm = np.array(self.depths_nm)[number]
        inside: NDArray[np.bool_] = in_row & (z_nm >= depth_nm) & (z_nm < depth_nm + self.height_nm)
        return inside


@dataclass(frozen=True, kw_only=True)
class StretchedSpheres(Calibration):
    """Void spheres on a grid in a solid, stretched downwards the more the deeper: the same along x and y, and known to differ along z.

    After fig. 2.10 of T. Sardhara (2024), doi 10.15480/882.13216, which tests measures of isotropy. The upper half of a pore is that of a
    sphere, the lower half that of a spheroid, as if shine-through had smeared it. Layer ``k`` is stretched by ``1 + k stretch`` and lies
    ``pitch + k pitch_growth`` above the next.

    Parameters
    ----------
    radius_nm : float
        Radius in nm.
    pitch_nm : float
        Distance of neighbours along x and y, and of the first two layers, in nm; more than two radii.
    stretch : float
        How much longer, relative to the radius, the lower half gets from layer to layer; 0 or more.
    pitch_growth_nm : float
        How much farther apart layers get in nm; at least as much as the pores grow, `stretch` radii.
    """

    radius_nm: float
    pitch_nm: float
    stretch: float
    pitch_growth_nm: float
    name = "calibration-stretched-spheres"

    def __post_init__(self) -> None:
        check_length("radius of the pores", self.radius_nm)
        if not self.pitch_nm > 2 * self.radius_nm:
            raise InputError(f"The pitch must be above two radii, {2 * self.radius_nm:g} nm, got {self.pitch_nm:g} nm.")
        if not self.stretch >= 0 or not self.pitch_growth_nm >= self.stretch * self.radius_nm:
            raise InputError(
                "The stretch must be 0 or more and the pitch grow by at least stretch x radius, or pores would touch, "
                f"got {self.stretch!r} and {self.pitch_growth_nm!r} nm."
            )

    def solid(self, z_nm: _Coordinates, y_nm: _Coordinates, x_nm: _Coordinates) -> NDArray[np.bool_]:
        """Outside of all pores."""
        across = self._from_node_nm(y_nm) ** 2 + self._from_node_nm(x_nm) ** 2
        void = np.zeros(np.broadcast_shapes(z_nm.shape, across.shape), bool)
        centre_nm, layer = self.pitch_nm / 2, 0
        while centre_nm - self.radius_nm < z_nm.max():
            dz_nm = z_nm - centre_nm
            longer = np.where(dz_nm > 0, 1 + layer * self.stretch, 1)
            void |= (dz_nm / longer) ** 2 + across <= self.radius_nm**2
            centre_nm += self.pitch_nm + layer * self.pitch_growth_nm
            layer += 1
        return ~void

    def _from_node_nm(self, distance_nm: _Coordinates) -> _Coordinates:
        """Distance to the nearest node of the grid, which has one in the middle of the block."""
        return distance_nm - np.round(distance_nm / self.pitch_nm) * self.pitch_nm


def _check_depth(what: str, depth_nm: float) -> None:
    if not 0 <= depth_nm < np.inf:
        raise InputError(f"The depth of the {what} must be 0 nm or more, got {depth_nm!r}.")

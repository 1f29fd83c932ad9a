"""Boolean models and hard-core packings: solid grains at random places.

Cylinders and spheres are the structures on which FIB-SEM reconstruction of porous zirconia was learned by C. Fend, A. Moghiseh,
C. Redenbach, K. Schladitz, Journal of Microscopy 281 (2021) 16, doi 10.1111/jmi.12944.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.volume import LabelVolume
from synthfib.generators.grain_filling import fill_with_grains
from synthfib.generators.grains import Grains, grain_parameters
from synthfib.generators.progress import OnProgress
from synthfib.generators.request import Request, check_fraction, seed_key


@dataclass(frozen=True)
class BooleanModel:
    """Solid grains of one law, at random places and with random orientations.

    Parameters
    ----------
    grains : Spheres, Cylinders or Ellipsoids
        The law of the grains.
    solid_fraction : float
        Volume fraction of the grains, above 0 and below 1.
    phases : tuple of Material
        Pore and solid.
    overlapping : bool
        Whether grains may overlap (a Boolean model). If not, they are added one by one where there is room (hard-core, random
        sequential addition); equal spheres then fill 0.38 at most.

    Raises
    ------
    InputError
        If the fraction is outside its range.
    """

    grains: Grains
    solid_fraction: float
    phases: tuple[Material, Material]
    overlapping: bool = True

    reports_progress: ClassVar[Literal[True]] = True

    def __post_init__(self) -> None:
        check_fraction("solid fraction", self.solid_fraction)

    def generate(
        self,
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)`` whose solid fraction is exact to half a voxel.

        Raises
        ------
        InputError
            If the shape or the voxel size cannot be, grains are thinner than two voxels, or cannot be packed so densely.
        ResourceError
            If the volume does not fit in memory.
        """
        request = Request(shape, voxel_size_nm)
        request.resolves("grain", self.grains.thickness_nm)
        key = seed_key(rng)
        n_solid, numbers = round(self.solid_fraction * request.n_voxels), np.random.default_rng(key)
        labels = fill_with_grains(self.grains, request, n_solid, numbers, background=0, mark=1, hard=not self.overlapping, on_progress=on_progress)
        parameters = {"grains": grain_parameters(self.grains), "solid_fraction": self.solid_fraction, "overlapping": self.overlapping}
        return LabelVolume(labels, request.voxel_size_nm, self.phases, Provenance().then("boolean-model", parameters, key))

"""Random pores: void spheres at random places in a solid.

The random pore generation method of T. Sardhara et al., Frontiers in Materials 9 (2022) 837006, doi 10.3389/fmats.2022.837006.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.volume import LabelVolume
from synthfib.generators.grain_filling import fill_with_grains
from synthfib.generators.grains import Spheres
from synthfib.generators.progress import OnProgress
from synthfib.generators.request import Request, check_fraction, seed_key


@dataclass(frozen=True)
class RandomPores:
    """A solid with overlapping spherical pores.

    Parameters
    ----------
    pore_radius_nm : float
        Mean radius of the pores in nm.
    porosity : float
        Volume fraction of the pores, above 0 and below 1.
    phases : tuple of Material
        Pore and solid.
    pore_radius_std_nm : float
        Standard deviation of the radius in nm, less than a third of the mean; radii are Gaussian, cut at three standard deviations.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    pore_radius_nm: float
    porosity: float
    phases: tuple[Material, Material]
    pore_radius_std_nm: float = 0.0

    reports_progress: ClassVar[Literal[True]] = True

    def __post_init__(self) -> None:
        check_fraction("porosity", self.porosity)
        self.pores()

    def pores(self) -> Spheres:
        """Return the law of the pores."""
        return Spheres(self.pore_radius_nm, self.pore_radius_std_nm)

    def generate(
        self,
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)`` whose porosity is exact to half a voxel; about a byte of memory per voxel.

        Raises
        ------
        InputError
            If the shape or the voxel size cannot be, or pores are smaller than two voxels.
        ResourceError
            If the volume does not fit in memory.
        """
        request = Request(shape, voxel_size_nm)
        request.resolves("pore diameter", 2 * self.pore_radius_nm)
        key = seed_key(rng)
        n_solid = round((1 - self.porosity) * request.n_voxels)
        n_pore, numbers = request.n_voxels - n_solid, np.random.default_rng(key)
        labels = fill_with_grains(self.pores(), request, n_pore, numbers, background=1, mark=0, on_progress=on_progress)
        parameters = {"pore_radius_nm": self.pore_radius_nm, "pore_radius_std_nm": self.pore_radius_std_nm, "porosity": self.porosity}
        return LabelVolume(labels, request.voxel_size_nm, self.phases, Provenance().then("random-pores", parameters, key))

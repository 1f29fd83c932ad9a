"""Phase-separated polymer films: the pores that a leached phase leaves in the other.

Ethyl cellulose (EC) and hydroxypropyl cellulose (HPC) separate while the solvent evaporates; water then takes the HPC away and leaves
open pores. A level cut of a Gaussian field is the model of S. Barman, D. Bolin, Journal of Microscopy, doi 10.1111/jmi.12623; the films are
those of F. Skarberg et al., Journal of Microscopy 283 (2021) 51, doi 10.1111/jmi.13007 (pixels of 10 nm, slices of 50 nm).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.generators.exact_cut import cut_in_slabs
from synthfib.generators.leveled_wave import wavelength_nm
from synthfib.generators.progress import OnProgress
from synthfib.generators.request import Request, check_fraction, check_length, seed_key
from synthfib.generators.wave_field import WaveField

_FIXED_BYTES = 6e8


@dataclass(frozen=True)
class PhaseSeparatedFilm:
    """Level cut of a Gaussian field whose isotropic spectrum fills a band of wave numbers.

    Parameters
    ----------
    pore_diameter_nm : float
        Diameter ``4 V/S`` of the pores, their mean chord, in nm.
    porosity : float
        Volume fraction of the pores, above 0 and below 1.
    phases : tuple of Material
        Pore and solid.
    bandwidth : float
        Half the width of the band relative to its middle, 0 or more and below 1; 0 gives leveled waves, more gives less regular pores.
    n_waves : int
        Number of plane waves, at least 1.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    pore_diameter_nm: float
    porosity: float
    phases: tuple[Material, Material]
    bandwidth: float = 0.5
    n_waves: int = 1000

    reports_progress: ClassVar[Literal[True]] = True

    def __post_init__(self) -> None:
        check_length("pore diameter", self.pore_diameter_nm)
        check_fraction("porosity", self.porosity)
        if not 0 <= self.bandwidth < 1:
            raise InputError(f"The bandwidth must be 0 or more and below 1, got {self.bandwidth!r}.")
        if self.n_waves < 1:
            raise InputError(f"At least one wave is required, got {self.n_waves!r}.")

    def field(self, *, key: int) -> WaveField:
        """Return the field, high in the solid, for one 63-bit key.

        Rice's rate of level crossings depends on the mean square wave number alone, ``k0^2 (1 + bandwidth^2/3)`` for a band around ``k0``
        that is filled evenly; so the pore diameter fixes ``k0``.
        """
        directions_key, lengths_key = (int(k) for k in np.random.SeedSequence(key).generate_state(2, np.uint64))
        root_mean_square = 2 * math.pi / wavelength_nm(self.pore_diameter_nm, self.porosity)
        middle = root_mean_square / math.sqrt(1 + self.bandwidth**2 / 3)
        uniform = np.random.Generator(np.random.Philox(key=lengths_key)).random(self.n_waves)
        unit = WaveField.draw(2 * math.pi, self.n_waves, key=directions_key)
        return WaveField(unit.wave_vectors * (middle * (1 + self.bandwidth * (2 * uniform - 1)))[:, None], unit.phases)

    def generate(
        self,
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)`` whose porosity is exact to half a voxel; a byte of memory per voxel and 0.6 GB.

        Raises
        ------
        InputError
            If the shape or the voxel size cannot be, or pores are smaller than two voxels.
        ResourceError
            If the volume does not fit in memory.
        """
        request = Request(shape, voxel_size_nm)
        request.resolves("pore diameter", self.pore_diameter_nm)
        request.fits_in_memory(request.n_voxels + _FIXED_BYTES)
        key = seed_key(rng)
        labels = np.ones(request.shape, np.uint8)
        n_solid = round((1 - self.porosity) * request.n_voxels)
        cut_in_slabs(self.field(key=key), labels, n_solid, request.voxel_size_nm, on_progress=on_progress)
        parameters = {
            "pore_diameter_nm": self.pore_diameter_nm,
            "porosity": self.porosity,
            "bandwidth": self.bandwidth,
            "n_waves": self.n_waves,
        }
        return LabelVolume(labels, request.voxel_size_nm, self.phases, Provenance().then("phase-separated-film", parameters, key))

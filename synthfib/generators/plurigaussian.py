"""Plurigaussian structures: three phases from the cuts of two independent Gaussian fields.

The model of electrodes with a pore and two solids, after M. Neumann, B. Abdallah, L. Holzer, F. Willot, V. Schmidt,
Transport in Porous Media 128 (2019) 179, doi 10.1007/s11242-019-01240-y.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.generators.exact_cut import cut_in_slabs
from synthfib.generators.leveled_wave import wavelength_nm
from synthfib.generators.progress import OnProgress, part
from synthfib.generators.request import Request, check_fraction, check_length, seed_key
from synthfib.generators.wave_field import WaveField

_FIXED_BYTES = 6e8


@dataclass(frozen=True)
class Plurigaussian:
    """A bicontinuous solid that itself consists of two solids.

    The first field is cut into pore and solid, the second parts the solid in two.

    Parameters
    ----------
    ligament_diameter_nm : float
        Diameter ``4 V/S`` of the solid, its mean chord, in nm.
    domain_diameter_nm : float
        The same of the second solid, before the pores are cut out of it.
    solid_fraction : float
        Volume fraction of the two solids together, above 0 and below 1.
    second_solid_fraction : float
        Volume fraction of the second solid, above 0 and below `solid_fraction`.
    phases : tuple of Material
        Pore, first and second solid: labels 0, 1 and 2.
    n_waves : int
        Number of plane waves of each field, at least 1.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    ligament_diameter_nm: float
    domain_diameter_nm: float
    solid_fraction: float
    second_solid_fraction: float
    phases: tuple[Material, Material, Material]
    n_waves: int = 1000

    reports_progress: ClassVar[Literal[True]] = True

    def __post_init__(self) -> None:
        check_length("ligament diameter", self.ligament_diameter_nm)
        check_length("domain diameter", self.domain_diameter_nm)
        check_fraction("solid fraction", self.solid_fraction)
        if not 0 < self.second_solid_fraction < self.solid_fraction:
            raise InputError(
                f"The second solid must have a fraction above 0 and below both solids' {self.solid_fraction!r}, got {self.second_solid_fraction!r}."
            )
        if self.n_waves < 1:
            raise InputError(f"At least one wave is required, got {self.n_waves!r}.")

    def fields(self, *, key: int) -> tuple[WaveField, WaveField]:
        """Return the field that is high in the solid and the one that is high in the second solid, for one 63-bit key."""
        solid_key, second_key = (int(k) for k in np.random.SeedSequence(key).generate_state(2, np.uint64))
        solid_nm = wavelength_nm(self.ligament_diameter_nm, self.solid_fraction)
        second_nm = wavelength_nm(self.domain_diameter_nm, self.second_solid_fraction / self.solid_fraction)
        return WaveField.draw(solid_nm, self.n_waves, key=solid_key), WaveField.draw(second_nm, self.n_waves, key=second_key)

    def generate(
        self,
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)``, each fraction exact to half a voxel; two bytes of memory per voxel and 0.6 GB.

        Raises
        ------
        InputError
            If the shape or the voxel size cannot be, or ligaments or domains are smaller than two voxels.
        ResourceError
            If the volume does not fit in memory.
        """
        request = Request(shape, voxel_size_nm)
        request.resolves("ligament", self.ligament_diameter_nm)
        request.resolves("domain", self.domain_diameter_nm)
        request.fits_in_memory(2 * request.n_voxels + _FIXED_BYTES)
        key = seed_key(rng)
        solid_field, second_field = self.fields(key=key)
        labels = np.ones(request.shape, np.uint8)
        n_solid, n_second = (round(fraction * request.n_voxels) for fraction in (self.solid_fraction, self.second_solid_fraction))
        cut_in_slabs(solid_field, labels, n_solid, request.voxel_size_nm, on_progress=part(on_progress, 0, 0.5))
        second = labels.copy()
        cut_in_slabs(second_field, second, n_second, request.voxel_size_nm, on_progress=part(on_progress, 0.5, 1))
        labels += second
        return LabelVolume(labels, request.voxel_size_nm, self.phases, Provenance().then("plurigaussian", self._parameters(), key))

    def _parameters(self) -> dict[str, object]:
        return {
            "ligament_diameter_nm": self.ligament_diameter_nm,
            "domain_diameter_nm": self.domain_diameter_nm,
            "solid_fraction": self.solid_fraction,
            "second_solid_fraction": self.second_solid_fraction,
            "n_waves": self.n_waves,
        }

"""Leveled waves: many plane waves of one wavelength and random directions, cut at a level.

The model of dealloyed, bicontinuous structures such as nanoporous gold, after C. Soyarslan, S. Bargmann, M. Pradas,
J. Weissmueller, Acta Materialia 149 (2018) 326, doi 10.1016/j.actamat.2018.01.005, and Y. Li, B.-N. Dinh Ngo,
J. Markmann, J. Weissmueller (2020). A hierarchical structure is the intersection of leveled waves of different wavelengths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.stats import norm

from synthfib.data.material import Material
from synthfib.data.provenance import Provenance
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.generators.exact_cut import cut_in_slabs
from synthfib.generators.progress import OnProgress, part
from synthfib.generators.request import Request, seed_key
from synthfib.generators.wave_field import WaveField

# Fields of a slab, candidates for the level and tile factors.
_WORKING_BYTES = 200_000_000


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

    reports_progress: ClassVar[Literal[True]] = True

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

    def generate(
        self,
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)`` whose solid fraction is exact to half a voxel.

        Memory: one byte a voxel and about 0.6 GB. `on_progress` is called with the share of the work done.

        Raises
        ------
        InputError
            If the shape or the voxel size cannot be, or the shortest wavelength is below two voxels.
        ResourceError
            If the volume does not fit in memory.
        """
        request = Request(shape, voxel_size_nm)
        request.resolves("wavelength", wavelength_nm(min(self.ligament_diameters_nm), self.level_fraction))
        request.fits_in_memory(2 * request.n_voxels + _WORKING_BYTES)
        key = seed_key(rng)
        labels = np.ones(request.shape, np.uint8)
        fields = self.fields(key=key)
        for level, wave_field in enumerate(fields):
            n_solid = round(self.level_fraction ** (level + 1) * request.n_voxels)
            this_level = part(on_progress, level / len(fields), (level + 1) / len(fields))
            cut_in_slabs(wave_field, labels, n_solid, request.voxel_size_nm, on_progress=this_level)
        return LabelVolume(labels, request.voxel_size_nm, self.phases, Provenance().then("leveled-wave", self._parameters(), key))

    def _parameters(self) -> dict[str, object]:
        return {
            "ligament_diameters_nm": list(self.ligament_diameters_nm),
            "solid_fraction": self.solid_fraction,
            "n_waves": self.n_waves,
        }

"""Charging: phases that conduct badly hold charge, which brightens them, darkens what is around them, and trails along the scan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthfib.data.material import Material
from synthfib.degradations._spread_kernels import charge, spread
from synthfib.degradations.base import Face, Run, Stage, draw_seed
from synthfib.degradations.ranges import check_range
from synthfib.errors import InputError

# Elements whose compounds hold their electrons: H, B, C, N, O, F, Si, P, S, Cl, Se, Br, I.
_NON_METALS = frozenset({1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 34, 35, 53})
_CONDUCTING_ELEMENTS = frozenset({6, 14})  # carbon and doped silicon, when alone
_NEGLIGIBLE = 0.02


@dataclass(frozen=True, slots=True)
class ChargingParameters:
    """What one run drew, and what it is made of.

    Parameters
    ----------
    seed : int
        Key of the random numbers.
    insulation : tuple of float
        How badly each phase conducts: 0 not charged at all, 1 an insulator.
    response : tuple of float
        What a potential of 1 does to each phase: 1 brightens it as an insulator, -1 darkens it as much.
    """

    seed: int
    insulation: tuple[float, ...]
    response: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Charging:
    """Adds the effect of charge on phases that conduct badly.

    The insulation ``q`` of the phases, 0 to 1, is spread into a potential ``V``, 0 to 1: by ``exp(-|d| / halo)`` along y and
    against the scan, and by ``exp(-d / decay)`` along it, x being the fast direction. A pixel is moved the share
    ``a = level * brightness * V * (q - dark_halo * (1 - q))`` of the way to white, or ``-a`` of the way to black where a is negative:
    insulators brighten, whole insulating regions by `brightness`, conductors beside them darken, and both trail off to the right. Where
    thin insulator shows bright solid below it little happens, as charge leaks there. The level is lognormal with mean 1, another
    one for each image. Vacuum holds no charge and shows none.

    A picture of what charging looks like, not a solution of the field: beam energy, dose and scan speed do not enter; set
    `brightness` for the microscope at hand. A negative one turns bright and dark round, as positive charge does.

    Parameters
    ----------
    brightness : float
        Brightening of a wide insulator, if it were black, on the scale where black is 0 and white is 1; -0.5 to 0.5.
    dark_halo : float
        Darkening of a conductor against the brightening of an insulator at the same potential, 0 to 2.
    decay_nm : float
        Decay length along the fast scan in nm, 0.1 to 1e6.
    halo_nm : float
        Decay length in the other directions in nm, 0.1 to 1e6.
    flicker : float
        Standard deviation of the logarithm of the level, 0 to 1.
    insulation : tuple of float, optional
        How badly each phase conducts, 0 to 1. By default the share of atoms that are not metals, atoms counted by mass over atomic
        number: 1 in polymers, about 0.6 in oxides, 0 in metals and in vacuum, and 0 in carbon and silicon without other elements.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.CHARGING
    brightness: float = 0.0
    dark_halo: float = 0.6
    decay_nm: float = 150.0
    halo_nm: float = 25.0
    flicker: float = 0.15
    insulation: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        check_range("The brightening by charge", self.brightness, -0.5, 0.5)
        check_range("The dark halo of charge", self.dark_halo, 0, 2)
        check_range("The decay length of charge in nm", self.decay_nm, 0.1, 1e6)
        check_range("The halo of charge in nm", self.halo_nm, 0.1, 1e6)
        check_range("The flicker of charge", self.flicker, 0, 1)
        for value in self.insulation or ():
            check_range("The insulation of a phase", value, 0, 1)

    def draw(self, run: Run, *, rng: np.random.Generator) -> ChargingParameters:
        """Draw the key of the flicker, and look up which phases conduct.

        Raises
        ------
        InputError
            If phases are not known or not all of them have an insulation.
        """
        seed = draw_seed(rng)
        if self.brightness == 0:
            return ChargingParameters(seed, (), ())
        if not run.phases:
            raise InputError("Charging needs labels and phases to know what conducts, got a stack without; leave charging out.")
        if self.insulation is not None and len(self.insulation) != len(run.phases):
            raise InputError(f"Charging needs the insulation of each of {len(run.phases)} phases, got {len(self.insulation)} values.")
        held = self.insulation if self.insulation is not None else tuple(map(insulation, run.phases))
        response = tuple(0.0 if phase.is_vacuum else q - self.dark_halo * (1 - q) for q, phase in zip(held, run.phases, strict=True))
        return ChargingParameters(seed, held, response)

    def apply(self, face: Face, parameters: ChargingParameters, /) -> Face:
        """Return the face under charge.

        Raises
        ------
        InputError
            If the face has no labels.
        """
        if self.brightness == 0 or not any(parameters.insulation):
            return face
        if face.labels is None:
            raise InputError("Charging needs the labels of every face, got none; leave charging out.")
        potential = np.asarray(parameters.insulation, np.float32)[face.labels]
        y_nm, x_nm = face.pixel_size_nm
        spread(potential, math.exp(-y_nm / self.halo_nm), math.exp(-x_nm / self.decay_nm), math.exp(-x_nm / self.halo_nm))
        level = math.exp(self.flicker * face.random(parameters.seed).standard_normal() - self.flicker**2 / 2)
        response = np.asarray(parameters.response, np.float32)
        charge(face.image, face.labels, response, level * self.brightness, face.full_scale, potential)
        return face.with_image(potential)


def insulation(material: Material) -> float:
    """Return how badly a material conducts, 0 to 1: the share of its atoms that are not metals, counted by mass over atomic number.

    Elements alone conduct if they are metals, carbon or (doped) silicon; vacuum holds no charge.
    """
    atoms = {z: fraction / z for z, fraction in material.composition}
    if not atoms or (len(atoms) == 1 and _CONDUCTING_ELEMENTS.issuperset(atoms)):
        return 0.0
    share = sum(n for z, n in atoms.items() if z in _NON_METALS) / sum(atoms.values())
    return share if share > _NEGLIGIBLE else 0.0

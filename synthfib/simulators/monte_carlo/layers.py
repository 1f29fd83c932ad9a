"""Flat samples: what comes back from a stack of layers, electron by electron."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.simulators.monte_carlo._imaging import Beam, follow
from synthfib.simulators.monte_carlo._transport import ESCAPED
from synthfib.simulators.monte_carlo.block import packed_block
from synthfib.simulators.monte_carlo.detectors import BSE, Detector, acceptance_tables
from synthfib.simulators.monte_carlo.flights import ENERGY_LOSSES, check_energy, flight_tables, longest_range_nm
from synthfib.simulators.monte_carlo.random_numbers import stream_of

#: A layer: its material and thickness in nm; the last one may be infinite.
Layer: TypeAlias = tuple[Material, float]

_SIDE_NM = 1e5
_FINEST_NM = 0.01
_POINTS = 2000


@dataclass(frozen=True, eq=False)
class Electrons:
    """How each electron sent into a flat sample ended.

    Parameters
    ----------
    landing_kev : float
        Landing energy.
    escaped : ndarray of bool, shape (electron,)
        Whether it came back out through the surface.
    energy_kev, polar_rad, deepest_nm, lateral_nm : ndarray of float32, shape (electron,)
        Energy at the end, angle to the outward normal, deepest point, lateral distance from entry.
    paths_nm : ndarray of float64, shape (electron, point, 3)
        Points ``(z, y, x)`` of the trajectories relative to the entry, beginning there, NaN beyond the last; none unless asked for.
    seconds : float
        Time that following them took.
    """

    landing_kev: float
    escaped: NDArray[np.bool_]
    energy_kev: NDArray[np.float32]
    polar_rad: NDArray[np.float32]
    deepest_nm: NDArray[np.float32]
    lateral_nm: NDArray[np.float32]
    paths_nm: NDArray[np.float64]
    seconds: float

    def eta(self, detector: Detector = BSE) -> tuple[float, float]:
        """Return the share of electrons that `detector` sees, and its standard error."""
        (window,), (table,) = acceptance_tables([detector])
        energy = self.energy_kev / self.landing_kev
        inside = self.escaped & (window[0] <= energy) & (energy <= window[1]) & (window[2] <= self.polar_rad) & (self.polar_rad <= window[3])
        row, column = (
            np.clip((value - low) / (high - low) * count, 0, count - 1).astype(np.intp)
            for value, low, high, count in zip((energy, self.polar_rad), window[::2], window[1::2], table.shape, strict=True)
        )
        chance = np.where(inside, table[row, column], 0)
        return float(chance.mean()), float(chance.std() / math.sqrt(max(chance.size - 1, 1)))


def send_electrons(
    layers: Sequence[Layer],
    energy_kev: float,
    *,
    electrons: int,
    rng: int,
    tilt_deg: float = 0.0,
    energy_loss: str = "mixed",
    elastic_model: str = "partial-waves",
    trajectories: bool = False,
) -> Electrons:
    """Return how electrons ended that were sent into a flat sample.

    Parameters
    ----------
    layers : sequence of (Material, float)
        Materials and thicknesses in nm from the surface down; thicknesses are multiples of 0.01 nm, the last may be infinite.
    energy_kev : float
        Landing energy.
    electrons : int
        How many.
    rng : int
        Seed.
    tilt_deg : float
        Angle between beam and surface normal.
    energy_loss, elastic_model : str
        As in `MonteCarlo`.
    trajectories : bool
        Whether to keep the paths, up to 2000 points each.

    Raises
    ------
    InputError
        If the sample, the energy, the tilt or the number of electrons cannot be.
    """
    check_energy(energy_kev)
    if not 1 <= len(layers) <= 255:
        raise InputError(f"A flat sample needs 1 to 255 layers, got {len(layers)}.")
    if not 1 <= electrons <= 10**8:
        raise InputError(f"The number of electrons must be between 1 and 1e8, got {electrons!r}.")
    if not 0 <= tilt_deg < 90:
        raise InputError(f"The tilt must be in [0, 90) degrees, got {tilt_deg!r}.")
    if energy_loss not in ENERGY_LOSSES:
        raise InputError(f"The energy loss must be 'csda' or 'mixed', got {energy_loss!r}.")
    flights = flight_tables([material for material, _ in layers], energy_kev, model=elastic_model, energy_loss=energy_loss)
    volume = _volume(layers, longest_range_nm(flights) / 2)
    block = packed_block(volume)
    tilt = math.radians(tilt_deg)
    beam = Beam(energy_kev, 0.0, math.cos(tilt), math.sin(tilt), 1.0, 1.0, electrons)
    records = np.zeros((electrons, 7), np.float32)
    paths = np.full((electrons, _POINTS if trajectories else 0, 3), np.nan)
    follow(block, flights, beam, 0.0, stream_of(0, rng), records[:1], paths[:1])  # compiled before the clock starts
    start = time.perf_counter()
    follow(block, flights, beam, 0.0, stream_of(0, rng), records, paths)
    seconds = time.perf_counter() - start
    end, energy, uz, deepest, y, x, _ = records.T
    paths_nm = _from_entry(paths * volume.voxel_size_nm, math.tan(tilt))
    return Electrons(energy_kev, end == ESCAPED, energy, np.arccos(np.clip(-uz, -1, 1)), deepest, np.hypot(y, x), paths_nm, seconds)


def _from_entry(paths_nm: NDArray[np.float64], slope: float) -> NDArray[np.float64]:
    """Return paths that begin at (0, 0, 0), where the electron entered: straight above the end of its first flight."""
    if paths_nm.shape[1] == 0:
        return paths_nm
    first = paths_nm[:, :1]
    entry = first - first[..., :1] * np.array([1.0, slope, 0.0])
    return np.concatenate([np.zeros_like(entry), paths_nm - entry], axis=1)


def _volume(layers: Sequence[Layer], enough_nm: float) -> LabelVolume:
    """One column of voxels as thick as the greatest common divisor of the layers; an infinite last layer gets `enough_nm`."""
    *upper, (_, last_nm) = layers
    thicknesses_nm = [thickness for _, thickness in upper] + ([last_nm] if math.isfinite(last_nm) else [])
    for thickness in thicknesses_nm:
        if not (_FINEST_NM <= thickness <= _SIDE_NM and abs(thickness / _FINEST_NM - round(thickness / _FINEST_NM)) < 1e-6):
            raise InputError(
                f"Layers need thicknesses that are multiples of {_FINEST_NM} nm and above 0, only the last infinite, got {thickness!r} nm."
            )
    units = [round(thickness / _FINEST_NM) for thickness in thicknesses_nm]
    if math.isinf(last_nm) and math.isinf(enough_nm):
        raise InputError("An infinite layer is possible only in a sample without vacuum; give its thickness in nm.")
    unit = math.gcd(*units) if units else max(1, math.ceil(enough_nm / _FINEST_NM))
    if math.isinf(last_nm):
        units.append(unit * math.ceil(enough_nm / _FINEST_NM / unit))
    labels = np.repeat(np.arange(len(layers), dtype=np.uint8), [own // unit for own in units])
    return LabelVolume(labels[:, None, None], (unit * _FINEST_NM, _SIDE_NM, _SIDE_NM), tuple(material for material, _ in layers))

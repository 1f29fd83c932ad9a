"""Tables that make free flights exact: energy, range and optical depth as functions of each other.

An electron that slows down continuously has, in each material, one remaining range R and one remaining optical depth T (the expected number
of collisions until it stops) for each energy: ``R(E) = integral dE / S`` and ``T(E) = integral Sigma dE / S``. A free flight consumes an
exponentially distributed share of T; path length and energy loss follow from the tables, without any step length, whatever the flight
crosses: at a border the energy is carried over to the tables of the next material.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.errors import InputError
from synthfib.physics.angular_sampling import AngularSampling, angular_sampling
from synthfib.physics.hard_losses import LEAST_HARD_LOSS_KEV, hard_losses
from synthfib.physics.stopping import CUT_OFF_KEV, stopping_power_kev_nm
from synthfib.simulators.monte_carlo._transport import PER_RANGE, Flights

_NODES = 2048
_FINE = 20_000


#: Landing energies in keV that are served.
ENERGY_RANGE_KEV = (0.2, 30.0)
#: How energy is lost: all of it continuously, or hard losses one by one.
ENERGY_LOSSES = ("csda", "mixed")


def flight_tables(materials: Sequence[Material], energy_kev: float, *, model: str = "partial-waves", energy_loss: str = "csda") -> Flights:
    """Return the tables of a sample for electrons that land with `energy_kev`.

    Parameters
    ----------
    materials : sequence of Material
        All phases; label i is the i-th.
    energy_kev : float
        Landing energy in keV, above the cut-off of 0.05 keV.
    model : str
        Model of elastic scattering, see `physics.elastic`.
    energy_loss : str
        ``"csda"`` (continuous slowing down) or ``"mixed"``: losses above 50 eV one by one, see `physics.hard_losses`.

    Raises
    ------
    InputError
        If an element or the model is not known.
    """
    energies = np.geomspace(CUT_OFF_KEV, energy_kev, _FINE)
    energies[[0, -1]] = CUT_OFF_KEV, energy_kev
    angular = [_angular_law(material, model) for material in materials]
    paths = [_path(material, law, energies, energy_loss == "mixed") for material, law in zip(materials, angular, strict=True)]
    # In a sample without vacuum an electron gets nowhere farther than its longest range; in vacuum it gets anywhere.
    reach = np.full(_FINE, np.inf) if any(material.is_vacuum for material in materials) else np.max([path[0] for path in paths], axis=0)
    count = len(materials)
    tables = Flights(
        by_depth=np.zeros((count, _NODES, 4), np.float32),
        by_range=np.zeros((count, _NODES), np.float32),
        by_energy=np.zeros((count, _NODES), np.float32),
        scale=np.zeros((count, 3)),
        first_kev=CUT_OFF_KEV,
        per_kev=(_NODES - 1) / (energy_kev - CUT_OFF_KEV),
        quantiles=np.stack([law.quantiles for law in angular]),
    )
    for index, (material, law, (range_nm, depth, hard)) in enumerate(zip(materials, angular, paths, strict=True)):
        if material.is_vacuum:
            continue
        depths = np.linspace(0, depth[-1], _NODES)
        at_depth = np.interp(depths, depth, energies)
        row = np.interp(np.log(at_depth), np.log(law.energies_kev), np.arange(law.energies_kev.size))
        columns = np.interp(depths, depth, range_nm), row, np.interp(at_depth, energies, reach), np.interp(at_depth, energies, hard)
        tables.by_depth[index] = np.stack(columns, axis=1)
        tables.by_range[index] = np.interp(np.linspace(0, range_nm[-1], _NODES), range_nm, energies)
        tables.by_energy[index] = np.interp(np.linspace(CUT_OFF_KEV, energy_kev, _NODES), energies, depth) * ((_NODES - 1) / depth[-1])
        tables.scale[index] = (_NODES - 1) / depth[-1], (_NODES - 1) / range_nm[-1], LEAST_HARD_LOSS_KEV if hard.any() else 0
    return tables


def check_energy(energy_kev: float) -> None:
    """Check that a landing energy is served.

    Raises
    ------
    InputError
        If it is not.
    """
    low, high = ENERGY_RANGE_KEV
    if not low <= energy_kev <= high:
        raise InputError(f"The landing energy must be between {low:g} and {high:g} keV, got {energy_kev!r} keV; 2 kV is written 2.0.")


def longest_range_nm(flights: Flights) -> float:
    """Return the longest range of an electron that has just landed, in nm; infinite in vacuum."""
    per_range = flights.scale[:, PER_RANGE]
    return float("inf") if (per_range == 0).any() else float((_NODES - 1) / per_range.min())


@lru_cache(maxsize=32)
def _angular_law(material: Material, model: str) -> AngularSampling:
    return angular_sampling(material, model=model)


def _path(material: Material, law: AngularSampling, energies_kev: NDArray[np.float64], mixed: bool) -> tuple[NDArray[np.float64], ...]:
    """Remaining range in nm, remaining optical depth and share of hard losses among collisions, at each energy; nothing in vacuum."""
    if material.is_vacuum:
        return (np.zeros_like(energies_kev),) * 3
    elastic = np.exp(np.interp(np.log(energies_kev), np.log(law.energies_kev), np.log(law.inverse_mean_free_path_per_nm)))
    hard, hard_stopping = hard_losses(material, energies_kev) if mixed else (np.zeros_like(energies_kev),) * 2
    per_kev = 1 / (stopping_power_kev_nm(material, energies_kev) - hard_stopping)
    steps = np.diff(energies_kev)
    range_nm, depth = (np.concatenate([[0.0], np.cumsum((f[1:] + f[:-1]) / 2 * steps)]) for f in (per_kev, (elastic + hard) * per_kev))
    return range_nm, depth, hard / (elastic + hard)

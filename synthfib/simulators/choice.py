"""Which simulator to take: the most faithful one whose time fits a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: The name that asks for a choice.
AUTO = "auto"
#: Minutes that a choice may cost, unless told otherwise.
BUDGET_MINUTES = 60.0

# Seconds on one core of a server of 2022; the choice must not depend on the machine, or a recipe would not give the same images everywhere.
_PER_ELECTRON_AND_KEV = 1.0e-6
_PER_PIXEL = {"surrogate": 9.0e-7, "depth-weighted": 1.2e-7}
_PER_VOXEL = {"surrogate": 1.5e-8, "depth-weighted": 1.5e-8}
_CORES = 2
_SURROGATE_KEV = (0.5, 6.0)
_SURROGATE_PHASES = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """A simulator and why it was chosen.

    Parameters
    ----------
    name : str
        Name of the simulator.
    minutes : float
        Predicted time on two cores.
    reason : str
        One sentence.
    """

    name: str
    minutes: float
    reason: str


def choose_simulator(
    *,
    n_pixels: int,
    n_voxels: int,
    n_phases: int,
    energies_kev: Sequence[float],
    electrons_per_pixel: int,
    budget_minutes: float = BUDGET_MINUTES,
) -> Choice:
    """Return the most faithful simulator that fits: Monte Carlo, then the surrogate, then depth-weighted.

    A pure function of the request: the same recipe chooses the same simulator on every machine.

    Parameters
    ----------
    n_pixels : int
        Pixels of all faces together.
    n_voxels : int
        Voxels of all volumes together.
    n_phases : int
        Phases of one volume; the surrogate knows two.
    energies_kev : sequence of float
        Landing energies; the surrogate knows 0.5-6 keV.
    electrons_per_pixel : int
        Electrons that Monte Carlo would follow.
    budget_minutes : float
        Time on two cores.
    """
    minutes = {}
    for name in ("monte-carlo", "surrogate", "depth-weighted"):
        seconds = simulation_seconds(name, n_pixels=n_pixels, n_voxels=n_voxels, energies_kev=energies_kev, electrons_per_pixel=electrons_per_pixel)
        minutes[name] = seconds / _CORES / 60
    if minutes["monte-carlo"] <= budget_minutes:
        return Choice("monte-carlo", minutes["monte-carlo"], f"following every electron fits into {budget_minutes:g} minutes")
    slow = f"monte-carlo would take {minutes['monte-carlo']:.0f} of {budget_minutes:g} minutes"
    low, high = _SURROGATE_KEV
    if n_phases > _SURROGATE_PHASES:
        return Choice("depth-weighted", minutes["depth-weighted"], f"{slow}, and the surrogate knows two phases only")
    if not all(low <= energy_kev <= high for energy_kev in energies_kev):
        return Choice("depth-weighted", minutes["depth-weighted"], f"{slow}, and the surrogate knows {low:g}-{high:g} keV only")
    if minutes["surrogate"] <= budget_minutes:
        return Choice("surrogate", minutes["surrogate"], slow)
    return Choice("depth-weighted", minutes["depth-weighted"], f"{slow}, the surrogate {minutes['surrogate']:.0f}")


def simulation_seconds(name: str, *, n_pixels: int, n_voxels: int, energies_kev: Sequence[float], electrons_per_pixel: int) -> float:
    """Return the predicted time on one core; simulators it does not know count like depth-weighted."""
    if name == "monte-carlo":
        return n_pixels * electrons_per_pixel * sum(energies_kev) * _PER_ELECTRON_AND_KEV
    known = name if name in _PER_PIXEL else "depth-weighted"
    return len(energies_kev) * (n_pixels * _PER_PIXEL[known] + n_voxels * _PER_VOXEL[known])

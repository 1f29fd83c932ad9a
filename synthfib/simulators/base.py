"""The contract of every simulator, and what it says it can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import YieldStack
from synthfib.data.volume import LabelVolume

#: Told the share of the work done, and a word on it.
OnProgress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a simulator can do, checked before any work.

    Parameters
    ----------
    energy_range_kev : tuple of float
        Lowest and highest landing energy in keV.
    stochastic : bool
        Whether `rng` matters.
    supports_tilt : bool
        Whether plans with a tilt are served.
    supports_resampling : bool
        Whether the pixel size may differ from the voxel size.
    returns_standard_error : bool
        Whether a statistical error comes with the yield.
    follows_electrons : bool
        Whether single electrons are followed; then the simulator has fields `electrons_per_pixel`, `detectors` and `faces_folder`.
    references : tuple of str
        DOIs of the models used.
    reports_progress : bool
        Whether `simulate` takes `on_progress`, see `ReportingSimulator`.
    """

    energy_range_kev: tuple[float, float]
    stochastic: bool = False
    supports_tilt: bool = False
    supports_resampling: bool = False
    returns_standard_error: bool = False
    references: tuple[str, ...] = ()
    reports_progress: bool = False
    follows_electrons: bool = False


class Simulator(Protocol):
    """Predicts the expected yield per incident electron.

    Contract: float32 ``(channel, slice, y, x)``, finite, in [0, 1]; vacuum gives 0; a homogeneous block gives the
    backscatter coefficient of its material; same `rng`, same bytes, for any number of threads.
    """

    capabilities: ClassVar[Capabilities]

    def simulate(self, volume: LabelVolume, plan: MillingPlan, /, *, energies_kev: Sequence[float], rng: np.random.Generator | int) -> YieldStack:
        """Return the yield of every face of `plan` at every energy."""
        ...


class ReportingSimulator(Simulator, Protocol):
    """A simulator that says how far it is; its capabilities say so."""

    def simulate(
        self,
        volume: LabelVolume,
        plan: MillingPlan,
        /,
        *,
        energies_kev: Sequence[float],
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> YieldStack:
        """Return the yield of every face of `plan` at every energy."""
        ...

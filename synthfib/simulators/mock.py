"""A simulator without electrons inside: for tests, and for corpora without shine-through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.physics.backscatter import ENERGY_RANGE_KEV, backscatter_coefficient
from synthfib.simulators.base import Capabilities


@dataclass(frozen=True)
class Mock:
    """Every pixel yields the backscatter coefficient of the phase at the face; nothing shines through."""

    capabilities: ClassVar[Capabilities] = Capabilities(energy_range_kev=ENERGY_RANGE_KEV)

    def simulate(self, volume: LabelVolume, plan: MillingPlan, /, *, energies_kev: Sequence[float], rng: np.random.Generator | int) -> YieldStack:
        """Return the yield of every face of `plan`; `rng` is not used."""
        del rng
        eta = np.array([[backscatter_coefficient(m, e) for m in volume.phases] for e in energies_kev], np.float32)
        data = eta[:, volume.labels[plan.voxel_index(volume.voxel_size_nm[0])]]
        channels = tuple(Channel(float(energy)) for energy in energies_kev)
        return YieldStack(data, channels, plan, provenance=volume.provenance.then("mock", {"energies_kev": [float(e) for e in energies_kev]}))

"""Two other ways through flat layers, to check the simulator's: flights drawn anew behind every border, and Woodcock's virtual collisions.

Small steps of energy, straightforward and slow; they share only the physical tables with the simulator. Energy loss is continuous.
E. Woodcock et al., Proc. Conf. Applications of Computing Methods to Reactor Problems, ANL-7050 (1965) 557.
"""
# ruff: noqa: NPY002 - compiled code has the legacy generator only

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numba as nb
import numpy as np

from synthfib.physics.angular_sampling import BINS, LEVELS, angular_sampling
from synthfib.physics.stopping import stopping_power_kev_nm
from synthfib.simulators.monte_carlo.layers import Layer

#: Names of the schemes.
SCHEMES = ("resampling", "woodcock")

_GRID = np.geomspace(0.05, 30, 2000)
_PER_LOG = (_GRID.size - 1) / math.log(600.0)


def planar_eta(
    layers: Sequence[Layer], energy_kev: float, electrons: int, seed: int, *, scheme: str = "resampling", loss_per_step: float = 0.005
) -> tuple[float, float]:
    """Return the share of electrons that come back from flat layers, and its standard error.

    Parameters
    ----------
    layers : sequence of (Material, float)
        Materials and thicknesses in nm, the last infinite; no vacuum.
    energy_kev : float
        Landing energy, normal incidence.
    electrons, seed : int
        How many, and their random numbers.
    scheme : str
        One of `SCHEMES`.
    loss_per_step : float
        Largest share of the energy that a step may lose.
    """
    tables = [angular_sampling(material) for material, _ in layers]
    rate = np.array([np.exp(np.interp(np.log(_GRID), np.log(t.energies_kev), np.log(t.inverse_mean_free_path_per_nm))) for t in tables])
    stopping = np.array([stopping_power_kev_nm(material, _GRID) for material, _ in layers])
    borders = np.append(np.cumsum([thickness for _, thickness in layers[:-1]]), np.inf)
    quantiles = np.stack([t.quantiles for t in tables])
    follow = {"resampling": _resample, "woodcock": _woodcock}[scheme]
    share = follow(borders, rate, stopping, quantiles, tables[0].energies_kev, energy_kev, electrons, seed, loss_per_step) / electrons
    return share, math.sqrt(share * (1 - share) / electrons)


@nb.njit(cache=True)
def _place(energy: Any) -> Any:
    """Fractional node of the energy grid."""
    return math.log(max(energy, 0.05) / 0.05) * _PER_LOG


@nb.njit(cache=True)
def _at(table: Any, place: Any) -> Any:
    node = min(int(place), table.size - 2)
    return table[node] + (place - node) * (table[node + 1] - table[node])


@nb.njit(cache=True)
def _slowed(energy: Any, place: Any, step: Any, stopping: Any) -> Any:
    """Energy after a step, to second order in its length."""
    node = min(int(place), stopping.size - 2)
    here = stopping[node] + (place - node) * (stopping[node + 1] - stopping[node])
    slope = (stopping[node + 1] - stopping[node]) * _PER_LOG / energy
    return energy - step * here * (1 - 0.5 * step * slope)


@nb.njit(cache=True)
def _turned(uz: Any, energy: Any, rows: Any, quantiles: Any) -> Any:
    """Direction along z after a collision, the angle read from the one table of the nested ones that holds it."""
    row = min(int(math.log(max(energy, rows[0]) / rows[0]) / math.log(rows[1] / rows[0]) + np.random.random()), rows.size - 1)
    w, level = np.random.random(), 0
    while w < 1 / 16 and level < LEVELS - 1:
        w, level = w * 16, level + 1
    nodes = quantiles[row, level * (BINS + 1) : (level + 1) * (BINS + 1)]
    bin_ = min(int(w * BINS), BINS - 1)
    away = nodes[bin_] + (w * BINS - bin_) * (nodes[bin_ + 1] - nodes[bin_])
    sine, lateral = np.sqrt(away * (2 - away)), np.sqrt(max(0.0, 1 - uz * uz))
    turned = uz * (1 - away) + lateral * sine * np.cos(2 * np.pi * np.random.random())
    return min(1.0, max(-1.0, turned))


@nb.njit(cache=True)
def _resample(borders: Any, rate: Any, stopping: Any, quantiles: Any, rows: Any, landing: Any, electrons: int, seed: int, cap: float) -> int:
    np.random.seed(seed)
    back = 0
    for _ in range(electrons):
        z, uz, energy, layer = 0.0, 1.0, landing, 0
        while energy > 0.05:
            place = _place(energy)
            free = -math.log(np.random.random()) / _at(rate[layer], place)
            largest = cap * energy / _at(stopping[layer], place)
            top = borders[layer - 1] if layer else 0.0
            border = (borders[layer] - z) / uz if uz > 0 else (top - z) / uz if uz < 0 else np.inf
            step = min(free, largest, border)
            z += uz * step
            energy = _slowed(energy, place, step, stopping[layer])
            if step == border:
                layer += 1 if uz > 0 else -1
                if layer < 0:
                    back += energy > 0.05
                    break
            elif step == free:
                uz = _turned(uz, max(energy, 0.05), rows, quantiles[layer])
    return back


@nb.njit(cache=True)
def _woodcock(borders: Any, rate: Any, stopping: Any, quantiles: Any, rows: Any, landing: Any, electrons: int, seed: int, cap: float) -> int:
    np.random.seed(seed)
    back, count = 0, borders.size
    for _ in range(electrons):
        z, uz, energy = 0.0, 1.0, landing
        while energy > 0.05:
            place, most_rate, most_stopping = _place(energy), 0.0, 0.0
            for layer in range(count):
                most_rate, most_stopping = max(most_rate, _at(rate[layer], place)), max(most_stopping, _at(stopping[layer], place))
            free, largest = -math.log(np.random.random()) / most_rate, cap * energy / most_stopping
            end = z + uz * min(free, largest)
            # The loss of each layer crossed; the collision, if it is real, belongs to the layer where the step ends.
            layer = np.searchsorted(borders, max(end, 0.0), side="right")
            for crossed in range(count):
                top = borders[crossed - 1] if crossed else 0.0
                overlap = min(max(z, end), borders[crossed]) - max(min(z, end), top)
                if overlap > 0:
                    energy = _slowed(energy, place, overlap / abs(uz), stopping[crossed])
            z = end
            if z < 0:
                back += energy > 0.05
                break
            if free < largest and energy > 0.05 and np.random.random() * most_rate < _at(rate[layer], place):
                uz = _turned(uz, energy, rows, quantiles[layer])
    return back

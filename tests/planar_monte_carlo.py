"""An independent way through flat layers: small steps of energy, flights drawn anew behind every border, angles from the tables by search.

Slow and simple; shares only the physical tables with the simulator that it checks.
"""
# ruff: noqa: NPY002 - compiled code has the legacy generator only

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from synthfib.data.material import Material
from synthfib.physics.angular_sampling import BINS, LEVELS, angular_sampling
from synthfib.physics.stopping import stopping_power_kev_nm

_GRID = np.geomspace(0.05, 30, 2000)


def planar_eta(layers: list[tuple[Material, float]], energy_kev: float, electrons: int, seed: int, *, loss_per_step: float = 0.005) -> float:
    """Share of electrons that come back from flat layers, the last of them infinite."""
    materials = [material for material, _ in layers]
    tables = [angular_sampling(material) for material in materials]
    rate = np.array([np.exp(np.interp(np.log(_GRID), np.log(t.energies_kev), np.log(t.inverse_mean_free_path_per_nm))) for t in tables])
    stopping = np.array([stopping_power_kev_nm(material, _GRID) for material in materials])
    borders = np.append(np.cumsum([thickness for _, thickness in layers[:-1]]), np.inf)
    quantiles = np.stack([t.quantiles for t in tables])
    return float(_follow(borders, rate, stopping, quantiles, tables[0].energies_kev, energy_kev, electrons, seed, loss_per_step))


@nb.njit
def _at(table: Any, energy: Any) -> Any:
    place = np.log(energy / 0.05) / np.log(600.0) * (table.size - 1)
    node = min(max(int(place), 0), table.size - 2)
    return table[node] + (place - node) * (table[node + 1] - table[node])


@nb.njit
def _follow(borders: Any, rate: Any, stopping: Any, quantiles: Any, rows: Any, landing: Any, electrons: int, seed: int, cap: float) -> float:
    np.random.seed(seed)
    back = 0
    for _ in range(electrons):
        z, uz, energy, layer = 0.0, 1.0, landing, 0
        while energy > 0.05:
            free = -np.log(np.random.random()) / _at(rate[layer], energy)
            largest = cap * energy / _at(stopping[layer], energy)
            top = borders[layer - 1] if layer else 0.0
            border = (borders[layer] - z) / uz if uz > 0 else (top - z) / uz if uz < 0 else np.inf
            step = min(free, largest, border)
            z += uz * step
            middle = energy - 0.5 * step * _at(stopping[layer], energy)
            energy -= step * _at(stopping[layer], max(middle, 0.05))
            if step == border:
                layer += 1 if uz > 0 else -1
                if layer < 0:
                    back += energy > 0.05
                    break
            elif step == free:
                place = np.log(energy / rows[0]) / np.log(rows[1] / rows[0]) if energy > rows[0] else 0.0
                row = min(int(place + np.random.random()), rows.size - 1)
                w, level = np.random.random(), 0
                while w < 1 / 16 and level < LEVELS - 1:
                    w, level = w * 16, level + 1
                nodes = quantiles[layer, row, level * (BINS + 1) : (level + 1) * (BINS + 1)]
                away = np.interp(w, np.linspace(0, 1, BINS + 1), nodes)
                sine, lateral = np.sqrt(away * (2 - away)), np.sqrt(max(0.0, 1 - uz * uz))
                uz = uz * (1 - away) + lateral * sine * np.cos(2 * np.pi * np.random.random())
                uz = min(1.0, max(-1.0, uz))
    return back / electrons

"""Numerical kernels of the bottom-up sweep through a label volume."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np


@nb.njit(parallel=True, cache=True)
def cross_layer(labels: Any, opacity: Any, rate: Any, keep: Any, bulk: Any, wall_rate: float, thickness: float, below: Any, above: Any) -> None:
    """Carry expected yields from the lower to the upper side of one layer, for every energy.

    Parameters
    ----------
    labels : uint8 (y, x)
        Phase of the layer.
    opacity : float32 (energy, y, x)
        Opacity of the neighbourhood minus that of the pixel itself, 0 where negative.
    rate : float32 (energy, phase)
        Stages per nm.
    keep : float32 (energy, phase)
        Chance to go on at a stage rather than to be scattered back.
    bulk : float32 (energy, phase, stage)
        Yield of the bulk material, entered at each stage.
    wall_rate : float
        Stages per nm at a fully opaque neighbourhood.
    thickness : float
        Thickness of the layer in nm.
    below, above : float32 (energy, stage, y, x)
        Yields at the lower and the upper side; `above` may be `below` and may hold fewer stages.
    """
    energies, stages = below.shape[0], below.shape[1]
    wanted = above.shape[1]
    for y in nb.prange(labels.shape[0]):
        weight = np.empty(stages, np.float32)
        for x in range(labels.shape[1]):
            phase = labels[y, x]
            for e in range(energies):
                crossed = np.float32((rate[e, phase] + wall_rate * opacity[e, y, x]) * thickness)
                if crossed == 0:
                    for k in range(wanted):
                        above[e, k, y, x] = below[e, k, y, x]
                    continue
                weight[0] = np.exp(-crossed)
                for j in range(1, stages):
                    weight[j] = weight[j - 1] * crossed * keep[e, phase] / j
                for k in range(wanted):
                    excess = np.float32(0)
                    for j in range(stages - k):
                        excess += weight[j] * (below[e, k + j, y, x] - bulk[e, phase, k + j])
                    above[e, k, y, x] = bulk[e, phase, k] + excess

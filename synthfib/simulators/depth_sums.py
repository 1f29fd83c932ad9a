"""Sums over depth that electrons weaken on their way: for every face of a plan, in one sweep from the bottom up."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.simulators._sweep_kernels import cross_layer
from synthfib.simulators.conditions import Conditions

#: An electron passes this many stages in the material that it crosses before it is lost: one would make its response to depth exponential,
#: which it is not, because electrons lose energy on the way and stop rather abruptly.
STAGES = 4
# Stages per median backscatter depth.
_STAGES_PER_DEPTH = 2.05
# Rates of plain exponentials, per unit of length whatever the material: they tell how deep it looks.
_RATES_OF_UNIT = (0.4, 1.5, 6.0, 25.0)
N_SUMS = STAGES + len(_RATES_OF_UNIT)

# Layers deeper than this many units below the last voxel no longer count.
_MIRRORED_DEPTHS = 12


class DepthSums:
    """Brightness below each pixel, averaged over depth with eight weights; homogeneous matter keeps its brightness.

    Four weights are those of an electron that has 4, 3, 2 or 1 stages to go, passed at 2.05 per median backscatter depth of the material
    in its way: gamma laws. Four are exponentials in absolute depth.

    Below its last voxel the volume counts as mirrored.

    Parameters
    ----------
    volume : LabelVolume
        The structure.
    plan : MillingPlan
        Its faces, anywhere inside layers.
    scene : Conditions
        Materials and energy.
    """

    def __init__(self, volume: LabelVolume, plan: MillingPlan, scene: Conditions) -> None:
        self._volume, self._plan, self._brightness = volume, plan, scene.brightness
        self._stages_per_nm = scene.opacity * _STAGES_PER_DEPTH / scene.depth_nm
        self._rates_per_nm = np.array(_RATES_OF_UNIT) / scene.depth_nm
        n_layers = volume.shape[0]
        self._mirrored = min(n_layers, math.ceil(_MIRRORED_DEPTHS * scene.depth_nm / volume.voxel_size_nm[0]))
        self._faces = plan.voxel_index(volume.voxel_size_nm[0])

    @property
    def n_layers(self) -> int:
        """How many layers a sweep crosses."""
        return self._mirrored + self._volume.shape[0] - int(self._faces[0])

    def __iter__(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield the number of each face, the deepest first, and its sums, float32 ``(y, x, sum)``, which the next face overwrites."""
        labels, thickness_nm = self._volume.labels, self._volume.voxel_size_nm[0]
        n_layers = labels.shape[0]
        share = np.bincount(labels[-1].ravel(), minlength=len(self._brightness)) / labels[-1].size
        sums = np.full((*labels.shape[1:], N_SUMS), np.float32(share @ self._brightness), np.float32)
        at_face = np.empty_like(sums)
        whole = self._chances(thickness_nm)
        for layer in range(n_layers - self._mirrored, n_layers):
            cross_layer(labels[layer], self._brightness, *whole, sums, sums)
        next_face = self._plan.n_slices - 1
        for layer in range(n_layers - 1, int(self._faces[0]) - 1, -1):
            while next_face >= 0 and self._faces[next_face] == layer:
                below_nm = (layer + 1) * thickness_nm - float(self._plan.positions_nm[next_face])
                cross_layer(labels[layer], self._brightness, *self._chances(below_nm), sums, at_face)
                yield next_face, at_face
                next_face -= 1
            cross_layer(labels[layer], self._brightness, *whole, sums, sums)

    def _chances(self, thickness_nm: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the chances to pass stages ``(phase, stage)`` and what is kept of the exponentials ``(sum,)``."""
        stages = (self._stages_per_nm * thickness_nm)[:, None]
        number = np.arange(STAGES)
        factorial = np.array([math.factorial(k) for k in range(STAGES)])
        passed = np.exp(-stages) * stages**number / factorial
        return passed.astype(np.float32), np.exp(-self._rates_per_nm * thickness_nm).astype(np.float32)


def exponential_share(sigma_pixels: float) -> float:
    """Return the share of the new pixel in a running average, forward and back, whose weights have a standard deviation of `sigma_pixels`."""
    variance = sigma_pixels**2
    if variance < 1e-8:
        return 1.0
    # Variance of a two-sided exponential with ratio r: 2 r / (1 - r)^2.
    ratio = 1 + 1 / variance - math.sqrt((1 + 1 / variance) ** 2 - 1)
    return 1 - ratio

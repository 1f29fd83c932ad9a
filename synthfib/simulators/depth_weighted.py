"""A fast physical model: what lies below a pixel, weighted by depth and by what is in the way, blurred as the beam spreads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.stack import Channel, YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.physics.backscatter import ENERGY_RANGE_KEV
from synthfib.simulators._sweep_kernels import mix_sums, smooth
from synthfib.simulators.base import Capabilities, OnProgress
from synthfib.simulators.conditions import Conditions, conditions_of
from synthfib.simulators.depth_sums import N_SUMS, STAGES, DepthSums, exponential_share
from synthfib.simulators.depth_weights import WIDTHS, DepthWeights

# The sum whose variance tells flat layers from structures, an exponential over two thirds of a unit, and the width over which it is taken.
_UNEVEN_SUM = STAGES + 1
_UNEVEN_WIDTH = 3


@dataclass(frozen=True)
class DepthWeighted:
    """Expected yield from one sweep through the volume, from the bottom up.

    The yield is a weighted mean of what lies below each pixel, between the backscatter coefficients of the darkest and the
    brightest phase. Eight weights over depth, four of them with stages passed in the material that is crossed (`DepthSums`), are each
    taken sharp and blurred to four widths. How they are mixed depends on energy, materials, and how uneven the structure is around
    the pixel, and was fitted to Monte Carlo images of structures and flat layers (`synthfib calibrate depth-weighted`). The weights sum
    to one: homogeneous matter has its tabulated coefficient, vacuum yields nothing. Below its last voxel and beyond its sides the volume
    counts as mirrored. The mixture was fitted from 0.5 to 6 keV; beyond, lengths still grow with energy and the mixture stays.

    Left out: the exit angle and the detector's acceptance, tilt, and what a mean cannot do, such as edges brighter than the bulk.
    Vacuum pores are rough: their solid floor shines along lines of sight, which no mean over depth knows.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        energy_range_kev=ENERGY_RANGE_KEV, references=("10.1063/1.357669", "10.1002/sca.4950110404"), reports_progress=True
    )

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
        """Return the yield of every face of `plan`; `rng` is not used, the model is deterministic.

        Memory: the yield stack and a few images.
        """
        del rng
        weights = DepthWeights.read()
        data = np.empty((len(energies_kev), plan.n_slices, *volume.shape[1:]), np.float32)
        for e, energy_kev in enumerate(energies_kev):
            scene = conditions_of(volume, energy_kev)
            readout = Readout(volume, scene, weights.of(scene))
            for done, (face, sums) in enumerate(DepthSums(volume, plan, scene), start=1):
                np.clip(scene.darkest + scene.contrast * readout(sums), 0, 1, out=data[e, face])
                if on_progress:
                    on_progress((e + done / plan.n_slices) / len(energies_kev), f"{energy_kev:g} keV")
        channels = tuple(Channel(float(energy_kev)) for energy_kev in energies_kev)
        parameters = {"energies_kev": [float(energy_kev) for energy_kev in energies_kev], "weights": weights.digest}
        return YieldStack(data, channels, plan, provenance=Provenance(volume.provenance.steps).then("depth-weighted", parameters))


class Readout:
    """Turns the sums below a face into relative brightness.

    Parameters
    ----------
    volume : LabelVolume
        Whose pixels it looks at.
    scene : Conditions
        Materials and energy.
    mixture : ndarray of float32, shape (2, width, sum)
        Weights in flat layers, 1 in total, and what comes on top per unit of unevenness, 0 in total.
    """

    def __init__(self, volume: LabelVolume, scene: Conditions, mixture: NDArray[np.float32]) -> None:
        self._mixture = np.ascontiguousarray(mixture.reshape(-1, N_SUMS).T)
        self._mixed = np.empty((len(WIDTHS), *volume.shape[1:]), np.float32)
        self._shares = [_shares(volume, scene, width) for width in WIDTHS[1:]]

    def __call__(self, sums: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the relative brightness ``(y, x)`` of one face, valid until the next call."""
        mix_sums(sums, unevenness(sums, self._shares[_UNEVEN_WIDTH - 1]), self._mixture, self._mixed)
        brightness: NDArray[np.float32] = self._mixed[0]
        for image, shares in zip(self._mixed[1:], self._shares, strict=True):
            smooth(image, *shares)
            brightness += image
        return brightness


def unevenness(sums: NDArray[np.float32], shares: tuple[float, float]) -> NDArray[np.float32]:
    """Return how much what lies below varies around each pixel, 0 in flat layers, at most 1: four times a variance."""
    below = np.ascontiguousarray(sums[..., _UNEVEN_SUM])
    mean = below.copy()
    smooth(mean, *shares)
    below -= mean
    below *= below
    smooth(below, *shares)
    below *= 4
    return below


def blurred_sums(volume: LabelVolume, scene: Conditions, sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what `Readout` mixes: the sums of one face, as they are and times the unevenness, at every width, float32 ``(2, width, sum, y, x)``."""
    images = np.moveaxis(sums, 2, 0)
    weighted = np.stack([images, images * unevenness(sums, _shares(volume, scene, WIDTHS[_UNEVEN_WIDTH]))])
    blurred = np.repeat(weighted[:, None], len(WIDTHS), axis=1)
    for of_width in blurred:
        for of_sum, width in zip(of_width[1:], WIDTHS[1:], strict=True):
            for image in of_sum:
                smooth(image, *_shares(volume, scene, width))
    return blurred


def _shares(volume: LabelVolume, scene: Conditions, width: float) -> tuple[float, float]:
    """Return what `smooth` needs along y and x to blur to `width` depths."""
    _, y_nm, x_nm = volume.voxel_size_nm
    sigma_nm = width * scene.depth_nm
    return exponential_share(sigma_nm / y_nm), exponential_share(sigma_nm / x_nm)

"""A fast physical model: backscatter emitted along depth, attenuated by what lies above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.stack import Channel, YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.physics.backscatter import ENERGY_RANGE_KEV, backscatter_coefficient
from synthfib.physics.ranges import backscatter_depth_nm
from synthfib.simulators._sweep_kernels import cross_layer
from synthfib.simulators.base import Capabilities, OnProgress

# An electron passes this many stages before it is lost; it may be scattered back at each. One stage would make depth response
# exponential, which real electrons are not: they lose energy on the way and stop rather abruptly.
STAGES = 4
# Stages per median backscatter depth. Least squares over 18 flat-layer Monte Carlo cases (epoxy on gold at 1, 2 and 4 keV, gold
# on epoxy and free gold films at 2 keV): 0.019 r.m.s. in yield, against 0.035 with a single stage.
STAGES_PER_DEPTH = 2.053
# Layers deeper than this many median depths below the last voxel no longer count.
_MIRRORED_DEPTHS = 6


@dataclass(frozen=True)
class DepthWeighted:
    """Expected yield from one sweep through the volume, from the bottom up.

    An electron that enters at a pixel goes straight down. Along its way it passes *stages* at a rate of
    ``2.053 / z(E)`` per nm, where ``z`` is the median backscatter depth of the local material (`physics.ranges`). At each
    stage it is scattered back out with probability ``1 - (1 - eta)^(1/4)``, otherwise it goes on; after four stages it is lost.
    So bulk material yields its tabulated backscatter coefficient eta exactly, vacuum nothing, and a solid below a pore shines
    through less the deeper it lies and the lower the energy. Beside opaque walls a transparent pore loses electrons sideways, on
    the way in and on the way out: at most two stages per `wall_distance_nm`, in proportion to how much more opaque the
    neighbourhood within that distance is. In vacuum pores of nanoporous gold, 58 nm wide, solid
    keeps two thirds of its brightness at a depth of 55 nm and half of it at 90 nm.

    Left out: the lateral spread of the beam (edges stay sharp and shine-through unblurred, wrong by the exit radius: 35 nm in
    epoxy and 3 nm in gold at 2 keV), edge brightening, the exit angle and the detector's acceptance, tilt, and energy straggling
    (real shine-through fades out more slowly at its far end).

    Parameters
    ----------
    wall_distance_nm : float
        Length scale of the loss into walls in nm; infinity switches it off.

    Raises
    ------
    InputError
        If `wall_distance_nm` is not above 0.
    """

    wall_distance_nm: float = 20.0

    capabilities: ClassVar[Capabilities] = Capabilities(
        energy_range_kev=ENERGY_RANGE_KEV, references=("10.1063/1.357669", "10.1002/sca.4950110404"), reports_progress=True
    )

    def __post_init__(self) -> None:
        if not self.wall_distance_nm > 0:
            raise InputError(f"The wall distance must be above 0 nm, got {self.wall_distance_nm!r}.")

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

        Below its last voxel the volume counts as mirrored. Memory: the yield stack and a few images per energy.
        """
        del rng
        sweep = _Sweep(volume, energies_kev, self.wall_distance_nm)
        data = np.empty((len(energies_kev), plan.n_slices, *volume.shape[1:]), np.float32)
        faces = plan.voxel_index(volume.voxel_size_nm[0])
        next_face = plan.n_slices - 1
        n_steps = len(sweep.mirrored) + volume.shape[0] - int(faces[0])
        for step, layer in enumerate(sweep.mirrored, start=1):
            sweep.cross(layer, volume.voxel_size_nm[0], sweep.yields)
            if on_progress is not None:
                on_progress(step / n_steps, "")
        for layer in range(volume.shape[0] - 1, -1, -1):
            lower_side_nm = (layer + 1) * volume.voxel_size_nm[0]
            while next_face >= 0 and faces[next_face] == layer:
                sweep.cross(layer, lower_side_nm - plan.positions_nm[next_face], data[:, None, next_face])
                next_face -= 1
            if on_progress is not None:
                on_progress((len(sweep.mirrored) + volume.shape[0] - layer) / n_steps, "")
            if next_face < 0:
                break
            sweep.cross(layer, volume.voxel_size_nm[0], sweep.yields)
        channels = tuple(Channel(float(energy)) for energy in energies_kev)
        parameters = {"energies_kev": [float(e) for e in energies_kev], "wall_distance_nm": self.wall_distance_nm}
        return YieldStack(data, channels, plan, provenance=Provenance(volume.provenance.steps).then("depth-weighted", parameters))


class _Sweep:
    """The state of one sweep: expected yields at the current depth, per energy and stage."""

    def __init__(self, volume: LabelVolume, energies_kev: Sequence[float], wall_distance_nm: float) -> None:
        eta = np.array([[backscatter_coefficient(m, e) for m in volume.phases] for e in energies_kev], np.float32)
        depth_nm = np.array([[backscatter_depth_nm(m, e) for m in volume.phases] for e in energies_kev])
        self._volume = volume
        self._rate = (STAGES_PER_DEPTH / depth_nm).astype(np.float32)
        self._keep = (1 - eta) ** np.float32(1 / STAGES)
        self._bulk = 1 - self._keep[:, :, None] ** np.arange(STAGES, 0, -1, dtype=np.float32)
        self._wall_rate = 2 / wall_distance_nm
        self._phase_opacity = 1 - np.exp(-self._rate * np.float32(min(wall_distance_nm, 1e6)))
        self._sigma_px = [wall_distance_nm / size for size in volume.voxel_size_nm[1:]]
        self.mirrored = _mirrored_layers(depth_nm, volume.phases, volume.voxel_size_nm[0], volume.shape[0])
        self.yields = self._far_below()
        self._opacity_layer = -1
        self._opacity = np.zeros((len(energies_kev), *volume.shape[1:]), np.float32)

    def _far_below(self) -> NDArray[np.float32]:
        """Return yields below the mirror image, about those of bulk."""
        share = np.bincount(self._volume.labels[-1].ravel(), minlength=len(self._volume.phases)) / self._volume.labels[-1].size
        yields = np.empty((*self._bulk.shape[::2], *self._volume.shape[1:]), np.float32)
        yields[:] = np.einsum("p,epk->ek", share, self._bulk)[:, :, None, None]
        return yields

    def cross(self, layer: int, thickness_nm: float, above: NDArray[np.float32]) -> None:
        """Write the yields at the upper side of `layer`, of which only `thickness_nm` counts, into `above`."""
        labels = self._volume.labels[layer]
        opacity = self._excess_opacity(layer)
        cross_layer(labels, opacity, self._rate, self._keep, self._bulk, self._wall_rate, float(thickness_nm), self.yields, above)

    def _excess_opacity(self, layer: int) -> NDArray[np.float32]:
        """How much more opaque the neighbourhood of each pixel is than the pixel itself, (energy, y, x)."""
        if layer != self._opacity_layer and self._wall_rate > 0:
            labels = self._volume.labels[layer]
            base = self._phase_opacity[:, 0, None, None]
            self._opacity[:] = base
            for phase in range(1, len(self._volume.phases)):
                share = gaussian_filter((labels == phase).astype(np.float32), self._sigma_px, mode="reflect", truncate=3)
                self._opacity += (self._phase_opacity[:, phase, None, None] - base) * share
            self._opacity -= self._phase_opacity[:, labels]
            np.maximum(self._opacity, 0, out=self._opacity)
            self._opacity_layer = layer
        return self._opacity


def _mirrored_layers(depth_nm: NDArray[np.float64], phases: tuple[Material, ...], voxel_size_z_nm: float, n_layers: int) -> range:
    """Layers to cross below the volume, deepest first: the volume again, upside down."""
    matter = [not phase.is_vacuum for phase in phases]
    reach_nm = _MIRRORED_DEPTHS * depth_nm[:, matter].max() if any(matter) else 0.0
    count = min(n_layers, math.ceil(reach_nm / voxel_size_z_nm))
    return range(n_layers - count, n_layers)

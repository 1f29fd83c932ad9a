"""Images predicted by a network that learned from single electrons."""

from __future__ import annotations

import copy
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.stack import Channel, YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.simulators.base import Capabilities, OnProgress
from synthfib.simulators.conditions import Conditions, conditions_of
from synthfib.simulators.depth_sums import STAGES, DepthSums
from synthfib.simulators.surrogate.cones import DEPTH_LIMITS, N_AVERAGES, Averages, depth_intervals
from synthfib.simulators.surrogate.mirroring import summed_layers
from synthfib.simulators.surrogate.weights import SHIPPED_FILE, TrainedNetwork, read_weights

# Faces looked at together: they share sums over layers, which take most of the memory.
_FACES = 8
_PIXELS = 16384


@dataclass(frozen=True)
class Surrogate:
    """Predicts the yield from what lies in cones below each pixel, as Monte Carlo images taught it.

    Structure enters as averages over 16 depth intervals and several widths, all in units of the median backscatter depth of the
    mixture; a small network turns them and five numbers on materials and energy into a yield. Homogeneous matter has its tabulated
    coefficient exactly. All backscattered electrons are counted, as by the detector `bse`. The volume counts as mirrored at its sides
    and below. The result is the same for any number of processors.

    Parameters
    ----------
    weights : pathlib.Path, optional
        What was learned: safetensors; by default the weights that come with the package.
    device : str
        ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    InputError
        If the device is neither.
    """

    weights: Path | None = None
    device: str = "cpu"

    capabilities: ClassVar[Capabilities] = Capabilities(energy_range_kev=(0.5, 6.0), reports_progress=True)

    def __post_init__(self) -> None:
        if self.device not in ("cpu", "cuda"):
            raise InputError(f"The device must be 'cpu' or 'cuda', got {self.device!r}.")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError("The device 'cuda' needs a GPU that torch can use, and there is none; take 'cpu'.")

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
        """Return the yield of every face of `plan`; `rng` is not used, the prediction is deterministic.

        Warns when materials, energy or voxels are outside what the network learned.

        Raises
        ------
        InputError
            If the weights are missing, damaged or of another format, or an energy is out of range.
        """
        del rng
        trained = read_weights(self.weights or SHIPPED_FILE)
        scenes = [conditions_of(volume, energy_kev) for energy_kev in energies_kev]
        for warning in sorted({text for scene in scenes for text in trained.doubts(scene, volume)}):
            warnings.warn(warning, stacklevel=2)
        data = np.empty((len(energies_kev), plan.n_slices, *volume.shape[1:]), np.float32)
        n_workers = 1 if self.device == "cuda" else torch.get_num_threads()
        with _one_thread_each(), ThreadPoolExecutor(n_workers) as pool:
            for e, scene in enumerate(scenes):
                look = _Look(volume, plan, trained, scene, torch.device(self.device), data[e])
                for faces_done in look.at_all(pool, n_workers):
                    if on_progress:
                        on_progress((e + faces_done / plan.n_slices) / len(scenes), f"{energies_kev[e]:g} keV")
        channels = tuple(Channel(float(energy_kev)) for energy_kev in energies_kev)
        parameters = {"energies_kev": [float(energy_kev) for energy_kev in energies_kev], "weights_sha256": trained.sha256}
        return YieldStack(data, channels, plan, provenance=Provenance(volume.provenance.steps).then("surrogate", parameters))


class _Look:
    """One volume at one energy, whose yields go into `data`, ``(slice, y, x)``."""

    def __init__(
        self, volume: LabelVolume, plan: MillingPlan, trained: TrainedNetwork, scene: Conditions, device: torch.device, data: NDArray[np.float32]
    ) -> None:
        z_nm, y_nm, x_nm = volume.voxel_size_nm
        self._volume, self._plan, self._scene, self._device, self._data = volume, plan, scene, device, data
        self._network = copy.deepcopy(trained.network).to(device)  # the original is kept for other devices
        self._numbers = torch.from_numpy(scene.numbers)[None].to(device)
        self._face_layers = plan.positions_nm / z_nm
        self._depth_layers = scene.depth_nm / z_nm
        self._reach_layers = int(DEPTH_LIMITS[-1] * self._depth_layers) + 2
        self._averages = Averages(volume.shape[1:], (scene.depth_nm / y_nm, scene.depth_nm / x_nm), device)

    def at_all(self, pool: ThreadPoolExecutor, n_workers: int) -> Iterator[int]:
        """Look at every face, the deepest first; yield how many are done."""
        waiting: deque[tuple[int, Future[None]]] = deque()
        block: list[tuple[int, NDArray[np.float32]]] = []
        done = 0
        for face, sums in DepthSums(self._volume, self._plan, self._scene):
            block.append((face, np.moveaxis(sums, 2, 0)[:STAGES].copy()))
            if face == 0 or len(block) == _FACES or self._span_layers(block, face - 1) > self._reach_layers // 4:
                waiting.append((len(block), pool.submit(self._at, block)))
                block = []
            # A few blocks wait at most: sums are large.
            while len(waiting) > n_workers or (face == 0 and waiting):
                count, task = waiting.popleft()
                task.result()
                done += count
                yield done

    def _span_layers(self, block: list[tuple[int, NDArray[np.float32]]], last: int) -> int:
        """Return how many layers lie between the first face of a block, the deepest, and face `last`: they share the sums over what is below."""
        return int(self._face_layers[block[0][0]]) - int(self._face_layers[last])

    @torch.inference_mode()
    def _at(self, block: list[tuple[int, NDArray[np.float32]]]) -> None:
        """Look at neighbouring faces, given with their depth sums."""
        first_layer = int(self._face_layers[block[-1][0]])
        n_layers = self._span_layers(block, block[-1][0]) + self._reach_layers
        summed = summed_layers(self._volume.labels, self._scene.brightness, first_layer, n_layers).to(self._device)
        for face, sums in block:
            intervals = depth_intervals(summed, float(self._face_layers[face]) - first_layer, self._depth_layers)
            averages = self._averages(intervals, torch.from_numpy(sums).to(self._device)).reshape(N_AVERAGES, -1)
            found = torch.cat([self._network(pixels.T, self._numbers) for pixels in torch.split(averages, _PIXELS, dim=1)])
            yields = self._scene.darkest + self._scene.contrast * found
            self._data[face] = yields.clamp(0, 1).reshape(self._data.shape[1:]).cpu().numpy()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let torch use one thread for each face: sums over several threads end in other digits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

"""Images from first principles: electrons followed one by one."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from synthfib._version import __version__
from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.stack import Channel, YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.simulators.base import Capabilities, OnProgress
from synthfib.simulators.monte_carlo._imaging import Beam, look_at_face
from synthfib.simulators.monte_carlo.block import SIDES, packed_block
from synthfib.simulators.monte_carlo.detectors import BSE, Detector, acceptance_tables
from synthfib.simulators.monte_carlo.face_store import FaceStore
from synthfib.simulators.monte_carlo.flights import ENERGY_LOSSES, ENERGY_RANGE_KEV, flight_tables, longest_range_nm
from synthfib.simulators.monte_carlo.gpu import Gpu
from synthfib.simulators.monte_carlo.random_numbers import stream_of
from synthfib.simulators.monte_carlo.sums import Sums, TruthMaps

# How often the depth of the volume is added below it at most, to give electrons something to return from.
_MOST_MIRRORED = 3


@dataclass(frozen=True)
class MonteCarlo:
    """Follows electrons one by one through the voxels, until they escape through the face or stop.

    Elastic scattering by relativistic partial waves, continuous energy loss by Joy and Luo, both exact along a flight whatever it crosses;
    electrons below 50 eV count as stopped. Secondary electrons, surface barriers and diffraction are left out. A pixel's electrons land
    anywhere in it. Below its last voxel the volume continues as its
    mirror image.

    Parameters
    ----------
    electrons_per_pixel : int
        Electrons followed for each pixel and energy.
    detectors : tuple of Detector
        What looks; all see the same electrons. Channels are named after them.
    beam_sigma_nm : float
        Standard deviation of the beam's profile along y and x.
    sides : str
        ``"mirrored"``, ``"periodic"`` or ``"open"``: what lies beyond the sides of the volume. With open sides it stands alone:
        electrons that leave it sideways are gone, and its edges are darker for it.
    elastic_model : str
        Elastic scattering, see `physics.elastic`.
    energy_loss : str
        ``"csda"``: continuous; ``"mixed"``: losses above 50 eV one by one, see `physics.hard_losses`.
    device : str
        ``"cpu"`` or ``"cuda"``.
    faces_folder : pathlib.Path, optional
        Keeps every face there as soon as it is done, and goes on from there when the same work was interrupted; delete it afterwards.

    Raises
    ------
    InputError
        If no electron or no detector is asked for, two detectors have one name, or a value is out of range.
    """

    electrons_per_pixel: int = 200
    detectors: tuple[Detector, ...] = (BSE,)
    beam_sigma_nm: float = 0.0
    sides: str = "mirrored"
    elastic_model: str = "partial-waves"
    energy_loss: str = "mixed"
    device: str = "cpu"
    faces_folder: Path | None = None

    capabilities: ClassVar[Capabilities] = Capabilities(
        energy_range_kev=(ENERGY_RANGE_KEV[0], 25.0),
        stochastic=True,
        supports_tilt=True,
        supports_resampling=True,
        returns_standard_error=True,
        reports_progress=True,
        follows_electrons=True,
        references=("10.1103/PhysRevA.36.467", "10.1002/sca.4950110404"),
    )

    def __post_init__(self) -> None:
        if not 1 <= self.electrons_per_pixel <= 10**9:
            raise InputError(f"The electrons per pixel must be between 1 and 1e9, got {self.electrons_per_pixel!r}.")
        names = [detector.name for detector in self.detectors]
        if not names or len(set(names)) < len(names):
            raise InputError(f"At least one detector is required, each with its own name, got {names}.")
        if not (math.isfinite(self.beam_sigma_nm) and self.beam_sigma_nm >= 0):
            raise InputError(f"The width of the beam must be 0 nm or more, got {self.beam_sigma_nm!r}.")
        if self.sides not in SIDES:
            raise InputError(f"The sides must be one of {', '.join(SIDES)}, got {self.sides!r}.")
        if self.energy_loss not in ENERGY_LOSSES:
            raise InputError(f"The energy loss must be 'csda' or 'mixed', got {self.energy_loss!r}.")
        if self.device not in ("cpu", "cuda"):
            raise InputError(f"The device must be 'cpu' or 'cuda', got {self.device!r}.")

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
        """Return the yield of every face, with its standard error; channels run over energies, then detectors."""
        return self.simulate_with_truth(volume, plan, energies_kev=energies_kev, rng=rng, on_progress=on_progress)[0]

    def simulate_with_truth(
        self,
        volume: LabelVolume,
        plan: MillingPlan,
        /,
        *,
        energies_kev: Sequence[float],
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> tuple[YieldStack, TruthMaps]:
        """Return the yield of every face and where it came from.

        Parameters
        ----------
        volume : LabelVolume
            The structure.
        plan : MillingPlan
            Its faces; pixels need not be voxels.
        energies_kev : sequence of float
            Landing energies in keV.
        rng : numpy.random.Generator or int
            Seed; the result depends on nothing else, neither on threads nor on interruptions.
        on_progress : callable, optional
            Called with the share of the work done and a word on it.
        """
        seed = rng if isinstance(rng, int) else int(rng.integers(2**63))
        parameters = {**asdict(self), "energies_kev": [float(energy_kev) for energy_kev in energies_kev]}
        del parameters["device"], parameters["faces_folder"]
        store = FaceStore(self.faces_folder, _key(volume, plan, parameters, seed)) if self.faces_folder else None
        n_y, n_x = plan.face_shape(volume.extent_nm)
        sums = Sums((len(energies_kev), plan.n_slices, n_y, n_x, len(self.detectors)))
        below_nm = volume.extent_nm[0] - float(plan.positions_nm[-1])
        phases = _present_phases(volume)
        tables = [flight_tables(phases, energy_kev, model=self.elastic_model, energy_loss=self.energy_loss) for energy_kev in energies_kev]
        # Nothing returns from deeper than half the longest range.
        enough_nm = max(longest_range_nm(flights) for flights in tables) / 2
        most_nm = volume.extent_nm[0] * (_MOST_MIRRORED if math.isfinite(enough_nm) else 1)
        deepen_nm = max(0.0, min(enough_nm - below_nm, most_nm))
        block = packed_block(volume, sides=self.sides, deepen_nm=deepen_nm)
        acceptance = acceptance_tables(self.detectors)
        look = Gpu().look_at_face if self.device == "cuda" else look_at_face
        for e, energy_kev in enumerate(energies_kev):
            beam = self._beam(volume, plan, energy_kev)
            stream = stream_of(seed, round(energy_kev * 1e6))
            for s, position_nm in enumerate(plan.positions_nm):
                kept = store.load(e, s) if store else None
                if kept is not None:
                    sums.put(e, s, kept)
                else:
                    face = float(position_nm) / volume.voxel_size_nm[0]
                    look(block, tables[e], beam, *acceptance, face, stream_of(stream, s), *sums.at(e, s))
                    if store:
                        store.save(e, s, sums.at(e, s))
                if on_progress:
                    # An electron costs about as much as the energy it has to lose.
                    done = sum(energies_kev[:e]) + energy_kev * (s + 1) / plan.n_slices
                    on_progress(done / sum(energies_kev), f"{energy_kev:g} keV")
        if not all(phase.is_vacuum for phase in phases):
            sums.warn_of_losses(self.electrons_per_pixel, enough_nm)
        data, standard_error = sums.yields(self.electrons_per_pixel)
        channels = tuple(Channel(float(energy_kev), detector.name) for energy_kev in energies_kev for detector in self.detectors)
        provenance = Provenance(volume.provenance.steps).then("monte-carlo", parameters, seed)
        stack = YieldStack(data, channels, plan, standard_error, self.electrons_per_pixel, provenance)
        return stack, sums.truth_maps()

    def _beam(self, volume: LabelVolume, plan: MillingPlan, energy_kev: float) -> Beam:
        tilt = math.radians(plan.tilt_deg)
        pixel_y, pixel_x = (pixel / voxel for pixel, voxel in zip(plan.pixel_size_nm, volume.voxel_size_nm[1:], strict=True))
        return Beam(energy_kev, self.beam_sigma_nm, math.cos(tilt), math.sin(tilt), pixel_y, pixel_x, self.electrons_per_pixel)


def _present_phases(volume: LabelVolume) -> tuple[Material, ...]:
    """Return the phases, those that no voxel has replaced by one that some have: vacuum that is nowhere sets no depth."""
    count = np.bincount(volume.labels.ravel(), minlength=len(volume.phases))
    first = volume.phases[int(np.flatnonzero(count)[0])]
    return tuple(phase if count[index] else first for index, phase in enumerate(volume.phases))


def _key(volume: LabelVolume, plan: MillingPlan, parameters: Mapping[str, Any], seed: int) -> str:
    """Return a text that is the same for the same work only."""
    phases = [phase.to_dict() for phase in volume.phases]
    work = [phases, volume.voxel_size_nm, plan.positions_nm.tolist(), plan.pixel_size_nm, plan.tilt_deg, parameters, seed, __version__]
    return json.dumps(work, sort_keys=True) + hashlib.sha256(np.ascontiguousarray(volume.labels).data).hexdigest()

"""One slice-and-view run: simulate every face, record it, and keep the truth beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from synthfib.catalogue import MicroscopeRecipe
from synthfib.corpus.recipe import degradations_of, slice_thickness
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.degradations.base import Run
from synthfib.degradations.compose import Settings, draw
from synthfib.degradations.dose_noise import DoseNoise, dwell_time_us
from synthfib.degradations.stacks import record
from synthfib.errors import UnsupportedError
from synthfib.rendering import depth_to_solid_nm, exposed_labels, render, shine_through
from synthfib.simulators.base import OnProgress
from synthfib.simulators.choice import AUTO, choose_simulator
from synthfib.simulators.monte_carlo.detectors import detector
from synthfib.simulators.registry import SIMULATORS


def acquire(
    volume: LabelVolume,
    plan: MillingPlan,
    microscope: MicroscopeRecipe,
    *,
    energies_kev: Sequence[float] | None = None,
    simulator: str | None = None,
    rng: int,
    detectors: Sequence[str] = (),
    faces_folder: Path | None = None,
    on_progress: OnProgress | None = None,
) -> ImageStack:
    """Return the images that `microscope` records of `volume`, with all that is known to be true of every face.

    Parameters
    ----------
    volume : LabelVolume
        The structure.
    plan : MillingPlan
        The exposed faces.
    microscope : MicroscopeRecipe
        Beam, detector and read-out.
    energies_kev : sequence of float, optional
        Landing energies in keV instead of those of the microscope.
    simulator : str, optional
        Name of a simulator instead of that of the microscope.
    rng : int
        Seed; simulation and recording get a child of it each.
    detectors : sequence of str
        Names of detectors that look at once, for a simulator that follows single electrons; by default one that sees all of them.
    faces_folder : pathlib.Path, optional
        Where such a simulator keeps finished faces, to go on from there after an interruption.
    on_progress : callable, optional
        Told the share of the work done and a word on it, if the simulator knows.

    Raises
    ------
    InputError
        If the plan leaves the volume or the simulator cannot serve the request.
    """
    simulation, recording = np.random.SeedSequence(rng).spawn(2)
    noise = DoseNoise(microscope.beam_current_pa, microscope.dwell_time_us, microscope.readout_noise_electrons)
    suffered = {**degradations_of(microscope), "dose-noise": asdict(noise)}
    energies = tuple(microscope.energies_kev if energies_kev is None else energies_kev)
    engine = SIMULATORS.load(_settled(simulator or microscope.simulator, volume, plan, energies, noise.electrons_per_pixel))()
    if engine.capabilities.follows_electrons:
        looking = {"detectors": tuple(detector(name) for name in detectors)} if detectors else {}
        engine = replace(engine, electrons_per_pixel=noise.electrons_per_pixel, faces_folder=faces_folder, **looking)
    elif detectors:
        raise UnsupportedError(
            f"Detectors can be chosen only for a simulator that follows single electrons, such as monte-carlo, got {list(detectors)}."
        )
    seed = int(recording.generate_state(1, np.uint64)[0] >> np.uint64(1))
    _check_degradations(volume, plan, suffered, energies, seed)
    expected = render(
        volume, plan, engine, energies_kev=energies, detector=microscope.detector, rng=np.random.default_rng(simulation), on_progress=on_progress
    )
    labels = exposed_labels(volume, plan)
    recorded = record(
        expected,
        suffered,
        rng=seed,
        bit_depth=microscope.bit_depth,
        labels=labels,
        phases=volume.phases,
        depth_to_solid_nm=depth_to_solid_nm(volume, plan),
    )
    return replace(recorded, shine_through=shine_through(expected, labels, volume.phases), yields=expected.data)


def _settled(name: str, volume: LabelVolume, plan: MillingPlan, energies_kev: tuple[float, ...], electrons_per_pixel: int) -> str:
    """Return `name`, or what `auto` chooses."""
    if name != AUTO:
        return name
    return choose_simulator(
        n_pixels=plan.n_slices * math.prod(plan.face_shape(volume.extent_nm)),
        n_voxels=volume.labels.size,
        n_phases=len(volume.phases),
        energies_kev=energies_kev,
        electrons_per_pixel=electrons_per_pixel,
    ).name


def _check_degradations(volume: LabelVolume, plan: MillingPlan, suffered: Settings, energies_kev: Sequence[float], seed: int) -> None:
    """Draw for a run of this size, so that what does not suit it is known before the simulation, which takes long."""
    channels = tuple(Channel(energy_kev) for energy_kev in energies_kev)
    run = Run(plan, channels, plan.face_shape(volume.extent_nm), (1.0,) * len(channels), volume.phases)
    draw(suffered, run, rng=seed)


def slice_and_view(
    volume: LabelVolume,
    microscope: MicroscopeRecipe,
    *,
    energies_kev: Sequence[float] | None = None,
    simulator: str | None = None,
    rng: int,
    detectors: Sequence[str] = (),
    faces_folder: Path | None = None,
    on_progress: OnProgress | None = None,
) -> ImageStack:
    """Mill `volume` from top to bottom as `microscope` does, one pixel a voxel, and return what `acquire` records.

    Raises
    ------
    InputError
        If the simulator cannot serve the request.
    """
    milling_seed, imaging_seed = (int(word) for word in np.random.SeedSequence(rng).generate_state(2, np.uint64) >> np.uint64(1))
    law = slice_thickness(microscope.slice_thickness)
    plan = law.plan(pixel_size_nm=volume.voxel_size_nm[1:], rng=milling_seed, depth_nm=volume.extent_nm[0])
    return acquire(
        volume,
        plan,
        microscope,
        energies_kev=energies_kev,
        simulator=simulator,
        rng=imaging_seed,
        detectors=detectors,
        faces_folder=faces_folder,
        on_progress=on_progress,
    )


def with_dose(microscope: MicroscopeRecipe, electrons_per_pixel: int) -> MicroscopeRecipe:
    """Return the microscope with the dwell time that lands so many electrons on each pixel."""
    return microscope.model_copy(update={"dwell_time_us": dwell_time_us(microscope.beam_current_pa, electrons_per_pixel)})

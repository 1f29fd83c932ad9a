"""Look at every face of a milling plan: check the request, call one simulator, and say what is really there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError, UnsupportedError
from synthfib.physics.backscatter import backscatter_coefficient
from synthfib.simulators.base import OnProgress, ReportingSimulator, Simulator


def render(
    volume: LabelVolume,
    plan: MillingPlan,
    simulator: Simulator,
    *,
    energies_kev: Sequence[float],
    detector: str = "bse",
    rng: np.random.Generator | int,
    on_progress: OnProgress | None = None,
) -> YieldStack:
    """Return the expected yield of every face of `plan` at every energy; `on_progress` is called by simulators that say how far they are.

    Raises
    ------
    UnsupportedError
        If the simulator cannot serve the request; every mismatch is named.
    InputError
        If the plan leaves the volume, or no energy is given.
    """
    check_plan(volume, plan)
    if not energies_kev:
        raise InputError("At least one landing energy in keV is required, got none.")
    mismatches = list(_mismatches(volume, plan, simulator, energies_kev))
    if mismatches:
        raise UnsupportedError(f"{type(simulator).__name__} cannot do this: {'; '.join(mismatches)}.")
    if on_progress is not None and simulator.capabilities.reports_progress:
        stack = cast(ReportingSimulator, simulator).simulate(volume, plan, energies_kev=energies_kev, rng=rng, on_progress=on_progress)
    else:
        stack = simulator.simulate(volume, plan, energies_kev=energies_kev, rng=rng)
    # A simulator that knows several detectors names them itself.
    names = {channel.detector for channel in stack.channels}
    return replace(stack, channels=tuple(replace(channel, detector=detector) for channel in stack.channels)) if names == {"bse"} else stack


def check_plan(volume: LabelVolume, plan: MillingPlan) -> None:
    """Check that every face of `plan` lies inside `volume`.

    Raises
    ------
    InputError
        If one does not.
    """
    last, depth = float(plan.positions_nm[-1]), volume.extent_nm[0]
    if plan.voxel_index(volume.voxel_size_nm[0])[-1] >= volume.shape[0]:
        raise InputError(f"Every face must lie inside the volume ({depth:g} nm deep), the last one is at {last:g} nm; mill fewer or thinner slices.")


def _mismatches(volume: LabelVolume, plan: MillingPlan, simulator: Simulator, energies_kev: Sequence[float]) -> list[str]:
    able = simulator.capabilities
    low, high = able.energy_range_kev
    found = [f"{energy:g} keV is outside {low:g}-{high:g} keV" for energy in energies_kev if not low <= energy <= high]
    if plan.tilt_deg and not able.supports_tilt:
        found.append(f"a tilt of {plan.tilt_deg:g} degrees, only 0 is served")
    if not able.supports_resampling and not np.allclose(plan.pixel_size_nm, volume.voxel_size_nm[1:], rtol=1e-6):
        pixel, voxel = (f"{size[0]:g} x {size[1]:g} nm" for size in (plan.pixel_size_nm, volume.voxel_size_nm[1:]))
        found.append(f"pixels of {pixel} on voxels of {voxel}, they must be equal")
    return found


def exposed_labels(volume: LabelVolume, plan: MillingPlan) -> NDArray[np.uint8]:
    """Return the phase of every pixel of every face, uint8 ``(slice, y, x)``."""
    y, x = plan.pixel_index(volume.voxel_size_nm, volume.extent_nm)
    return volume.labels[np.ix_(plan.voxel_index(volume.voxel_size_nm[0]), y, x)]


def shine_through(expected: YieldStack, labels: NDArray[np.uint8], phases: Sequence[Material]) -> NDArray[np.uint8]:
    """Return the share of the signal of each pore pixel that its own material would not give, uint8 ``(channel, slice, y, x)``.

    The share is ``1 - eta / yield`` with the bulk backscatter coefficient of label 0, not below 0; 255 stands for 1. Solid has 0.

    Parameters
    ----------
    expected : YieldStack
        Expected yield.
    labels : ndarray of uint8, shape (slice, y, x)
        Phase of every pixel of every face.
    phases : sequence of Material
        What each label is made of, pore first.
    """
    shares = np.zeros(expected.data.shape, np.uint8)
    for c, channel in enumerate(expected.channels):
        eta = backscatter_coefficient(phases[0], channel.energy_kev)
        for face, share, signal in zip(labels, shares[c], expected.data[c], strict=True):
            beyond = (face == 0) & (signal > eta)
            share[beyond] = np.rint(255 * (1 - eta / signal[beyond])).astype(np.uint8)
    return shares


def depth_to_solid_nm(volume: LabelVolume, plan: MillingPlan) -> NDArray[np.float32]:
    """Return how far below each pixel of each face the first solid lies, float32 ``(slice, y, x)`` in nm; inf where none is."""
    size_nm = volume.voxel_size_nm[0]
    faces = plan.voxel_index(size_nm)
    pixels = np.ix_(*plan.pixel_index(volume.voxel_size_nm, volume.extent_nm))
    out = np.empty((plan.n_slices, *plan.face_shape(volume.extent_nm)), np.float32)
    top_of_solid_nm = np.full(out.shape[1:], np.inf)
    next_face = plan.n_slices - 1
    for layer in range(volume.shape[0] - 1, -1, -1):
        top_of_solid_nm[volume.labels[layer][pixels] > 0] = layer * size_nm
        while next_face >= 0 and faces[next_face] == layer:
            np.maximum(top_of_solid_nm - plan.positions_nm[next_face], 0, out=out[next_face], casting="same_kind")
            next_face -= 1
    return out

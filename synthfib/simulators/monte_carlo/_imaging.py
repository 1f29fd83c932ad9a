"""One face, pixel by pixel."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy as np

from synthfib.simulators.monte_carlo._transport import ESCAPED, LOST, trace_electron
from synthfib.simulators.monte_carlo.random_numbers import advance, child, mix

# What is added up for each pixel beside the detectors: depth, share scattered elsewhere, lateral distance, electrons lost below.
DEEPEST, ELSEWHERE, SPREAD, BELOW = range(4)
N_TRUTHS = 4

_32 = np.uint64(32)
_LOW_32 = np.uint64(0xFFFFFFFF)
_UNIT_32 = 2.0**-32


class Beam(NamedTuple):
    """How electrons land.

    Parameters
    ----------
    energy_kev : float
        Landing energy.
    sigma_nm : float
        Standard deviation of the beam's profile along y and x.
    uz, uy : float
        Direction; the beam is tilted in the plane of z and y.
    pixel_y, pixel_x : float
        Pixel size in voxels.
    electrons : int
        Electrons per pixel.
    """

    energy_kev: Any
    sigma_nm: Any
    uz: Any
    uy: Any
    pixel_y: Any
    pixel_x: Any
    electrons: Any


@nb.njit(cache=True)
def accepted(energy: Any, polar: Any, window: Any, table: Any) -> Any:
    """Return the chance that a detector accepts an electron, given its energy as a fraction of the landing energy and its polar angle."""
    if not (window[0] <= energy <= window[1] and window[2] <= polar <= window[3]):
        return np.float32(0)
    row = min(int((energy - window[0]) / (window[1] - window[0]) * table.shape[0]), table.shape[0] - 1)
    column = min(int((polar - window[2]) / (window[3] - window[2]) * table.shape[1]), table.shape[1] - 1)
    return table[row, column]


@nb.njit(cache=True)
def landing_point(bits: Any, beam: Any, y: Any, x: Any, block: Any) -> Any:
    """Return where an electron lands, in voxels: anywhere in its pixel, then displaced by the beam's profile, folded at the sides."""
    ny, nx = block.voxels.shape[1:]
    landing_y = (y + float(bits >> _32) * _UNIT_32) * beam.pixel_y
    landing_x = (x + float(bits & _LOW_32) * _UNIT_32) * beam.pixel_x
    if beam.sigma_nm > 0:
        more = mix(advance(bits))
        radius = beam.sigma_nm * math.sqrt(-2 * math.log((float(more >> _32) + 0.5) * _UNIT_32))
        angle = 2 * math.pi * float(more & _LOW_32) * _UNIT_32
        landing_y = mirror(landing_y + radius * math.sin(angle) / block.size_y, ny)
        landing_x = mirror(landing_x + radius * math.cos(angle) / block.size_x, nx)
    return min(landing_y, ny - 1e-9), min(landing_x, nx - 1e-9)


@nb.njit(cache=True)
def mirror(position: Any, n_voxels: Any) -> Any:
    """Return a position brought back into [0, n_voxels] by mirrors at both sides."""
    position = abs(position) % (2 * n_voxels)
    return min(position, 2 * n_voxels - position)


@nb.njit(cache=True)
def look(
    block: Any,
    flights: Any,
    beam: Any,
    windows: Any,
    tables: Any,
    face: Any,
    y: Any,
    x: Any,
    stream: Any,
    first: Any,
    last: Any,
    no_path: Any,
    signal: Any,
    squares: Any,
    truth: Any,
) -> None:
    """Send electrons number `first` to `last` of one pixel and add up what detectors and truth maps get; the truth is that of the first detector."""
    for electron in range(first, last):
        state = advance(child(stream, electron))
        start_y, start_x = landing_point(mix(state), beam, y, x, block)
        end = trace_electron(block, flights, face, start_y, start_x, beam.uz, beam.uy, beam.energy_kev, state, no_path)
        if end.end == LOST:
            truth[BELOW] += 1
        if end.end != ESCAPED:
            continue
        energy, polar = end.energy_kev / beam.energy_kev, math.acos(min(1.0, -end.uz))
        for detector in range(windows.shape[0]):
            chance = accepted(energy, polar, windows[detector], tables[detector])
            signal[detector] += chance
            squares[detector] += chance * chance
        chance = accepted(energy, polar, windows[0], tables[0])
        truth[DEEPEST] += chance * (end.deepest - face) * block.size_z
        truth[ELSEWHERE] += chance * end.elsewhere
        truth[SPREAD] += chance * math.hypot((end.y - start_y) * block.size_y, (end.x - start_x) * block.size_x)


@nb.njit(parallel=True, cache=True, nogil=True)
def look_at_face(
    block: Any, flights: Any, beam: Any, windows: Any, tables: Any, face: Any, stream: Any, signal: Any, squares: Any, truth: Any
) -> None:
    """Image one face.

    Parameters
    ----------
    block : Block
        The structure.
    flights : Flights
        Its materials.
    beam : Beam
        How electrons land.
    windows, tables
        From `detectors.acceptance_tables`.
    face : float
        Depth of the face in voxels.
    stream : uint64
        Random numbers of the face.
    signal, squares : float32 (y, x, detector)
        Sums of the chances of acceptance and of their squares.
    truth : float32 (y, x, 4)
        Sums over electrons seen by the first detector, and electrons lost below.
    """
    ny, nx = signal.shape[:2]
    no_path = np.empty((0, 3), np.float32)
    for pixel in nb.prange(ny * nx):
        y, x = pixel // nx, pixel % nx
        own = child(stream, pixel)
        look(block, flights, beam, windows, tables, face, y, x, own, 0, beam.electrons, no_path, signal[y, x], squares[y, x], truth[y, x])


@nb.njit(parallel=True, cache=True, nogil=True)
def follow(block: Any, flights: Any, beam: Any, face: Any, stream: Any, records: Any, paths: Any) -> None:
    """Follow electrons that land anywhere in the first pixel, and write down how each one ended.

    Parameters
    ----------
    block, flights, beam, face, stream
        As in `look_at_face`.
    records : float32 (electron, 7)
        End, energy in keV, direction along z, deepest point in nm, lateral distance along y and x in nm, whether scattered elsewhere.
    paths : float64 (electron, point, 3)
        Points of the trajectories in voxels, as far as there is room; untouched beyond the last.
    """
    for electron in nb.prange(records.shape[0]):
        state = advance(child(stream, electron))
        y, x = landing_point(mix(state), beam, 0, 0, block)
        end = trace_electron(block, flights, face, y, x, beam.uz, beam.uy, beam.energy_kev, state, paths[electron])
        record = records[electron]
        record[0], record[1], record[2] = end.end, end.energy_kev, end.uz
        record[3] = (end.deepest - face) * block.size_z
        record[4], record[5] = (end.y - y) * block.size_y, (end.x - x) * block.size_x
        record[6] = 1 if end.elsewhere else 0

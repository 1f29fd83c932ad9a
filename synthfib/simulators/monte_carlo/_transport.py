"""One electron on its way through voxels: scalar code that processors and CUDA compile alike."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy as np

from synthfib.physics.angular_sampling import deflection_at
from synthfib.simulators.monte_carlo.random_numbers import advance, mix

# What ends a flight, and a history.
COLLISION, BORDER, ESCAPED, LOST, ABSORBED = range(5)
# What lies beyond the sides of a volume.
MIRRORED, PERIODIC, OPEN = range(3)
# Columns of `Flights.by_depth` and of `Flights.scale`.
RANGE, ROW, REACH, HARD = range(4)
PER_DEPTH, PER_RANGE, LEAST_LOSS = range(3)

_deflection = nb.njit(cache=True)(deflection_at)

_32 = np.uint64(32)
_LOW_32 = np.uint64(0xFFFFFFFF)
_UNIT_32 = 2.0**-32
_FAR = 1e30


class Flights(NamedTuple):
    """What materials do to an electron, as `flights.flight_tables` makes it; material first.

    Parameters
    ----------
    by_depth : float32 (material, node, 4)
        Against the optical depth left before the electron stops: range in nm, row of the angular table, largest distance in nm it can still
        get anywhere in the sample, chance that a collision is a hard loss.
    by_range : float32 (material, node)
        Energy in keV against range.
    by_energy : float32 (material, node)
        Optical depth, as a node of `by_depth`, against energy.
    scale : float64 (material, 3)
        Nodes per unit of optical depth (0 for vacuum), nodes per nm of range, least hard loss in keV.
    first_kev, per_kev : float
        Energy of the first node of `by_energy`, and nodes per keV.
    quantiles : float32 (material, row, node)
        Angular tables, see `physics.angular_sampling`.
    """

    by_depth: Any
    by_range: Any
    by_energy: Any
    scale: Any
    first_kev: Any
    per_kev: Any
    quantiles: Any


class Block(NamedTuple):
    """Where matter is.

    Parameters
    ----------
    voxels : uint16 (z, y, x)
        Phase in the low byte; in the high byte the clearance, how many voxels all around are of the same phase.
    size_z, size_y, size_x, smallest : float
        Voxel size and its smallest edge in nm.
    per_nm_z, per_nm_y, per_nm_x : float
        Voxels per nm.
    sides : int
        `MIRRORED`, `PERIODIC` or `OPEN`: whether the sides are mirrors, the volume repeats, or whoever leaves it sideways is gone.
    """

    voxels: Any
    size_z: Any
    size_y: Any
    size_x: Any
    smallest: Any
    per_nm_z: Any
    per_nm_y: Any
    per_nm_x: Any
    sides: Any


class Place(NamedTuple):
    """Where an electron is: position in voxels, indices of its voxel, direction, and what is packed in the voxel."""

    z: Any
    y: Any
    x: Any
    iz: Any
    iy: Any
    ix: Any
    uz: Any
    uy: Any
    ux: Any
    packed: Any


class Electron(NamedTuple):
    """How the history of an electron ended.

    Parameters
    ----------
    end : int
        `ESCAPED`, `LOST` or `ABSORBED`.
    energy_kev : float
        Energy at the end.
    uz : float
        Direction along z at the end.
    deepest, y, x : float
        Deepest point, and where it ended, in voxels.
    elsewhere : bool
        Whether it was scattered in a phase other than the exposed one.
    """

    end: Any
    energy_kev: Any
    uz: Any
    deepest: Any
    y: Any
    x: Any
    elsewhere: Any


@nb.njit(cache=True)
def interpolate(table: Any, material: Any, place: Any) -> Any:
    """Return the value of a table, float32 (material, node), at a fractional node."""
    node = min(max(int(place), 0), table.shape[1] - 2)
    low = table[material, node]
    return low + (place - node) * (table[material, node + 1] - low)


@nb.njit(cache=True)
def interpolate3(table: Any, material: Any, place: Any, column: Any) -> Any:
    """Return one column of a table, float32 (material, node, column), at a fractional node."""
    node = min(int(place), table.shape[1] - 2)
    low = table[material, node, column]
    return low + (place - node) * (table[material, node + 1, column] - low)


@nb.njit(cache=True)
def azimuth(bits: Any) -> Any:
    """Return cosine and sine of a uniformly distributed angle from the low 32 random bits, to 1e-8."""
    # Two bits choose the quadrant, the others an angle in [-pi/4, pi/4], where short series converge.
    a = (float((bits & _LOW_32) >> np.uint64(2)) * 2.0**-30 - 0.5) * (0.5 * math.pi)
    q = a * a
    s = a * (1 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880)))))
    c = 1 + q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 - q * (1 / 3628800)))))
    if bits & np.uint64(1):
        c, s = -s, c
    if bits & np.uint64(2):
        c, s = -c, -s
    return c, s


@nb.njit(cache=True)
def turn(uz: Any, uy: Any, ux: Any, away: Any, bits: Any) -> Any:
    """Return a direction turned by the polar deflection ``away = 1 - cos theta`` and a random azimuth."""
    cos_azimuth, sin_azimuth = azimuth(bits)
    cosine, sine = 1 - away, math.sqrt(away * (2 - away))
    lateral2 = uy * uy + ux * ux
    if lateral2 < 1e-12:
        return math.copysign(1.0, uz) * cosine, sine * cos_azimuth, sine * sin_azimuth
    scaled = sine / math.sqrt(lateral2)
    along, across = scaled * cos_azimuth, scaled * sin_azimuth
    return uz * cosine - lateral2 * along, uy * cosine + uz * uy * along - ux * across, ux * cosine + uz * ux * along + uy * across


@nb.njit(cache=True)
def to_next_face(position: Any, index: Any, per_nm: Any) -> Any:
    """Return the distance in nm to the next voxel face along one axis; position in voxels, `per_nm` how far it moves in a nm of flight."""
    if per_nm > 0:
        return (index + 1 - position) / per_nm
    if per_nm < 0:
        return (index - position) / per_nm
    return _FAR


@nb.njit(cache=True)
def fold(position: Any, direction: Any, n_voxels: Any, sides: Any) -> Any:
    """Return position and direction along one lateral axis, brought back into the volume by a mirror or by repetition, if at all."""
    if 0 <= position < n_voxels or sides == OPEN:
        return position, direction
    if sides == PERIODIC:
        return position - n_voxels * math.floor(position / n_voxels), direction
    if position < 0:
        return min(-position, n_voxels - 1e-9), -direction
    return max(2 * n_voxels - position - 1e-9, 0.0), -direction


@nb.njit(cache=True)
def nudge(index: Any, direction: Any, n_voxels: Any, sides: Any) -> Any:
    """Return index, position and direction after the face of a voxel was crossed along one lateral axis."""
    index += 1 if direction > 0 else -1
    if 0 <= index < n_voxels or sides == OPEN:
        return index, float(index if direction > 0 else index + 1), direction
    if sides == MIRRORED:
        index = 0 if index < 0 else n_voxels - 1
        return index, float(index if direction < 0 else index + 1), -direction
    index = n_voxels - 1 if index < 0 else 0
    return index, float(index if direction > 0 else index + 1), direction


@nb.njit(cache=True)
def walk(block: Any, face: Any, at: Any, left: Any) -> Any:  # noqa: C901 - one numeric kernel
    """Fly straight on through voxels of one phase until the flight is used up, the phase changes, or the volume ends.

    Amanatides and Woo's walk from face to face, Eurographics 1987, doi 10.2312/egtp.19871000; where the clearance allows, or the flight ends
    in the same voxel, it goes there at once. Indices are counted, never recomputed from positions on a face.

    Parameters
    ----------
    block : Block
        Where matter is.
    face : float
        Exposed face in voxels.
    at : Place
        Start and direction.
    left : float
        Length of the flight in nm.

    Returns
    -------
    tuple
        What ended the flight, the length flown in nm, and the `Place` reached.
    """
    z, y, x, iz, iy, ix, uz, uy, ux, packed = at
    nz, ny, nx = block.voxels.shape
    per_nm_z, per_nm_y, per_nm_x = uz * block.per_nm_z, uy * block.per_nm_y, ux * block.per_nm_x
    phase, flown = packed & 255, 0.0
    while True:
        step, axis = left, -1
        z1, y1, x1 = z + step * per_nm_z, y + step * per_nm_y, x + step * per_nm_x
        same_voxel = iz <= z1 <= iz + 1 and iy <= y1 <= iy + 1 and ix <= x1 <= ix + 1
        if not same_voxel:
            clear_nm = (packed >> 8) * block.smallest
            if clear_nm == 0:
                t_z, t_y, t_x = to_next_face(z, iz, per_nm_z), to_next_face(y, iy, per_nm_y), to_next_face(x, ix, per_nm_x)
                step, axis = (t_z, 0) if t_z <= min(t_y, t_x) else ((t_y, 1) if t_y <= t_x else (t_x, 2))
            elif clear_nm < left:
                step = clear_nm
            z1, y1, x1 = z + step * per_nm_z, y + step * per_nm_y, x + step * per_nm_x
        if z1 < face and uz < 0:
            step = (face - z) / per_nm_z
            y, x = y + step * per_nm_y, x + step * per_nm_x
            # A jump may pass an open side on its way to the face.
            gone = block.sides == OPEN and not (0 <= y <= ny and 0 <= x <= nx)
            return ABSORBED if gone else ESCAPED, flown + step, Place(face, y, x, iz, iy, ix, uz, uy, ux, packed)
        z, y, x = z1, y1, x1
        flown += step
        left -= step
        if axis == 0:
            iz += 1 if uz > 0 else -1
            z = float(iz if uz > 0 else iz + 1)
        elif axis == 1:
            iy, y, uy = nudge(iy, uy, ny, block.sides)
            per_nm_y = uy * block.per_nm_y
        elif axis == 2:
            ix, x, ux = nudge(ix, ux, nx, block.sides)
            per_nm_x = ux * block.per_nm_x
        elif not same_voxel:
            y, uy = fold(y, uy, ny, block.sides)
            x, ux = fold(x, ux, nx, block.sides)
            per_nm_y, per_nm_x = uy * block.per_nm_y, ux * block.per_nm_x
            iz, iy, ix = int(z), math.floor(y), math.floor(x)
            if block.sides != OPEN:
                iy, ix = min(iy, ny - 1), min(ix, nx - 1)
        if block.sides == OPEN and not (0 <= iy < ny and 0 <= ix < nx):
            return ABSORBED, flown, Place(z, y, x, iz, iy, ix, uz, uy, ux, packed)
        if iz >= nz:
            return LOST, flown, Place(z, y, x, iz, iy, ix, uz, uy, ux, packed)
        packed = np.int64(block.voxels[max(iz, 0), iy, ix])
        if packed & 255 != phase:
            return BORDER, flown, Place(z, y, x, iz, iy, ix, uz, uy, ux, packed)
        if left <= 0:
            return COLLISION, flown, Place(z, y, x, iz, iy, ix, uz, uy, ux, packed)


@nb.njit(cache=True)
def collide(flights: Any, phase: Any, place: Any, bits: Any, more_bits: Any) -> Any:
    """Return the deflection ``1 - cos theta`` of an elastic collision at a fractional node of optical depth."""
    row = interpolate3(flights.by_depth, phase, place, ROW) + float(bits & _LOW_32) * _UNIT_32
    return _deflection(flights.quantiles[phase, int(row)], (float(more_bits >> _32) + 0.5) * _UNIT_32)


@nb.njit(cache=True)
def hard_loss(least_kev: Any, energy_kev: Any, bits: Any) -> Any:
    """Return a loss in keV between `least_kev` and half the energy, distributed as ``1 / W^2``."""
    return 1 / (1 / least_kev - (float(bits >> _32) + 0.5) * _UNIT_32 * (1 / least_kev - 2 / energy_kev))


@nb.njit(cache=True)
def trace_electron(block: Any, flights: Any, face: Any, y: Any, x: Any, uz: Any, uy: Any, energy_kev: Any, state: Any, path: Any) -> Any:  # noqa: C901 - one numeric kernel
    """Follow one electron until it escapes through the face, stops, or is lost below the volume.

    Parameters
    ----------
    block : Block
        Where matter is.
    flights : Flights
        What it does.
    face, y, x : float
        Exposed face and point of entry, in voxels.
    uz, uy : float
        Direction of the beam in the plane of z and y.
    energy_kev : float
        Landing energy.
    state : uint64
        Start of the electron's random numbers.
    path : float64 (point, 3)
        Where to write the points ``(z, y, x)`` at which flights end, in voxels, as far as it reaches; may have no rows.

    Returns
    -------
    Electron
        How it ended.
    """
    iz, iy, ix = min(int(face), block.voxels.shape[0] - 1), int(y), int(x)
    at = Place(face, y, x, iz, iy, ix, uz, uy, 0.0, np.int64(block.voxels[iz, iy, ix]))
    phase = exposed = at.packed & 255
    deepest, elsewhere, n_points = face, False, 0
    place = interpolate(flights.by_energy, phase, (energy_kev - flights.first_kev) * flights.per_kev)
    range_nm = interpolate3(flights.by_depth, phase, place, RANGE)
    while True:
        vacuum = flights.scale[phase, PER_DEPTH] == 0
        bits, range_after, flight = state, 0.0, _FAR
        if not vacuum:
            state = advance(state)
            bits = mix(state)
            place += math.log((float(bits >> _32) + 0.5) * _UNIT_32) * flights.scale[phase, PER_DEPTH]
            if place > 0:
                range_after = interpolate3(flights.by_depth, phase, place, RANGE)
            flight = range_nm - range_after
        end, flown, at = walk(block, face, at, flight)
        deepest = max(deepest, at.z)
        if n_points < path.shape[0]:
            path[n_points, 0], path[n_points, 1], path[n_points, 2] = at.z, at.y, at.x
            n_points += 1
        if end != COLLISION:
            if not vacuum:
                energy_kev = interpolate(flights.by_range, phase, (range_nm - flown) * flights.scale[phase, PER_RANGE])
            if end == LOST and not vacuum:
                place = interpolate(flights.by_energy, phase, (energy_kev - flights.first_kev) * flights.per_kev)
                if (at.z - face) * block.size_z > interpolate3(flights.by_depth, phase, place, REACH):
                    end = ABSORBED
            if end != BORDER:
                return Electron(end, energy_kev, at.uz, deepest, at.y, at.x, elsewhere)
            phase = at.packed & 255
            if flights.scale[phase, PER_DEPTH] > 0:
                place = interpolate(flights.by_energy, phase, (energy_kev - flights.first_kev) * flights.per_kev)
                range_nm = interpolate3(flights.by_depth, phase, place, RANGE)
            continue
        node = min(int(place), flights.by_depth.shape[1] - 2)
        if place <= 0 or (at.z - face) * block.size_z > flights.by_depth[phase, node + 1, REACH]:
            return Electron(ABSORBED, flights.first_kev, at.uz, deepest, at.y, at.x, elsewhere)
        elsewhere = elsewhere or phase != exposed
        range_nm = range_after
        state = advance(state)
        more_bits = mix(state)
        least_kev = flights.scale[phase, LEAST_LOSS]
        away = -1.0
        if least_kev > 0:
            state = advance(state)
            loss_bits = mix(state)
            if float(loss_bits & _LOW_32) * _UNIT_32 < flights.by_depth[phase, node, HARD]:
                before_kev = interpolate(flights.by_range, phase, range_nm * flights.scale[phase, PER_RANGE])
                lost_kev = hard_loss(least_kev, max(before_kev, 2 * least_kev), loss_bits)
                after_kev = before_kev - lost_kev
                if after_kev <= flights.first_kev:
                    return Electron(ABSORBED, flights.first_kev, at.uz, deepest, at.y, at.x, elsewhere)
                place = interpolate(flights.by_energy, phase, (after_kev - flights.first_kev) * flights.per_kev)
                range_nm = interpolate3(flights.by_depth, phase, place, RANGE)
                away = 1 - math.sqrt(after_kev / before_kev)
        if away < 0:
            away = collide(flights, phase, place, bits, more_bits)
        uz, uy, ux = turn(at.uz, at.uy, at.ux, away, more_bits)
        at = Place(at.z, at.y, at.x, at.iz, at.iy, at.ix, uz, uy, ux, at.packed)

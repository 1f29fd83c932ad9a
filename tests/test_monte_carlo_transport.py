"""The walk, the random numbers and the tables of the Monte Carlo simulator, each against something simpler."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest

from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.physics.stopping import stopping_power_kev_nm
from synthfib.simulators.monte_carlo._transport import (
    ABSORBED,
    BORDER,
    COLLISION,
    ESCAPED,
    HARD,
    LOST,
    PER_DEPTH,
    PER_RANGE,
    Block,
    Place,
    azimuth,
    turn,
    walk,
)
from synthfib.simulators.monte_carlo.block import packed_block
from synthfib.simulators.monte_carlo.flights import check_energy, flight_tables
from synthfib.simulators.monte_carlo.random_numbers import mix, stream_of
from synthfib.validation.verification import optical_depths

GOLD, EPOXY, VACUUM = material("gold"), material("epoxy"), material("vacuum")


def test_numbers_are_those_of_splitmix64() -> None:
    """First outputs for seed 0 of the published generator."""
    step, mask = 0x9E3779B97F4A7C15, 2**64 - 1
    assert [mix(np.uint64(step * n & mask)) for n in (1, 2)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_streams_differ_and_are_uniform() -> None:
    """Kolmogorov-Smirnov at 1 in 10 000, over the first number of many streams of one parent."""
    starts = np.array([int(stream_of(7, index)) for index in range(20_000)], np.float64) / 2**64
    assert np.unique(starts).size == starts.size
    assert kstest(starts, "uniform").pvalue > 1e-4


def test_azimuth_is_a_point_on_the_circle_at_every_angle() -> None:
    bits = np.random.default_rng(1).integers(0, 2**32, 5000, np.uint64)
    points = np.array([azimuth(word) for word in bits])
    np.testing.assert_allclose((points**2).sum(axis=1), 1, atol=1e-7)
    angle = (np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi)) % 1
    assert kstest(angle, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("start", [(1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.6, 0.0, 0.8), (0.0, -0.6, 0.8), (0.48, 0.6, -0.64)])
def test_a_turn_keeps_the_length_and_has_the_angle(start: tuple[float, float, float]) -> None:
    for word in np.random.default_rng(2).integers(0, 2**32, 20, np.uint64):
        away = float(word) / 2**31 % 2
        end = np.array(turn(*start, away, word))
        assert np.linalg.norm(end) == pytest.approx(1, abs=1e-7)
        assert end @ np.array(start) == pytest.approx(1 - away, abs=1e-7)


def random_volume(seed: int) -> LabelVolume:
    """Blobs of two phases on anisotropic voxels, some many voxels wide."""
    rng = np.random.default_rng(seed)
    coarse = (rng.random((4, 3, 4)) < 0.5).astype(np.uint8)
    return LabelVolume(coarse.repeat(5, 0).repeat(4, 1).repeat(3, 2), (2.0, 2.5, 3.5), (EPOXY, GOLD))


def march(volume: LabelVolume, start_nm: NDArray[np.float64], direction: NDArray[np.float64], face_nm: float, left_nm: float) -> tuple[int, float]:
    """What `walk` finds, by tiny steps through the volume repeated by mirrors at its sides."""
    steps = np.arange(0, left_nm, 0.004)
    points = (start_nm + steps[:, None] * direction) / volume.voxel_size_nm
    y, x = (np.abs(points[:, axis]) % (2 * volume.shape[axis]) for axis in (1, 2))
    index = [np.floor(points[:, 0]), *(np.minimum(p, 2 * n - 1e-9 - p) for p, n in ((y, volume.shape[1]), (x, volume.shape[2])))]
    iz, iy, ix = (np.clip(i.astype(int), 0, n - 1) for i, n in zip(index, volume.shape, strict=True))
    labels = volume.labels[iz, iy, ix]
    ends = {
        ESCAPED: points[:, 0] * volume.voxel_size_nm[0] < face_nm,
        LOST: points[:, 0] >= volume.shape[0],
        BORDER: labels != labels[0],
    }
    firsts = {end: int(np.argmax(found)) for end, found in ends.items() if found.any()}
    if not firsts:
        return COLLISION, left_nm
    end = min(firsts, key=lambda key: firsts[key])
    return end, float(steps[firsts[end]])


def at_start(block: Block, start: NDArray[np.float64], direction: NDArray[np.float64]) -> Place:
    """A place in a voxel, as compiled code wants it."""
    (z, y, x), (iz, iy, ix), (uz, uy, ux) = start.tolist(), start.astype(int).tolist(), direction.tolist()
    return Place(z, y, x, iz, iy, ix, uz, uy, ux, int(block.voxels[iz, iy, ix]))


@pytest.mark.parametrize("seed", range(4))
def test_the_walk_agrees_with_tiny_steps(seed: int) -> None:
    volume = random_volume(seed)
    block = packed_block(volume)
    rng = np.random.default_rng(seed + 100)
    seen = set()
    for _ in range(150):
        start = rng.random(3) * volume.shape
        face = rng.random() * start[0]
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        left = float(rng.exponential(8.0))
        at = at_start(block, start, direction)
        end, flown, reached = walk(block, face, at, left)
        expected_end, expected = march(volume, start * volume.voxel_size_nm, direction, face * volume.voxel_size_nm[0], left)
        assert end == expected_end
        if end != LOST:  # a jump out of the volume may overshoot its bottom
            assert flown == pytest.approx(expected, abs=0.01)
        assert (reached.packed & 255 != at.packed & 255) == (end == BORDER)
        seen.add(end)
    assert {COLLISION, BORDER, ESCAPED} <= seen


def test_periodic_sides_repeat_the_volume() -> None:
    volume = random_volume(5)
    tripled = LabelVolume(np.tile(volume.labels, (1, 3, 3)), volume.voxel_size_nm, volume.phases)
    small, large = packed_block(volume, sides="periodic"), packed_block(tripled, sides="periodic")
    rng = np.random.default_rng(6)
    for _ in range(200):
        start = rng.random(3) * volume.shape
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        flown = []
        for block, shift in ((small, 0), (large, 1)):
            moved = start + shift * np.array([0, *volume.shape[1:]])
            at = at_start(block, moved, direction)
            flown.append(walk(block, 0.0, at, 9.0)[:2])
        assert flown[0][0] == flown[1][0]
        assert flown[0][1] == pytest.approx(flown[1][1], abs=1e-6)


def test_open_sides_let_electrons_go() -> None:
    """As far as the side if no other phase comes first: the way is computed from the box alone."""
    volume = LabelVolume(np.zeros((30, 12, 14), np.uint8), (2.0, 2.5, 3.5), (GOLD,))
    block = packed_block(volume, sides="open")
    rng = np.random.default_rng(12)
    ends = set()
    for _ in range(300):
        start = rng.random(3) * volume.shape
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        end, _, reached = walk(block, 0.0, at_start(block, start, direction), float(rng.exponential(12.0)))
        inside = 0 <= reached.y <= volume.shape[1] and 0 <= reached.x <= volume.shape[2]
        assert inside == (end != ABSORBED)
        ends.add(end)
    assert {COLLISION, ABSORBED, ESCAPED} <= ends


@pytest.mark.parametrize("sides", ["mirrored", "periodic"])
def test_clearance_never_promises_too_much(sides: str) -> None:
    volume = random_volume(8)
    block = packed_block(volume, sides=sides)
    labels = np.pad(volume.labels, ((0, 0), (12, 12), (12, 12)), mode="symmetric" if sides == "mirrored" else "wrap")
    for z, y, x in np.random.default_rng(9).integers(0, volume.shape, (200, 3)):
        clear = int(block.voxels[z, y, x]) >> 8
        around = labels[max(z - clear, 0) : z + clear + 1, y + 12 - clear : y + 13 + clear, x + 12 - clear : x + 13 + clear]
        assert (around == volume.labels[z, y, x]).all()
    assert (block.voxels >> 8).max() >= 1


@pytest.mark.parametrize("name", ["gold", "epoxy", "carbon"])
@pytest.mark.parametrize("energy_kev", [1.0, 4.0])
def test_ranges_add_up_and_collisions_follow_the_mean_free_path(name: str, energy_kev: float) -> None:
    flights = flight_tables([material(name)], energy_kev)
    ranges = np.linspace(0, 1, flights.by_range.shape[1]) * (flights.by_range.shape[1] - 1) / flights.scale[0, PER_RANGE]
    energies = np.asarray(flights.by_range[0], np.float64)
    inner = slice(len(energies) // 10, -1)
    slope = np.gradient(energies, ranges)[inner]
    np.testing.assert_allclose(slope, stopping_power_kev_nm(material(name), energies[inner]), rtol=2e-3)
    assert energies[-1] == pytest.approx(energy_kev)
    assert (np.diff(flights.by_depth[0, :, 0]) > 0).all()
    assert (np.diff(flights.by_energy[0]) > 0).all()


def test_hard_losses_lengthen_the_continuous_range_only() -> None:
    continuous, mixed = (flight_tables([GOLD, EPOXY], 2.0, energy_loss=loss) for loss in ("csda", "mixed"))
    assert not continuous.by_depth[..., HARD].any()
    assert (mixed.by_depth[:, -1, HARD] > 0.01).all()
    assert (mixed.scale[:, PER_RANGE] < continuous.scale[:, PER_RANGE]).all()


def test_vacuum_has_no_collisions() -> None:
    flights = flight_tables([VACUUM, GOLD], 2.0)
    assert flights.scale[0, PER_DEPTH] == 0
    assert flights.scale[1, PER_DEPTH] > 0


@pytest.mark.parametrize("energy_kev", [0.0, 0.1, 31.0, math.nan, -2.0])
def test_energies_outside_the_tables_are_refused(energy_kev: float) -> None:
    with pytest.raises(InputError, match="keV"):
        check_energy(energy_kev)


def test_optical_depth_in_a_checkerboard_is_exponential() -> None:
    """Kolmogorov-Smirnov at 1 in 10 000; flights that leave below count with what was drawn, and are few."""
    z, y, x = np.indices((2000, 6, 6))
    volume = LabelVolume(((z + y + x) % 2).astype(np.uint8), (1.0, 1.0, 1.0), (VACUUM, GOLD))
    depths = optical_depths(packed_block(volume), 0.9, np.random.default_rng(3).random((5000, 6)))
    assert kstest(depths, "expon").pvalue > 1e-4

"""Tier V: identities that the simulator must fulfil whatever the physics, and its tables against published figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray
from scipy.stats import kstest

from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.physics.angular_sampling import angular_sampling, deflection_at
from synthfib.physics.elastic import elastic_scattering, inverse_mean_free_path_per_nm, inverse_transport_mean_free_path_per_nm
from synthfib.physics.materials import material
from synthfib.physics.stopping import CUT_OFF_KEV, mean_ionisation_energy_kev, stopping_power_kev_nm
from synthfib.simulators.monte_carlo._imaging import Beam, follow
from synthfib.simulators.monte_carlo._transport import BORDER, COLLISION, ESCAPED, LOST, Flights, Place, walk
from synthfib.simulators.monte_carlo.block import packed_block
from synthfib.simulators.monte_carlo.flat_sample import flat_sample
from synthfib.simulators.monte_carlo.flights import flight_tables
from synthfib.simulators.monte_carlo.layers import send_electrons
from synthfib.simulators.monte_carlo.random_numbers import stream_of
from synthfib.simulators.monte_carlo.simulator import MonteCarlo
from synthfib.validation.planar_schemes import planar_eta
from synthfib.validation.published import MEAN_IONISATION_EV, STOPPING_EV_NM, TRANSPORT_1E17_CM2
from synthfib.validation.quantities import Estimate, quantile

_INFINITE = math.inf
_deflection = nb.njit(deflection_at)


@dataclass(frozen=True, slots=True)
class Check:
    """An identity.

    Parameters
    ----------
    name, what : str
        Tier and number, and the identity in words.
    find : callable
        Takes a number of electrons and returns a value with its standard error.
    expected, band : float
        What it must be.
    electrons : int
        How many to use.
    """

    name: str
    what: str
    find: Callable[[int], Estimate]
    expected: float
    band: float
    electrons: int = 200_000


def energy_balance(electrons: int) -> Estimate:
    """Return the largest miss, as a share of the landing energy, of exit energy plus loss summed along the recorded path."""
    landing_kev, upper_nm = 1.0, 10.0
    sample = flat_sample(f"epoxy:{upper_nm:g},gold")
    sent = send_electrons(sample, landing_kev, electrons=max(electrons // 200, 100), rng=1, energy_loss="csda", trajectories=True)
    energies = np.geomspace(CUT_OFF_KEV, landing_kev, 200_001)
    ranges = [_cumulated(1 / stopping_power_kev_nm(matter, energies), energies) for matter, _ in sample]
    worst = 0.0
    for path, end_kev in zip(sent.paths_nm[sent.escaped], sent.energy_kev[sent.escaped], strict=True):
        points = path[~np.isnan(path[:, 0])]
        lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
        below = (points[1:, 0] + points[:-1, 0]) / 2 > upper_nm
        energy = landing_kev
        for length, layer in zip(lengths, below.astype(int), strict=True):
            energy = float(np.interp(np.interp(energy, energies, ranges[layer]) - length, ranges[layer], energies))
        worst = max(worst, abs(energy - float(end_kev)) / landing_kev)
    return worst, 0.0


def transport_cross_sections(lowest_kev: float, highest_kev: float) -> Callable[[int], Estimate]:
    """Return a check of the largest relative difference to published transport cross-sections within a range of energies."""

    def find(electrons: int) -> Estimate:
        worst = 0.0
        for z, energy, published in TRANSPORT_1E17_CM2:
            if lowest_kev <= energy <= highest_kev:
                scattering = elastic_scattering(z)
                own = np.exp(np.interp(np.log(energy), np.log(scattering.energies_kev), np.log(scattering.transport_nm2)))
                worst = max(worst, abs(float(own) * 1e3 / published - 1))
        return worst, 0.0

    return find


def sampled_deflection(name: str, energy_kev: float) -> Callable[[int], Estimate]:
    """Return a check of the mean of drawn deflections over that of the cross-section, which must be 1."""

    def find(electrons: int) -> Estimate:
        matter = material(name)
        law = angular_sampling(matter)
        row = int(np.argmin(np.abs(law.energies_kev - energy_kev)))
        at = law.energies_kev[row : row + 1]
        exact = float(inverse_transport_mean_free_path_per_nm(matter, at)[0] / inverse_mean_free_path_per_nm(matter, at)[0])
        drawn = _drawn(law.quantiles[row], np.random.default_rng(1).random(electrons * 250))
        return float(drawn.mean()) / exact, float(drawn.std()) / exact / math.sqrt(drawn.size)

    return find


def stopping_powers(electrons: int) -> Estimate:
    """Return the largest relative difference to published stopping powers and mean ionisation energies."""
    own = [float(stopping_power_kev_nm(material(name), np.array(energy))) * 1e3 / value for name, energy, value in STOPPING_EV_NM]
    own += [mean_ionisation_energy_kev(z) * 1e3 / value for z, value in MEAN_IONISATION_EV]
    return max(abs(ratio - 1) for ratio in own), 0.0


def lossless_slab(electrons: int) -> Estimate:
    """Return the share of electrons that neither come back from 5 nm of gold nor get through, where nothing is lost."""
    records = _slab(electrons, 0.0)
    return float(1 - np.isin(records[:, 0], (ESCAPED, LOST)).mean()), 0.0


def reciprocity(electrons: int) -> Estimate:
    """Return how the flow from steep to shallow directions, through reflection by the lossless slab, compares with the reverse."""
    first, second, half = 0.85, 0.35, 0.05
    flows = []
    for into, out in ((first, second), (second, first)):
        records = _slab(electrons, math.degrees(math.acos(into)))
        seen = int(((records[:, 0] == ESCAPED) & (np.abs(-records[:, 2] - out) < half)).sum())
        flows.append((seen * into, 1 / max(seen, 1)))
    (a, error_a), (b, error_b) = flows
    return a / b, a / b * math.sqrt(error_a + error_b)


def density_scaling_of_eta(electrons: int) -> Estimate:
    """Return the backscatter coefficient of epoxy of half the density less that of epoxy."""
    (a, error_a), (b, error_b) = (sent.eta() for sent in _two_densities(electrons))
    return b - a, math.hypot(error_a, error_b)


def density_scaling_of_depth(electrons: int) -> Estimate:
    """Return the median depth in epoxy of half the density over that in epoxy."""
    (a, error_a), (b, error_b) = (quantile(sent.deepest_nm[sent.escaped], 0.5) for sent in _two_densities(electrons))
    return b / a, b / a * math.hypot(error_a / a, error_b / b)


def voxel_size(voxel_size_nm: tuple[float, float, float], axes: tuple[int, int, int] = (0, 1, 2)) -> Callable[[int], Estimate]:
    """Return a check of a uniform block of voxels less a half-space; its voxels are of two kinds of the same gold."""

    def find(electrons: int) -> Estimate:
        gold = material("gold")
        shape = tuple(math.ceil(40 / size) for size in voxel_size_nm)
        labels = np.random.default_rng(1).integers(0, 2, shape).astype(np.uint8)
        labels = np.ascontiguousarray(labels.transpose(axes)[:, ::-1])
        sizes = (voxel_size_nm[axes[0]], voxel_size_nm[axes[1]], voxel_size_nm[axes[2]])
        volume = LabelVolume(labels, sizes, (gold, replace(gold, name="more gold")))
        stack = MonteCarlo(electrons, energy_loss="csda").simulate(volume, MillingPlan(np.zeros(1), (40.0, 40.0)), energies_kev=[2.0], rng=1)
        assert stack.standard_error is not None
        value, error = send_electrons([(gold, _INFINITE)], 2.0, electrons=electrons, rng=9, energy_loss="csda").eta()
        return float(stack.data.mean()) - value, math.hypot(error, float(np.sqrt((stack.standard_error**2).mean() / stack.data.size)))

    return find


def scheme(name: str, sample: str, energy_kev: float) -> Callable[[int], Estimate]:
    """Return a check of the simulator less another scheme."""

    def find(electrons: int) -> Estimate:
        layers = flat_sample(sample)
        own, own_error = send_electrons(layers, energy_kev, electrons=4 * electrons, rng=1, energy_loss="csda").eta()
        other, error = planar_eta(layers, energy_kev, electrons, 2, scheme=name, loss_per_step=0.01)
        return own - other, math.hypot(own_error, error)

    return find


def flight_composition(electrons: int) -> Estimate:
    """Return the largest energy, relative to landing, by which one long flight differs from many short ones: there is no step length."""
    worst = 0.0
    for name in ("gold", "epoxy", "carbon"):
        matter, landing_kev = material(name), 2.0
        flights = flight_tables([matter], landing_kev)
        energies = np.geomspace(CUT_OFF_KEV, landing_kev, 200_001)
        ranges = _cumulated(1 / stopping_power_kev_nm(matter, energies), energies)
        nodes = np.linspace(0, ranges[-1], flights.by_range.shape[1])
        shares = np.linspace(0.02, 1, 500) * ranges[-1]
        worst = max(worst, float(np.abs(np.interp(shares, nodes, flights.by_range[0]) - np.interp(shares, ranges, energies)).max()) / landing_kev)
    return worst, 0.0


def checkerboard_flights(electrons: int) -> Estimate:
    """Return the chance that optical depths of flights through alternating gold and vacuum are exponentially distributed."""
    z, y, x = np.indices((2000, 6, 6))
    volume = LabelVolume(((z + y + x) % 2).astype(np.uint8), (1.0, 1.0, 1.0), (material("vacuum"), material("gold")))
    depths = optical_depths(packed_block(volume), 0.9, np.random.default_rng(3).random((max(electrons // 20, 1000), 6)))
    return float(kstest(depths, "expon").pvalue), 0.0


def same_seed(electrons: int) -> Estimate:
    """Return the largest difference between two runs of one seed."""
    a, b = (_small_image(3, electrons) for _ in range(2))
    return float(np.abs(a - b).max()), 0.0


def other_seed(electrons: int) -> Estimate:
    """Return the correlation between the noise of two seeds."""
    a, b = (_small_image(seed, electrons).ravel() for seed in (3, 4))
    return float(np.corrcoef(a, b)[0, 1]), 1 / math.sqrt(a.size)


@nb.njit(cache=True)
def optical_depths(block: Any, mean_free_path_nm: float, draws: Any) -> Any:
    """Return the optical depth that straight flights use up in phase 1 until they collide; phase 0 is empty.

    Flights that leave below count with what was drawn.
    """
    out = np.empty(draws.shape[0])
    n = block.voxels.shape[1]
    for i in range(draws.shape[0]):
        z, y, x = 10 * draws[i, 0], n * draws[i, 1], n * draws[i, 2]
        cosine, angle = draws[i, 3], 2 * np.pi * draws[i, 4]
        sine = np.sqrt(1 - cosine**2)
        packed = np.int64(block.voxels[int(z), int(y), int(x)])
        at = Place(z, y, x, int(z), int(y), int(x), cosine, sine * np.sin(angle), sine * np.cos(angle), packed)
        left, used = -np.log(draws[i, 5]), 0.0
        while True:
            matter = at.packed & 255
            end, flown, at = walk(block, 0.0, at, left * mean_free_path_nm if matter else 1e30)
            if matter:
                used += flown / mean_free_path_nm
                left -= flown / mean_free_path_nm
            if end != BORDER:
                break
        out[i] = used if end == COLLISION else -np.log(draws[i, 5])
    return out


@nb.njit
def _drawn(row: Any, chances: Any) -> Any:
    out = np.empty(chances.size)
    for i in range(chances.size):
        out[i] = _deflection(row, chances[i])
    return out


def _cumulated(values: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(places))])


def _two_densities(electrons: int) -> Sequence[Any]:
    epoxy = material("epoxy")
    light = replace(epoxy, density_g_cm3=epoxy.density_g_cm3 / 2)
    return [send_electrons([(matter, _INFINITE)], 2.0, electrons=electrons, rng=seed) for seed, matter in ((1, epoxy), (2, light))]


def _lossless(energy_kev: float) -> Flights:
    """Tables of gold in which electrons keep their energy: one optical depth is one node, and they last for thousands of collisions."""
    gold = material("gold")
    flights = flight_tables([gold], energy_kev)
    mean_free_path_nm = float(1 / inverse_mean_free_path_per_nm(gold, np.array([energy_kev]))[0])
    last = flights.by_depth.shape[1] - 1
    flights.by_depth[0, :, 0] = np.arange(last + 1) * mean_free_path_nm
    flights.by_depth[0, :, 1] = flights.by_depth[0, -1, 1]
    flights.by_depth[0, :, 2] = np.inf
    flights.by_energy[0] = last
    flights.by_range[0] = energy_kev
    flights.scale[0, :2] = 1, 1 / mean_free_path_nm
    return flights


def _slab(electrons: int, tilt_deg: float) -> NDArray[np.float32]:
    """How electrons ended that were sent into 5 nm of lossless gold."""
    volume = LabelVolume(np.zeros((10, 1, 1), np.uint8), (0.5, 1e5, 1e5), (material("gold"),))
    tilt = math.radians(tilt_deg)
    records = np.zeros((electrons, 7), np.float32)
    beam = Beam(2.0, 0.0, math.cos(tilt), math.sin(tilt), 1.0, 1.0, 1)
    follow(packed_block(volume), _lossless(2.0), beam, 0.0, stream_of(0, 4), records, np.empty((electrons, 0, 3)))
    return records


def _small_image(seed: int, electrons: int) -> NDArray[np.float32]:
    volume = LabelVolume(np.zeros((8, 40, 40), np.uint8), (5.0, 5.0, 5.0), (material("gold"),))
    plan = MillingPlan(np.zeros(1), (5.0, 5.0))
    return MonteCarlo(max(electrons // 4000, 2)).simulate(volume, plan, energies_kev=[2.0], rng=seed).data


CHECKS: tuple[Check, ...] = (
    Check("V1", "largest miss of exit energy + loss along the path, 10 nm epoxy on gold, 1 keV", energy_balance, 0, 1e-3),
    Check("V2", "largest difference to published transport cross-sections, 1 to 20 keV", transport_cross_sections(1, 20), 0, 0.005),
    Check("V2", "the same at 0.5 keV", transport_cross_sections(0.5, 0.5), 0, 0.01),
    Check("V2", "mean deflection drawn over computed, gold, 2 keV", sampled_deflection("gold", 2), 1, 0.001),
    Check("V2", "mean deflection drawn over computed, carbon, 20 keV", sampled_deflection("carbon", 20), 1, 0.001),
    Check("V3", "largest difference to published stopping powers and mean ionisation energies, given to 3 digits", stopping_powers, 0, 0.0022),
    Check("V4", "share of electrons that a lossless slab of gold keeps", lossless_slab, 0, 0),
    Check("V4", "reciprocity of reflection by that slab", reciprocity, 1, 0),
    Check("V5", "epoxy of half the density: change of η", density_scaling_of_eta, 0, 0),
    Check("V5", "epoxy of half the density: ratio of median depths", density_scaling_of_depth, 2, 0),
    Check("V6", "voxels of 1 nm: η of gold less that of a half-space", voxel_size((1, 1, 1)), 0, 0),
    Check("V6", "voxels of 2 x 5 x 3 nm", voxel_size((2, 5, 3)), 0, 0),
    Check("V6", "voxels of 5 x 1 x 2.5 nm, axes turned, mirrored", voxel_size((1, 2.5, 5), (2, 0, 1)), 0, 0),
    Check("V7", "η less that of resampling, 10 nm epoxy on gold, 1 keV", scheme("resampling", "epoxy:10,gold", 1), 0, 0.001),
    Check("V7", "η less that of Woodcock tracking, 10 nm epoxy on gold, 1 keV", scheme("woodcock", "epoxy:10,gold", 1), 0, 0.001),
    Check("V7", "η less that of resampling, 20 nm epoxy on gold, 2 keV", scheme("resampling", "epoxy:20,gold", 2), 0, 0.001),
    Check("V7", "η less that of Woodcock tracking, 20 nm epoxy on gold, 2 keV", scheme("woodcock", "epoxy:20,gold", 2), 0, 0.001),
    Check("V8", "largest miss of the energy after a flight of any length", flight_composition, 0, 1e-3),
    Check("V9", "flights in a checkerboard of gold and vacuum: p of an exponential law", checkerboard_flights, 0.505, 0.495),
    Check("V11", "same seed: largest difference of two images", same_seed, 0, 0),
    Check("V11", "other seed: correlation of the noise", other_seed, 0, 0),
)

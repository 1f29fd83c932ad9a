"""The Monte Carlo simulator as a whole: against closed forms, an independent scheme, and published computations."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.simulators.monte_carlo import ICD, TLD, Detector, MonteCarlo
from synthfib.simulators.monte_carlo._imaging import Beam, follow
from synthfib.simulators.monte_carlo._transport import ESCAPED, LOST
from synthfib.simulators.monte_carlo.block import packed_block
from synthfib.simulators.monte_carlo.flights import flight_tables
from synthfib.simulators.monte_carlo.layers import Layer, send_electrons
from synthfib.simulators.monte_carlo.random_numbers import stream_of
from synthfib.testing.simulators import SimulatorContract, block, porous_volume
from synthfib.validation.planar_schemes import SCHEMES, planar_eta

GOLD, EPOXY, CARBON, VACUUM = (material(name) for name in ("gold", "epoxy", "carbon", "vacuum"))
INFINITE = math.inf


class TestContract(SimulatorContract):
    # Model and table of bulk coefficients differ by up to 0.02; counting adds 0.065 per pixel at 60 electrons, 4.5 of these at worst.
    tolerance = 0.31
    mean_tolerance = 0.03

    @pytest.fixture
    def simulator(self) -> MonteCarlo:
        return MonteCarlo(60)


def eta(layers: list[Layer], energy_kev: float, *, electrons: int = 40_000, rng: int = 1, energy_loss: str = "csda", tilt_deg: float = 0.0) -> float:
    return send_electrons(layers, energy_kev, electrons=electrons, rng=rng, energy_loss=energy_loss, tilt_deg=tilt_deg).eta()[0]


# Published computations with partial waves and Joy-Luo loss, with their bands; 40 000 electrons have a standard error below 0.0025.
@pytest.mark.parametrize(
    ("layers", "energy_kev", "expected", "band"),
    [
        ([(GOLD, INFINITE)], 2.0, 0.446, 0.008),
        ([(GOLD, INFINITE)], 4.0, 0.4525, 0.008),
        ([(EPOXY, INFINITE)], 2.0, 0.061, 0.004),
        ([(material("silicon"), INFINITE)], 2.0, 0.189, 0.006),
        ([(CARBON, INFINITE)], 20.0, 0.0495, 0.004),
        ([(EPOXY, 20.0), (GOLD, INFINITE)], 2.0, 0.300, 0.010),
        ([(EPOXY, 100.0), (GOLD, INFINITE)], 4.0, 0.218, 0.010),
        ([(GOLD, 10.0), (EPOXY, INFINITE)], 2.0, 0.441, 0.010),
    ],
)
def test_published_coefficients(layers: list[Layer], energy_kev: float, expected: float, band: float) -> None:
    error = math.sqrt(expected * (1 - expected) / 40_000)
    assert eta(layers, energy_kev) == pytest.approx(expected, abs=band + 3 * error)


@pytest.mark.slow
@pytest.mark.parametrize(("thickness_nm", "energy_kev"), [(10.0, 1.0), (20.0, 2.0)])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_layers_agree_with_an_independent_scheme(thickness_nm: float, energy_kev: float, scheme: str) -> None:
    """Within 4 standard errors and 0.002: steps of a per cent of the energy are not exact either. False alarms: 1 in 16 000."""
    layers = [(EPOXY, thickness_nm), (GOLD, INFINITE)]
    reference, error = planar_eta(layers, energy_kev, 100_000, 3, scheme=scheme, loss_per_step=0.01)
    assert eta(layers, energy_kev, electrons=100_000) == pytest.approx(reference, abs=4 * math.sqrt(2) * error + 0.002)


def test_depths_scale_with_density_and_coefficients_do_not() -> None:
    light = replace(EPOXY, density_g_cm3=EPOXY.density_g_cm3 / 2)
    normal, doubled = (send_electrons([(m, INFINITE)], 2.0, electrons=60_000, rng=seed) for seed, m in ((1, EPOXY), (2, light)))
    (a, error), (b, _) = normal.eta(), doubled.eta()
    assert a == pytest.approx(b, abs=4 * math.sqrt(2) * error)
    ratio = np.median(doubled.deepest_nm[doubled.escaped]) / np.median(normal.deepest_nm[normal.escaped])
    assert ratio == pytest.approx(2, rel=0.06)


def test_elastic_slab_loses_nothing() -> None:
    """Without energy loss every electron comes back or goes through."""
    flights = flight_tables([GOLD], 2.0)
    n = flights.by_depth.shape[1]
    depth, mean_free_path_nm = 10_000.0, 0.925
    flights.by_depth[0, :, 0] = np.linspace(0, depth * mean_free_path_nm, n)
    flights.by_depth[0, :, 1] = flights.by_depth[0, -1, 1]
    flights.by_depth[0, :, 2] = np.inf
    flights.by_energy[0] = n - 1
    flights.by_range[0] = 2.0
    flights.scale[0, :2] = (n - 1) / depth, (n - 1) / (depth * mean_free_path_nm)
    slab = LabelVolume(np.zeros((10, 1, 1), np.uint8), (0.5, 1e4, 1e4), (GOLD,))
    records = np.zeros((20_000, 7), np.float32)
    follow(packed_block(slab), flights, Beam(2.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1), 0.0, stream_of(0, 4), records, np.empty((20_000, 0, 3)))
    back, through = (records[:, 0] == ESCAPED).sum(), (records[:, 0] == LOST).sum()
    assert back + through == 20_000
    assert back > 2000
    assert through > 2000
    assert (records[:, 1] == 2.0).all()


@pytest.mark.parametrize("voxel_size_nm", [(1.0, 1.0, 1.0), (2.0, 5.0, 3.0), (5.0, 1.0, 2.5)])
def test_voxel_size_does_not_matter_in_a_uniform_block(voxel_size_nm: tuple[float, float, float]) -> None:
    """Two phases of one material make the walk stop at faces that mean nothing. Four standard errors: 1 in 16 000."""
    shape = tuple(math.ceil(40 / size) for size in voxel_size_nm)
    labels = np.random.default_rng(1).integers(0, 2, shape).astype(np.uint8)
    volume = LabelVolume(labels, voxel_size_nm, (GOLD, replace(GOLD, name="more gold")))
    plan = MillingPlan(np.array([0.0]), (40.0, 40.0))
    stack = MonteCarlo(40_000, energy_loss="csda").simulate(volume, plan, energies_kev=[2.0], rng=1)
    expected = eta([(GOLD, INFINITE)], 2.0, rng=9)
    assert float(stack.data.mean()) == pytest.approx(expected, abs=4 * math.sqrt(2 * 0.25 / 40_000))


def test_threads_do_not_matter() -> None:
    volume, plan = porous_volume((EPOXY, GOLD)), MillingPlan(np.array([0.0, 10.0]), (2.5, 2.5))
    simulator = MonteCarlo(30, (TLD, ICD))
    images = []
    before = numba.get_num_threads()
    for threads in (1, before):
        numba.set_num_threads(threads)
        images.append(simulator.simulate(volume, plan, energies_kev=[2.0], rng=3).data.tobytes())
    assert images[0] == images[1]


def test_an_interrupted_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    volume, plan = porous_volume((EPOXY, GOLD)), MillingPlan(np.array([0.0, 10.0, 20.0]), (2.5, 2.5))
    folder = tmp_path / "faces"
    whole = MonteCarlo(5).simulate(volume, plan, energies_kev=[1.0, 2.0], rng=3)
    simulator = MonteCarlo(5, faces_folder=folder)

    def stop(share: float, note: str) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulator.simulate(volume, plan, energies_kev=[1.0, 2.0], rng=3, on_progress=stop)
    kept = sorted(folder.iterdir())
    assert len(kept) == 4
    kept[1].write_bytes(b"not a face")
    before = kept[0].stat().st_mtime_ns
    again = simulator.simulate(volume, plan, energies_kev=[1.0, 2.0], rng=3)
    assert again.data.tobytes() == whole.data.tobytes()
    assert kept[0].stat().st_mtime_ns == before
    simulator.simulate(volume, plan, energies_kev=[1.0, 2.0], rng=4)
    assert len(list(folder.iterdir())) == 12
    assert whole.provenance.to_json() == again.provenance.to_json()


def test_detectors_share_their_electrons() -> None:
    volume, plan = porous_volume((EPOXY, GOLD)), MillingPlan(np.array([10.0]), (2.5, 2.5))
    halves = (Detector("low", energy_window=(0.0, 0.5)), Detector("high", energy_window=(0.5, 1.0)))
    table = Detector("table", acceptance=((0.0,), (1.0,)))
    stack = MonteCarlo(100, (TLD, *halves, table)).simulate(volume, plan, energies_kev=[2.0], rng=1)
    every, low, high, upper = stack.data
    assert [channel.detector for channel in stack.channels] == ["tld", "low", "high", "table"]
    np.testing.assert_allclose(low + high, every, atol=1e-6)
    np.testing.assert_allclose(upper, high, atol=1e-6)
    assert high.mean() > low.mean()


def test_standard_error_is_that_of_counting() -> None:
    """The spread of equal pixels is the mean standard error; 4 % wide, for 2000 pixels a false alarm in 1 in 100."""
    volume = block("gold", (40, 45, 45))
    stack = MonteCarlo(50).simulate(volume, MillingPlan(np.zeros(1), (2.5, 2.5)), energies_kev=[2.0], rng=11)
    assert stack.standard_error is not None
    assert stack.data.std() == pytest.approx(float(np.sqrt((stack.standard_error**2).mean())), rel=0.05)
    assert stack.electrons_per_pixel == 50


def test_shine_through_is_the_share_that_met_another_phase() -> None:
    labels = np.zeros((60, 12, 12), np.uint8)
    labels[4:] = 1
    volume = LabelVolume(labels, (2.5, 2.5, 2.5), (EPOXY, GOLD))
    plan = MillingPlan(np.array([0.0, 12.5]), (2.5, 2.5))
    _, truth = MonteCarlo(300).simulate_with_truth(volume, plan, energies_kev=[2.0], rng=2)
    above, inside = truth.shine_through[0]
    assert above.mean() > 0.9
    assert (inside == 0).all()
    assert (truth.deepest_nm[0, 0] > 5).all()
    assert np.nanmean(truth.deepest_nm[0, 1]) < np.nanmean(truth.deepest_nm[0, 0])
    assert np.nanmean(truth.spread_nm) > 0


def test_pixels_need_not_be_voxels() -> None:
    volume = block("gold", (40, 20, 20))
    stack = MonteCarlo(50).simulate(volume, MillingPlan(np.zeros(1), (5.0, 10.0)), energies_kev=[2.0], rng=1)
    assert stack.data.shape == (1, 1, 10, 5)


def test_a_wide_beam_blurs_an_edge() -> None:
    labels = np.zeros((40, 40, 40), np.uint8)
    labels[:, :, 20:] = 1
    volume = LabelVolume(labels, (2.5, 2.5, 2.5), (EPOXY, GOLD))
    plan = MillingPlan(np.zeros(1), (2.5, 2.5))
    profiles = [MonteCarlo(60, beam_sigma_nm=s).simulate(volume, plan, energies_kev=[1.0], rng=1).data.mean(axis=(0, 1, 2)) for s in (0.0, 15.0)]
    steepness = [float(np.abs(np.diff(profile)).max()) for profile in profiles]
    assert steepness[1] < 0.6 * steepness[0]


def test_tilted_surfaces_are_brighter() -> None:
    """Published: 0.446 at normal incidence, 0.522 at 45 degrees, 0.655 at 70."""
    assert eta([(GOLD, INFINITE)], 2.0, tilt_deg=45) == pytest.approx(0.522, abs=0.0175)
    assert eta([(GOLD, INFINITE)], 2.0, tilt_deg=70) == pytest.approx(0.655, abs=0.0175)


def test_hard_losses_let_gold_shine_through_farther() -> None:
    """60 nm of epoxy on gold at 2 keV: nothing shines through continuous loss, a little through hard losses. Standard errors 0.001."""
    epoxy, covered = ([(EPOXY, INFINITE)], [(EPOXY, 60.0), (GOLD, INFINITE)])
    excess = {
        loss: eta(covered, 2.0, electrons=80_000, energy_loss=loss) - eta(epoxy, 2.0, electrons=80_000, energy_loss=loss)
        for loss in ("csda", "mixed")
    }
    assert abs(excess["csda"]) < 0.004
    assert 0.0015 < excess["mixed"] < 0.016


def test_open_sides_darken_the_edges_only() -> None:
    """Rims of gold lose electrons sideways; the middle, ten exit radii away, is that of the mirrored block within 4 standard errors."""
    volume, plan = block("gold", (20, 40, 40)), MillingPlan(np.zeros(1), (2.5, 2.5))
    closed, opened = (MonteCarlo(100, sides=sides).simulate(volume, plan, energies_kev=[2.0], rng=1).data[0, 0] for sides in ("mirrored", "open"))
    assert opened[0].mean() < closed[0].mean() - 0.05
    assert opened[:, -1].mean() < closed[:, -1].mean() - 0.05
    inner = (slice(15, 25), slice(15, 25))
    assert opened[inner].mean() == pytest.approx(closed[inner].mean(), abs=4 * math.sqrt(2 * 0.25 / 10_000))


def test_a_phase_that_is_nowhere_sets_no_depth() -> None:
    named, bare = (LabelVolume(np.full((60, 6, 6), len(phases) - 1, np.uint8), (2.5, 2.5, 2.5), phases) for phases in ((VACUUM, EPOXY), (EPOXY,)))
    images = [MonteCarlo(20).simulate(volume, MillingPlan(np.zeros(1), (2.5, 2.5)), energies_kev=[2.0], rng=1).data for volume in (named, bare)]
    assert images[0].tobytes() == images[1].tobytes()


def test_a_shallow_volume_warns() -> None:
    volume = LabelVolume(np.zeros((2, 8, 8), np.uint8), (2.5, 2.5, 2.5), (EPOXY,))
    with pytest.warns(UserWarning, match="too shallow: .* nm below the last face"):
        MonteCarlo(20).simulate(volume, MillingPlan(np.zeros(1), (2.5, 2.5)), energies_kev=[4.0], rng=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"electrons_per_pixel": 0}, "electrons per pixel"),
        ({"detectors": ()}, "detector"),
        ({"detectors": (TLD, TLD)}, "own name"),
        ({"beam_sigma_nm": -1.0}, "beam"),
        ({"sides": "closed"}, "sides"),
        ({"energy_loss": "none"}, "energy loss"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MonteCarlo(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"energy_window": (0.5, 0.5)}, {"energy_window": (0.2, 1.2)}, {"polar_window_deg": (40.0, 10.0)}])
def test_empty_windows_are_refused(change: dict[str, tuple[float, float]]) -> None:
    with pytest.raises(InputError, match="window"):
        Detector("odd", **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("acceptance", [(), ((),), ((0.5,), (0.5, 0.5)), ((1.5,),)])
def test_odd_acceptance_tables_are_refused(acceptance: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(InputError, match="acceptance"):
        Detector("odd", acceptance=acceptance)


@pytest.mark.parametrize("layers", [[], [(GOLD, 0.0)], [(GOLD, 5.0), (EPOXY, 0.0025)], [(GOLD, INFINITE), (EPOXY, INFINITE)], [(VACUUM, INFINITE)]])
def test_impossible_layers_are_refused(layers: list[Layer]) -> None:
    with pytest.raises(InputError, match=r"(?i)layer"):
        send_electrons(layers, 2.0, electrons=10, rng=1)

"""What every simulator must do; subclass `SimulatorContract` and give it a `simulator`."""

from __future__ import annotations

import numpy as np
import pytest

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.physics.backscatter import backscatter_coefficient
from synthfib.physics.materials import material
from synthfib.rendering import render
from synthfib.simulators.base import Simulator

_VOXEL_SIZE_NM = (2.5, 2.5, 2.5)


def block(name: str, shape: tuple[int, int, int] = (60, 6, 7)) -> LabelVolume:
    """Return a homogeneous block of one material."""
    return LabelVolume(np.zeros(shape, np.uint8), _VOXEL_SIZE_NM, (material(name),))


def porous_volume(phases: tuple[Material, Material], shape: tuple[int, int, int] = (40, 16, 18), seed: int = 0) -> LabelVolume:
    """Return gold grains at random places in a pore phase, a tenth of the volume."""
    solid = np.random.default_rng(seed).random(shape) < 0.1
    return LabelVolume(solid.astype(np.uint8), _VOXEL_SIZE_NM, phases)


class SimulatorContract:
    """Contract suite for one simulator.

    A subclass defines the fixture `simulator`; `tolerance` is the allowed error of each pixel, `mean_tolerance` that of means over an image,
    both 0.005 by default; a stochastic simulator adds its noise to them.
    """

    tolerance = 0.005
    mean_tolerance = 0.005
    energies_kev = (1.0, 2.0, 4.0)

    @pytest.fixture
    def simulator(self) -> Simulator:
        """Return the simulator under test."""
        raise AssertionError("a subclass defines the fixture `simulator`")

    def look(self, simulator: Simulator, volume: LabelVolume, positions_nm: tuple[float, ...] = (0.0, 8.75, 20.0)) -> YieldStack:
        """Render `volume` at a few faces."""
        plan = MillingPlan(np.asarray(positions_nm), (2.5, 2.5))
        return render(volume, plan, simulator, energies_kev=self.energies_kev, rng=5)

    def test_axes_dtype_and_range(self, simulator: Simulator) -> None:
        stack = self.look(simulator, porous_volume((material("epoxy"), material("gold"))))
        assert stack.data.shape == (3, 3, 16, 18)
        assert stack.data.dtype == np.float32
        assert np.isfinite(stack.data).all()
        assert stack.data.min() >= 0
        assert stack.data.max() <= 1

    def test_vacuum_yields_nothing(self, simulator: Simulator) -> None:
        assert not self.look(simulator, block("vacuum")).data.any()

    @pytest.mark.parametrize("name", ["gold", "silver", "copper", "silicon", "carbon", "epoxy"])
    def test_a_homogeneous_block_yields_its_backscatter_coefficient(self, simulator: Simulator, name: str) -> None:
        stack = self.look(simulator, block(name))
        for channel, energy_kev in zip(stack.data, self.energies_kev, strict=True):
            eta = backscatter_coefficient(material(name), energy_kev)
            np.testing.assert_allclose(channel, eta, atol=self.tolerance)
            assert float(channel.mean()) == pytest.approx(eta, abs=self.mean_tolerance)

    def test_mirror_images_have_mirrored_yields(self, simulator: Simulator) -> None:
        volume = porous_volume((material("epoxy"), material("gold")))
        mirrored = LabelVolume(np.ascontiguousarray(volume.labels[:, :, ::-1]), volume.voxel_size_nm, volume.phases)
        difference = self.look(simulator, volume).data[..., ::-1] - self.look(simulator, mirrored).data
        assert abs(difference.mean()) < self.mean_tolerance

    def test_faces_do_not_depend_on_each_other(self, simulator: Simulator) -> None:
        volume = porous_volume((material("epoxy"), material("gold")))
        whole = self.look(simulator, volume, (0.0, 10.0, 31.25))
        alone = self.look(simulator, volume, (10.0,))
        if not simulator.capabilities.stochastic:
            assert np.array_equal(whole.data[:, 1:2], alone.data)
        assert abs(whole.data[:, 1].mean() - alone.data.mean()) < self.mean_tolerance

    def test_same_rng_gives_same_bytes(self, simulator: Simulator) -> None:
        volume = porous_volume((material("epoxy"), material("gold")))
        assert self.look(simulator, volume).data.tobytes() == self.look(simulator, volume).data.tobytes()

    def test_progress_grows_to_one_and_changes_nothing(self, simulator: Simulator) -> None:
        volume, plan = porous_volume((material("epoxy"), material("gold"))), MillingPlan(np.array([2.5, 20.0]), (2.5, 2.5))
        shares: list[float] = []
        told = render(volume, plan, simulator, energies_kev=self.energies_kev, rng=5, on_progress=lambda share, _: shares.append(share))
        assert told.data.tobytes() == render(volume, plan, simulator, energies_kev=self.energies_kev, rng=5).data.tobytes()
        assert shares == sorted(shares)
        assert bool(shares) == simulator.capabilities.reports_progress
        assert not shares or shares[-1] == pytest.approx(1)

    def test_an_energy_out_of_range_is_refused(self, simulator: Simulator) -> None:
        plan = MillingPlan(np.zeros(1), (2.5, 2.5))
        with pytest.raises(InputError, match="keV"):
            render(block("gold"), plan, simulator, energies_kev=[29.0], rng=0)

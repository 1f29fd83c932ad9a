import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError, UnsupportedError
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.physics.materials import material
from synthfib.rendering import render
from synthfib.simulators.base import Simulator
from synthfib.simulators.depth_weighted import DepthWeighted
from synthfib.simulators.monte_carlo import MonteCarlo
from synthfib.simulators.surrogate import Surrogate
from synthfib.simulators.surrogate.cones import DEPTH_LIMITS, N_AVERAGES, Averages, depth_intervals
from synthfib.simulators.surrogate.mirroring import summed_layers
from synthfib.simulators.surrogate.weights import SHIPPED_FILE, read_weights
from synthfib.testing.simulators import SimulatorContract, block

EPOXY_GOLD = (material("epoxy"), material("gold"))


class TestSurrogate(SimulatorContract):
    tolerance = 1e-5

    @pytest.fixture
    def simulator(self) -> Simulator:
        return Surrogate()


def nanoporous_gold(shape: tuple[int, int, int] = (80, 48, 48), seed: int = 5) -> LabelVolume:
    return LeveledWave((25.0,), 0.3, EPOXY_GOLD).generate(shape, (2.5, 2.5, 2.5), rng=seed)


def look(volume: LabelVolume, simulator: Simulator, energy_kev: float = 2.0, positions_nm: tuple[float, ...] = (0.0,)) -> YieldStack:
    return render(volume, MillingPlan(np.array(positions_nm), (2.5, 2.5)), simulator, energies_kev=[energy_kev], rng=3)


@pytest.mark.parametrize(("energy_kev", "percent"), [(1.0, 4.0), (2.0, 5.5), (4.0, 7.0)])
def test_it_is_close_to_monte_carlo_and_closer_than_depth_weighted(energy_kev: float, percent: float) -> None:
    """Error in percent of the contrast, the binomial noise of 400 electrons taken off."""
    volume = nanoporous_gold()
    exact = look(volume, MonteCarlo(400), energy_kev).data
    contrast = float(exact.max() - exact.min()) * 0.8
    noise = float((exact * (1 - exact)).mean()) / 400
    images = [look(volume, simulator, energy_kev).data for simulator in (Surrogate(), DepthWeighted())]
    errors = [100 * np.sqrt(max(((image - exact) ** 2).mean() - noise, 0)) / contrast for image in images]
    assert errors[0] < percent
    assert errors[0] < errors[1]


def test_the_number_of_threads_changes_nothing() -> None:
    volume = nanoporous_gold()
    before = torch.get_num_threads()
    images = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            images.append(look(volume, Surrogate(), positions_nm=tuple(np.arange(0.0, 100.0, 10.0))).data.tobytes())
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert images[0] == images[1]


def test_averages_of_a_mirrored_image_are_gaussian_averages() -> None:
    from scipy.ndimage import gaussian_filter

    labels = nanoporous_gold().labels
    summed = summed_layers(labels, np.array([0, 1], np.float32), 0, int(DEPTH_LIMITS[-1] * 2) + 2)
    intervals = depth_intervals(summed, 0.0, 2.0)
    sums = torch.rand(8, 48, 48)
    found = Averages((48, 48), (2.0, 2.0), torch.device("cpu"))(intervals, sums).numpy()
    assert found.shape == (N_AVERAGES, 48, 48)
    np.testing.assert_allclose(found[:8], intervals[:8])
    np.testing.assert_allclose(found[-1], gaussian_filter(sums[3].numpy(), 2.0, mode="reflect", truncate=6), atol=2e-3)


def test_intervals_are_means_over_their_depths() -> None:
    labels = nanoporous_gold().labels
    summed = summed_layers(labels, np.array([0, 1], np.float32), 0, 300)
    intervals = depth_intervals(summed, 0.0, 20.0).numpy()
    np.testing.assert_allclose(intervals[7], labels[26:40].mean(axis=0), atol=1e-5)  # 1.3 to 2.0 depths


def test_it_warns_where_it_never_was() -> None:
    plan = MillingPlan(np.zeros(1), (200.0, 200.0))
    volume = LabelVolume(np.random.default_rng(1).integers(0, 2, (20, 16, 16), dtype=np.uint8), (200.0, 200.0, 200.0), EPOXY_GOLD)
    with pytest.warns(UserWarning, match="never saw a scene like this"):
        Surrogate().simulate(volume, plan, energies_kev=[1.0], rng=0)
    three = LabelVolume(np.random.default_rng(1).integers(0, 3, (20, 16, 16), dtype=np.uint8), (2.5, 2.5, 2.5), (*EPOXY_GOLD, material("zirconia")))
    with pytest.warns(UserWarning, match="two phases"):
        look(three, Surrogate())


def test_energies_out_of_range_are_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"8 keV is outside 0.5-6 keV"):
        look(block("gold"), Surrogate(), 8.0)


def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="'cpu' or 'cuda'"):
        Surrogate(device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="needs a GPU"):
            Surrogate(device="cuda")


def header_of(path: Path) -> tuple[dict[str, object], bytes]:
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def test_weights_that_cannot_be_are_refused_in_one_sentence(tmp_path: Path) -> None:
    header, tensors = header_of(SHIPPED_FILE)
    metadata = header["__metadata__"]
    assert isinstance(metadata, dict)
    (tmp_path / "cut").write_bytes(SHIPPED_FILE.read_bytes()[:1000])
    (tmp_path / "text").write_text("not weights")
    about = json.loads(metadata["about"])
    for name, change in (("other", {"format": "something else"}), ("no-domain", {"domain": {}}), ("small", {"width": 3})):
        change = {"about": json.dumps(about | change)}
        text = json.dumps({**header, "__metadata__": {**metadata, **change}}).encode()
        (tmp_path / name).write_bytes(struct.pack("<Q", len(text)) + text + tensors)
    for name in ("cut", "text", "other", "no-domain", "small", "missing"):
        with pytest.raises(InputError) as error:
            read_weights(tmp_path / name)
        assert "\n" not in str(error.value)
        assert "train" in str(error.value)


def test_the_shipped_weights_are_small_and_say_where_they_hold() -> None:
    assert SHIPPED_FILE.stat().st_size < 5e6
    trained = read_weights(SHIPPED_FILE)
    assert (trained.highest > trained.lowest).all()
    assert 0 < trained.errors_percent["filled"] < trained.errors_percent["vacuum"]


def test_without_torch_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch')\n")
    code = "from synthfib.simulators.registry import SIMULATORS; SIMULATORS.load('surrogate')"
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert "pip install 'synthfib[train]'" in found.stderr

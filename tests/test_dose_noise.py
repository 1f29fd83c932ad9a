import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack, YieldStack
from synthfib.degradations.dose_noise import DoseNoise
from synthfib.degradations.stacks import record
from synthfib.errors import InputError


def flat(value: float, shape: tuple[int, int, int, int] = (1, 2, 100, 100)) -> YieldStack:
    data = np.full(shape, value, np.float32)
    plan = MillingPlan(np.arange(shape[1], dtype=np.float64) * 10, (2.5, 2.5))
    return YieldStack(data, tuple(Channel(float(e + 1)) for e in range(shape[0])), plan)


def counts_of(recorded: ImageStack) -> Any:
    drawn = recorded.provenance.steps[-1].parameters
    (black,), (white,) = drawn["black_yield"], drawn["white_yield"]
    return np.asarray((recorded.images / np.iinfo(recorded.images.dtype).max * (white - black) + black) * drawn["electrons_per_pixel"])


def dose(current: float, dwell: float, readout: float = 0.0) -> dict[str, dict[str, float]]:
    return {"dose-noise": {"beam_current_pa": current, "dwell_time_us": dwell, "readout_noise_electrons": readout}}


def test_electrons_per_pixel() -> None:
    assert DoseNoise(50.0, 1.0).electrons_per_pixel == 312


def test_counts_follow_the_binomial_law() -> None:
    """Chi-square of 20000 pixels against Binomial(312, 0.4) at a false-alarm rate of 1 %, seed fixed."""
    counts = np.rint(counts_of(record(flat(0.4), dose(50, 1), rng=3, bit_depth=16))).astype(int).ravel()
    law = stats.binom(312, 0.4)
    edges = law.ppf(np.linspace(0, 1, 21)[1:-1]).astype(int)
    observed = np.bincount(np.searchsorted(edges, counts, side="left"), minlength=20)
    expected = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]])) * counts.size
    assert stats.chisquare(observed, expected).pvalue > 0.01


def test_readout_noise_adds_its_variance() -> None:
    counts = counts_of(record(flat(0.4), dose(50, 1, 9), rng=3, bit_depth=16))
    assert counts.std() == pytest.approx(math.sqrt(312 * 0.4 * 0.6 + 81), rel=0.03)


def test_slices_and_channels_have_noise_of_their_own() -> None:
    images = record(flat(0.4, (2, 3, 40, 40)), dose(50, 1), rng=1).images.reshape(6, -1).astype(float)
    correlation = np.corrcoef(images) - np.eye(6)
    assert abs(correlation).max() < 5 / math.sqrt(1600)


def test_a_slice_is_the_same_alone_or_in_a_stack() -> None:
    stack = flat(0.4, (1, 3, 20, 20))
    alone = YieldStack(stack.data[:, :1], stack.channels, stack.plan.crop(slice(0, 1)))
    assert np.array_equal(record(alone, dose(50, 1), rng=1).images[0, 0], record(stack, dose(50, 1), rng=1).images[0, 0])


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (16, np.uint16)])
def test_nothing_clips_and_all_is_recorded(bits: int, dtype: type) -> None:
    recorded = record(flat(0.45), dose(50, 1), rng=8, bit_depth=bits)
    assert recorded.images.dtype == dtype
    assert np.mean(recorded.images == 2**bits - 1) < 0.01
    assert recorded.provenance.steps[-1].parameters["electrons_per_pixel"] == 312
    assert recorded.provenance.steps[-1].seed == 8


@pytest.mark.parametrize(
    ("current", "dwell", "readout", "bits"), [(0, 1, 0, 8), (-50, -1, 0, 8), (50, 1, -1, 8), (50, 1, 0, 12), (50, math.nan, 0, 8)]
)
def test_impossible_settings_are_refused(current: float, dwell: float, readout: float, bits: int) -> None:
    with pytest.raises(InputError):
        record(flat(0.4), dose(current, dwell, readout), rng=1, bit_depth=bits)

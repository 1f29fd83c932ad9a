from itertools import islice, repeat

import numpy as np
import pytest

from synthfib.data.milling import SliceThickness
from synthfib.data.milling_faults import MillingFaults
from synthfib.errors import InputError

PIXEL_NM = (2.5, 2.5)
# What the law gave before it knew of faults.
GOLDEN = [0.0, 7.57558124444892, 13.156154494530877, 26.941964007825533]


def thickness(faults: MillingFaults, n: int = 20_000, std_nm: float = 0.0) -> np.ndarray:
    return SliceThickness(10.0, std_nm, faults=faults).plan(pixel_size_nm=PIXEL_NM, rng=3, n_slices=n + 1).thickness_nm


def test_without_faults_plans_are_what_they_were_bit_by_bit() -> None:
    plan = SliceThickness(10.16, 3.12).plan(pixel_size_nm=PIXEL_NM, rng=9, n_slices=4)
    assert plan.positions_nm.tolist() == GOLDEN
    faultless = SliceThickness(10.16, 3.12, faults=MillingFaults()).plan(pixel_size_nm=PIXEL_NM, rng=9, n_slices=4)
    assert np.array_equal(faultless.positions_nm, plan.positions_nm)


def test_drift_is_slow_and_keeps_the_mean() -> None:
    """Drift of 2 nm over 20 slices, 20 000 slices: about 500 independent ones; four standard errors of mean, spread and correlation."""
    found = thickness(MillingFaults(drift_std_nm=2.0, drift_slices=20))
    assert found.mean() == pytest.approx(10, abs=4 * 2 / np.sqrt(500))
    assert found.std() == pytest.approx(2, rel=4 / np.sqrt(1000))
    assert np.corrcoef(found[:-20], found[20:])[0, 1] == pytest.approx(np.exp(-1), abs=4 / np.sqrt(500))
    assert found.min() > 0


def test_a_missed_cut_leaves_its_slice_to_the_next_one() -> None:
    """4 % of 20 000 slices: 800 within four standard errors of 28; what is removed in all is known."""
    found = thickness(MillingFaults(missed_cut_chance=0.04))
    missed = np.flatnonzero(found < 1)
    assert missed.size == pytest.approx(800, abs=115)
    assert found[missed] == pytest.approx(np.where(np.isin(missed - 1, missed), found[missed], 0.1))
    followed = found[missed[(missed + 1 < found.size) & ~np.isin(missed + 1, missed) & ~np.isin(missed - 1, missed)] + 1]
    assert followed == pytest.approx(np.full(followed.size, 19.9))
    assert found.mean() == pytest.approx(10, rel=1e-3)


def test_a_double_cut_takes_two_slices() -> None:
    """4 % of 20 000 slices: 800 within four standard errors of 28."""
    found = thickness(MillingFaults(double_cut_chance=0.04))
    assert np.unique(np.round(found, 9)).tolist() == [10, 20]
    assert np.count_nonzero(found > 15) == pytest.approx(800, abs=115)


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    faults = MillingFaults(1.0, 30, 0.05, 0.05)
    assert np.array_equal(thickness(faults, 50, 3.0), thickness(faults, 100, 3.0)[:50])


def test_missed_cuts_stay_apart_on_a_grid() -> None:
    law = SliceThickness(5.0, 2.0, grid_nm=2.5, faults=MillingFaults(missed_cut_chance=0.3))
    assert (law.plan(pixel_size_nm=PIXEL_NM, rng=0, n_slices=300).thickness_nm >= 2.5 - 1e-9).all()


@pytest.mark.parametrize(
    "wrong",
    [{"drift_std_nm": -1.0}, {"drift_slices": 0.0}, {"missed_cut_chance": 0.6}, {"double_cut_chance": -0.1}, {"drift_std_nm": float("nan")}],
)
def test_impossible_faults_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        MillingFaults(**wrong)


def test_series_has_no_end() -> None:
    assert len(list(islice(MillingFaults(1.0).apply(repeat(10.0), 10.0, rng=np.random.default_rng(0)), 1000))) == 1000

from pathlib import Path

import numpy as np
import pytest

from synthfib.data.milling import SliceThickness
from synthfib.data.position_measurement import STILL_NM, PositionMeasurement
from synthfib.data.readers import read_stack
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack
from synthfib.errors import InputError

LAW = SliceThickness(10.16, 3.12, measurement=PositionMeasurement())
PLAN = LAW.plan(pixel_size_nm=(2.5, 2.5), rng=1, n_slices=4001)


def test_both_methods_are_beside_the_true_positions_which_they_leave_alone() -> None:
    bare = SliceThickness(10.16, 3.12).plan(pixel_size_nm=(2.5, 2.5), rng=1, n_slices=4001)
    assert np.array_equal(PLAN.positions_nm, bare.positions_nm)
    assert set(PLAN.measured_positions_nm) == {"nominal", "ruler", "automatic"}
    assert set(bare.measured_positions_nm) == {"nominal"}
    for measured in PLAN.measured_positions_nm.values():
        assert measured[0] == PLAN.positions_nm[0]
        assert (np.diff(measured) >= 0).all()


def test_a_ruler_errs_little_and_its_errors_do_not_add_up() -> None:
    """4000 errors of 0.5 nm: SD within 5 %, mean within 0.03 nm, four standard errors each; a step back moves few of them."""
    error = PLAN.measured_positions_nm["ruler"] - PLAN.positions_nm
    assert error.std() == pytest.approx(0.5, rel=0.05)
    assert abs(error.mean()) < 0.035
    assert abs(error[-1000:]).max() < 3


def test_the_estimate_on_the_fly_often_sees_no_motion_and_falls_short() -> None:
    """20 % of 4000 slices, and some 0.2 % that seem so thin: four standard errors of 0.6 %; the depth falls short by a fifth."""
    thickness = np.diff(PLAN.measured_positions_nm["automatic"])
    assert (thickness <= STILL_NM).mean() == pytest.approx(0.202, abs=0.026)
    assert thickness.sum() / PLAN.positions_nm[-1] == pytest.approx(0.8 + 0.2 * 0.5 / 10.16, abs=0.02)
    moved = thickness > STILL_NM
    assert (thickness - PLAN.thickness_nm)[moved].std() == pytest.approx(2.0, rel=0.1)


def test_a_perfect_instrument_knows_the_truth() -> None:
    measured = PositionMeasurement(0, 0, 0).measure(PLAN.positions_nm, rng=np.random.default_rng(0))
    assert all(np.allclose(values, PLAN.positions_nm) for values in measured.values())


def test_a_longer_run_begins_with_the_shorter_one_and_one_face_is_enough() -> None:
    for method, values in LAW.plan(pixel_size_nm=(2.5, 2.5), rng=1, n_slices=10).measured_positions_nm.items():
        assert np.array_equal(values, PLAN.measured_positions_nm[method][:10])
    assert LAW.plan(pixel_size_nm=(2.5, 2.5), rng=1, n_slices=1).measured_positions_nm["automatic"].tolist() == [0]


def test_measured_positions_come_back_from_a_file(tmp_path: Path) -> None:
    plan = PLAN.crop(slice(0, 3))
    write_stack(tmp_path / "stack.h5", ImageStack(np.zeros((1, 3, 4, 4), np.uint8), (Channel(2.0),), plan))
    read = read_stack(tmp_path / "stack.h5").plan.measured_positions_nm
    assert all(np.array_equal(read[method], values) for method, values in plan.measured_positions_nm.items())


@pytest.mark.parametrize("wrong", [(-1.0, 2.0, 0.2), (0.5, float("nan"), 0.2), (0.5, 2.0, 1.0)])
def test_impossible_errors_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(InputError):
        PositionMeasurement(*wrong)

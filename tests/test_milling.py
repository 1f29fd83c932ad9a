from itertools import islice

import numpy as np
import pytest
from scipy import stats

from synthfib.data.milling import MillingPlan, SliceThickness
from synthfib.errors import InputError

PIXEL_NM = (2.5, 2.5)


def test_constant_thickness_gives_an_even_ladder() -> None:
    plan = SliceThickness(10.0).plan(pixel_size_nm=PIXEL_NM, rng=0, n_slices=5)
    assert plan.positions_nm.tolist() == [0, 10, 20, 30, 40]


def test_gamma_thickness_has_the_law_asked_for() -> None:
    """One Kolmogorov-Smirnov test at a false-alarm rate of 1 %, seed fixed."""
    plan = SliceThickness(10.16, 3.12).plan(pixel_size_nm=PIXEL_NM, rng=4, n_slices=4001)
    law = stats.gamma((10.16 / 3.12) ** 2, scale=3.12**2 / 10.16)
    assert law.mean() == pytest.approx(10.16)
    assert law.std() == pytest.approx(3.12)
    assert stats.kstest(plan.thickness_nm, law.cdf).pvalue > 0.01


def test_positions_on_the_grid_stay_on_it_and_increase() -> None:
    plan = SliceThickness(3.0, 2.5, grid_nm=2.5).plan(pixel_size_nm=PIXEL_NM, rng=1, n_slices=200)
    assert np.allclose(plan.positions_nm % 2.5, 0)
    assert (plan.thickness_nm >= 2.5 - 1e-9).all()


def test_a_depth_is_filled_and_not_left() -> None:
    plan = SliceThickness(10.0, 3.0).plan(pixel_size_nm=PIXEL_NM, rng=2, depth_nm=500)
    assert plan.positions_nm[-1] < 500
    assert 35 < plan.n_slices < 70


def test_same_seed_same_plan_and_a_longer_plan_starts_with_the_shorter_one() -> None:
    law = SliceThickness(10.16, 3.12)
    short = law.plan(pixel_size_nm=PIXEL_NM, rng=9, n_slices=10)
    long = law.plan(pixel_size_nm=PIXEL_NM, rng=9, n_slices=30)
    assert np.array_equal(short.positions_nm, long.positions_nm[:10])


def test_a_face_between_two_voxels_belongs_to_the_deeper_one() -> None:
    plan = MillingPlan(np.array([0.0, 2.4, 2.5, 7.5]), PIXEL_NM)
    assert plan.voxel_index(2.5).tolist() == [0, 0, 1, 3]


def test_a_crop_keeps_measured_positions() -> None:
    plan = MillingPlan(np.array([0.0, 5.0, 9.0]), PIXEL_NM, measured_positions_nm={"ruler": np.array([0.0, 5.5, 9.5])})
    part = plan.crop(slice(1, 3))
    assert part.positions_nm.tolist() == [5, 9]
    assert part.measured_positions_nm["ruler"].tolist() == [5.5, 9.5]


@pytest.mark.parametrize("positions", [[], [1.0, 1.0], [2.0, 1.0], [-1.0], [float("nan")]])
def test_impossible_positions_are_refused(positions: list[float]) -> None:
    with pytest.raises(InputError):
        MillingPlan(np.array(positions), PIXEL_NM)


@pytest.mark.parametrize(
    ("mean", "std", "grid"), [(-10.0, 0.0, None), (0.0, 0.0, None), (10.0, -1.0, None), (10.0, 0.0, 0.0), (float("inf"), 0, None)]
)
def test_an_impossible_thickness_is_refused(mean: float, std: float, grid: float | None) -> None:
    with pytest.raises(InputError, match="nm"):
        SliceThickness(mean, std, grid)


def test_faces_go_on_for_ever() -> None:
    assert len(list(islice(SliceThickness(1.0).positions_nm(rng=np.random.default_rng(0)), 1000))) == 1000


def test_a_plan_knows_what_was_asked_for() -> None:
    plan = SliceThickness(10.0, 3.0).plan(pixel_size_nm=(1.0, 1.0), rng=1, n_slices=5)
    assert plan.measured_positions_nm["nominal"].tolist() == [0, 10, 20, 30, 40]
    assert plan.thickness_nm.tolist() == np.diff(plan.positions_nm).tolist()

"""Slices put on planes of a grid: with the least movement there is, compared with all possibilities."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthfib.data.milling import SliceThickness
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.errors import InputError
from synthfib.reconstruction.repositioning import one_slice_per_plane, reposition


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 28), min_size=2, max_size=5))
def test_no_other_choice_of_planes_moves_less(quarters: list[int]) -> None:
    positions = np.sort(quarters) / 4
    if positions[-1] - positions[0] < 0.5 * (positions.size - 1):
        return
    planes = reposition(positions, 1.0)
    least = min(np.abs(np.array(choice) - positions).sum() for choice in combinations(range(13), positions.size))
    assert np.abs(planes - positions).sum() == pytest.approx(least)
    assert (np.diff(planes) > 0).all()
    assert planes[0] >= 0


def test_slices_that_do_not_collide_go_to_the_nearest_plane() -> None:
    assert reposition([0, 9.9, 21.4, 28.7], 2.5).tolist() == [0, 4, 9, 11]


def test_slices_at_one_place_go_to_free_planes_around_it() -> None:
    assert reposition([0, 10, 10, 10, 20], 2.5).tolist() == [0, 3, 4, 5, 8]
    assert reposition([0, 0, 10], 2.5).tolist() == [0, 1, 4]  # nothing lies above the first plane


def test_dropping_keeps_the_nearest_slice_of_every_plane() -> None:
    planes, slices = one_slice_per_plane([0, 6, 9, 12, 31, 34], 10)
    assert planes.tolist() == [0, 1, 3]
    assert slices.tolist() == [0, 2, 4]
    with pytest.raises(InputError, match="finer grid"):
        one_slice_per_plane([0, 4, 8], 100)


def test_true_positions_on_the_grid_stay() -> None:
    plan = SliceThickness(10.16, 3.12, grid_nm=2.5).plan(pixel_size_nm=(2.5, 2.5), rng=3, n_slices=200)
    assert np.array_equal(reposition(plan.positions_nm, 2.5) * 2.5, plan.positions_nm)


@pytest.mark.parametrize("method", ["ruler", "automatic"])
def test_measured_series_lose_no_slice_on_any_grid(method: str) -> None:
    law = SliceThickness(10.16, 3.12, measurement=PositionMeasurement())
    measured = law.plan(pixel_size_nm=(2.5, 2.5), rng=4, n_slices=300).measured_positions_nm[method]
    for grid_nm in (2.5, 10.0):
        planes = reposition(measured, grid_nm)
        assert planes.size == 300
        assert (np.diff(planes) > 0).all()


def test_thousands_of_colliding_slices_take_no_time() -> None:
    positions = np.sort(np.random.default_rng(1).random(20_000)) * 20_000 * 2.0
    assert (np.diff(reposition(positions, 10.0)) > 0).all()


@pytest.mark.parametrize(
    ("positions", "words"),
    [
        ([5.0], "two slices or more"),
        ([], "two slices or more"),
        ([0.0, 10.0, 9.0], "slice 2 is at 9 nm after 10 nm"),
        ([0.0, np.nan], "finite"),
        ([-1.0, 9.0], "0 nm or more"),
        ([0.0, 1e-8, 2e-8], "nanometres"),
        ([0.0, 0.01, 0.02], "multiply by 1000"),
        ([3.0, 3.0], "increase"),
        ([[0.0, 1.0]], "two slices"),
    ],
)
def test_impossible_positions_are_one_sentence(positions: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        reposition(positions, 2.5)


@pytest.mark.parametrize("grid_nm", [0.0, -1.0, np.nan])
def test_an_impossible_grid_is_one_sentence(grid_nm: float) -> None:
    with pytest.raises(InputError, match="above 0 nm"):
        reposition([0.0, 10.0], grid_nm)

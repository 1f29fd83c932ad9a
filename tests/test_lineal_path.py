from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthfib.errors import InputError
from synthfib.evaluation.lineal_path import lineal_path_along, lineal_path_diameter_nm, mean_chord_nm, run_lengths

VOXEL_NM = (10.0, 2.5, 3.0)


@given(st.tuples(*[st.integers(1, 8)] * 3), st.integers(0, 2), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_the_lineal_path_counts_segments_that_lie_in_the_solid(shape: tuple[int, int, int], axis: int, seed: int) -> None:
    solid = np.random.default_rng(seed).random(shape) < 0.7
    curve = lineal_path_along(solid, axis, VOXEL_NM)
    n = shape[axis]
    assert curve.distances_nm.tolist() == [steps * VOXEL_NM[axis] for steps in range(n)]
    inside = solid
    for steps in range(n):
        assert curve.pairs[steps] == inside.size
        assert curve.values[steps] == pytest.approx(inside.mean(), abs=1e-15)
        inside = np.take(inside, range(inside.shape[axis] - 1), axis) & np.take(solid, range(steps + 1, n), axis)


def test_runs_of_a_small_example() -> None:
    line = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], np.uint8).reshape(1, 1, 9)
    assert run_lengths(line, 2).tolist() == [0, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert run_lengths(line, 0).tolist() == [0, 6]
    assert mean_chord_nm(line, 2, VOXEL_NM) == pytest.approx(2 * 3.0)
    assert lineal_path_diameter_nm(line, 2, VOXEL_NM) == pytest.approx((1 + 4 + 9) / (2 * 6) * 3.0)


def test_slabs_have_their_thickness() -> None:
    slabs = np.zeros((3, 40, 3), bool)
    slabs[:, np.arange(40) % 10 < 4] = True
    assert mean_chord_nm(slabs, 1, VOXEL_NM) == pytest.approx(10.0)
    assert lineal_path_diameter_nm(slabs, 1, VOXEL_NM) == pytest.approx(5.0)


def test_no_solid_has_no_diameter() -> None:
    pores = np.zeros((3, 4, 5), bool)
    assert mean_chord_nm(pores, 0, VOXEL_NM) == lineal_path_diameter_nm(pores, 0, VOXEL_NM) == 0.0
    assert not lineal_path_along(pores, 0, VOXEL_NM).values.any()


def test_what_is_no_block_is_refused() -> None:
    with pytest.raises(InputError, match=r"got an array of shape \(0, 2, 2\)"):
        run_lengths(np.ones((0, 2, 2)), 1)

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthfib.errors import InputError
from synthfib.evaluation.correlation import correlation_along, radial_correlation

VOXEL_NM = (10.0, 2.5, 3.0)


def block(shape: tuple[int, int, int] = (7, 9, 11), seed: int = 0, fraction: float = 0.4) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) < fraction


@given(st.tuples(*[st.integers(2, 9)] * 3), st.integers(0, 2), st.booleans(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_correlation_along_an_axis_counts_pairs(shape: tuple[int, int, int], axis: int, periodic: bool, seed: int) -> None:
    """Equal, not nearly equal, to counting, for periodic blocks and for others."""
    solid = block(shape, seed)
    curve = correlation_along(solid, axis, VOXEL_NM, periodic=periodic)
    n = shape[axis]
    assert curve.distances_nm.tolist() == [lag * VOXEL_NM[axis] for lag in range(n // 2 + 1)]
    for lag, (value, pairs) in enumerate(zip(curve.values, curve.pairs, strict=True)):
        here, there = (solid, np.roll(solid, -lag, axis)) if periodic else (np.take(solid, range(s, n - lag + s), axis) for s in (0, lag))
        both = here & there
        assert pairs == both.size
        assert value == np.count_nonzero(both) / both.size


@pytest.mark.parametrize("periodic", [False, True])
def test_radial_correlation_is_the_mean_over_pairs_of_a_shell(periodic: bool) -> None:
    solid, size_nm = block((3, 4, 5)), np.array([4.0, 2.0, 3.0])
    curve = radial_correlation(solid, size_nm.tolist(), max_distance_nm=8, periodic=periodic)
    found: dict[int, list[tuple[bool, float]]] = {}
    points = list(np.ndindex(solid.shape))
    for one, other in product(points, points):
        lags = [np.subtract(other, one)]
        if periodic:  # every image of the other voxel
            lags = [lags[0] + np.multiply(image, solid.shape) for image in product((-1, 0, 1), repeat=3)]
        for lag in lags:
            distance = float(np.linalg.norm(lag * size_nm))
            if round(distance / 2) <= 4 and all(abs(lag) * size_nm <= 8):
                found.setdefault(round(distance / 2), []).append((bool(solid[one] and solid[other]), distance))
    assert len(curve.values) == 5
    for shell, pairs in found.items():
        assert curve.pairs[shell] == len(pairs)
        assert curve.values[shell] == pytest.approx(np.mean([both for both, _ in pairs]), abs=1e-12)
        assert curve.distances_nm[shell] == pytest.approx(np.mean([distance for _, distance in pairs]))


def test_correlation_starts_at_the_solid_fraction_and_ends_at_its_square() -> None:
    """Independent voxels: every lag but 0 is the squared fraction, within 5 standard errors of counted pairs."""
    solid = block((40, 40, 40), fraction=0.3)
    phi = solid.mean()
    curve = radial_correlation(solid, (1, 1, 1))
    assert curve.values[0] == pytest.approx(phi)
    assert np.allclose(curve.values[1:], phi**2, atol=5 * np.sqrt(phi**2 / 64000))
    assert len(curve.values) == 21


def test_labels_of_any_solid_count_alike() -> None:
    labels = np.array([[[0, 1, 2, 2]]], np.uint8)
    assert correlation_along(labels, 2, (1, 1, 1), max_distance_nm=3).values.tolist() == [0.75, 2 / 3, 0.5, 0.0]
    assert correlation_along(labels, 2, (1, 1, 1), periodic=True).values.tolist() == [0.75, 0.5, 0.5]


def test_stripes_have_the_correlation_of_a_square_wave() -> None:
    stripes = np.zeros((4, 4, 24), bool)
    stripes[..., np.arange(24) % 6 < 2] = True
    values = correlation_along(stripes, 2, (1, 1, 1), periodic=True).values
    np.testing.assert_allclose(values[:7], np.array([2, 1, 0, 0, 0, 1, 2]) / 6, atol=1e-15)
    assert np.allclose(correlation_along(stripes, 0, (1, 1, 1)).values, 2 / 6)


@pytest.mark.parametrize("distance", [-1.0, 67.6, float("nan")])
def test_a_distance_beyond_the_block_is_refused(distance: float) -> None:
    with pytest.raises(InputError, match=r"Distances must be 0 to 20 nm in this block"):
        correlation_along(block((3, 9, 11)), 0, VOXEL_NM, max_distance_nm=distance)
    with pytest.raises(InputError, match=r"Distances must be 0 to 30\.5 nm"):
        radial_correlation(block((3, 9, 11)), VOXEL_NM, max_distance_nm=distance)


def test_what_is_no_block_is_refused() -> None:
    with pytest.raises(InputError, match=r"block of voxels \(z, y, x\), got an array of shape \(3, 4\)"):
        correlation_along(np.ones((3, 4)), 0, VOXEL_NM)
    with pytest.raises(InputError, match="nanometres"):
        radial_correlation(block(), (1e-9, 1e-9, 1e-9))

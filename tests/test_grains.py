"""Laws of grains, and how they are put into voxels."""

import math
from typing import Any

import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.generators._grain_kernels import add_grains, new_voxels
from synthfib.generators.grains import SHAPES, Cylinders, Ellipsoids, Grains, Spheres, grain_parameters
from synthfib.generators.rotations import draw_rotations

LAWS: list[Grains] = [Spheres(20, 3), Cylinders(9, 40, 1), Cylinders(20, 6), Ellipsoids((8, 14, 25))]
SIZE = np.array([3.0, 2.0, 1.5])
SHAPE = (30, 40, 50)


def put(law: Grains, centre: Any, *, seed: int = 0) -> tuple[Any, tuple[Any, ...]]:
    """One grain of a law in an empty block."""
    shapes = law.draw(1, np.random.default_rng(seed))
    grain = (np.array([centre]), shapes.quadrics, shapes.slabs, shapes.halves)
    labels, box = np.zeros(SHAPE, np.uint8), np.array([[0, n] for n in SHAPE])
    done, changed, _ = add_grains(labels, 1, grain, SIZE, box, labels.size, False, 0, 1)
    assert done == 1
    assert changed == np.count_nonzero(labels)
    return labels, grain


def matrix(six: Any) -> Any:
    zz, yy, xx, zy, zx, yx = six
    return np.array([[zz, zy, zx], [zy, yy, yx], [zx, yx, xx]])


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("centre", [(45.0, 41.3, 37.7), (2.0, -3.0, 70.0), (-5.0, 40.0, -4.0)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_voxels_of_a_grain_are_those_whose_centres_lie_in_it(law: Grains, centre: Any, seed: int) -> None:
    labels, grain = put(law, centre, seed=seed)
    points = (np.moveaxis(np.indices(SHAPE), 0, -1) + 0.5) * SIZE - centre
    inside = (np.einsum("...i,ij,...j", points, matrix(grain[1][0]), points) <= 1) & (np.abs(points @ grain[2][0]) <= 1)
    assert inside.any()
    assert np.array_equal(labels == 1, inside)


@pytest.mark.parametrize("law", LAWS)
def test_grains_stay_within_their_reach_and_their_box(law: Grains) -> None:
    """Along the eigenvectors of a quadric a cylinder has no end, so the box is checked by voxels, reach by the box."""
    shapes = law.draw(200, np.random.default_rng(1))
    assert np.linalg.norm(shapes.halves, axis=1).max() <= law.reach_nm * math.sqrt(3)
    assert shapes.halves.max() <= law.reach_nm * (1 + 1e-9)
    labels, grain = put(law, (45.0, 40.0, 37.5))
    for axis in range(3):
        found = np.flatnonzero(labels.any(axis=tuple({0, 1, 2} - {axis})))
        extent_nm = (found.max() - found.min() + 1) * SIZE[axis]
        assert 2 * grain[3][0, axis] - 2 * SIZE[axis] - 4 < extent_nm <= 2 * grain[3][0, axis] + 2 * SIZE[axis]


@pytest.mark.parametrize("law", [Spheres(20), Cylinders(12, 30), Ellipsoids((12, 14, 20))])
def test_grains_have_the_volume_they_say(law: Grains) -> None:
    volumes = [np.count_nonzero(put(law, (45.0, 40.0, 37.5), seed=seed)[0]) * SIZE.prod() for seed in range(8)]
    assert np.mean(volumes) == pytest.approx(law.mean_volume_nm3, rel=0.02)


def test_a_cylinder_along_x_has_an_end() -> None:
    """Its quadric does not bound x at all."""
    grain = (np.array([[45.0, 40.0, 37.5]]), np.array([[0.01, 0.01, 0, 0, 0, 0]]), np.array([[0, 0, 0.1]]), np.array([[10.0, 10, 10]]))
    labels, box = np.zeros(SHAPE, np.uint8), np.array([[0, n] for n in SHAPE])
    add_grains(labels, 1, grain, SIZE, box, labels.size, False, 0, 1)
    assert np.count_nonzero(labels[15, 20]) == 14  # centres from 27.75 to 47.25 nm
    assert np.count_nonzero(labels) * SIZE.prod() == pytest.approx(math.pi * 100 * 20, rel=0.05)


def test_new_voxels_are_those_not_taken_with_their_distance() -> None:
    labels, grain = put(Spheres(20), (45.0, 40.0, 37.5))
    fresh = labels * 0
    fresh[:15] = 1
    box = np.array([[0, 30], [0, 40], [0, 25]])
    indices, places = new_voxels(fresh, 1, tuple(array[0] for array in grain), SIZE, box)
    expected = (labels == 1) & (fresh == 0)
    expected[:, :, 25:] = False
    assert np.array_equal(np.sort(indices), np.flatnonzero(expected))
    centres = (np.column_stack(np.unravel_index(indices, SHAPE)) + 0.5) * SIZE
    np.testing.assert_allclose(places, (np.linalg.norm(centres - (45.0, 40.0, 37.5), axis=1) / 20) ** 2)


def test_radii_are_gaussian_within_three_standard_deviations() -> None:
    """The cut takes 0.27 % away and makes the standard deviation 0.9866 of what it was; 4 standard errors of 20000."""
    radii = Spheres(30, 8).draw(20000, np.random.default_rng(2)).halves[:, 0]
    assert radii.mean() == pytest.approx(30, abs=4 * 8 / math.sqrt(20000))
    assert radii.std() == pytest.approx(8 * 0.9866, rel=4 / math.sqrt(40000))
    assert np.abs(radii - 30).max() <= 24
    assert np.ptp(Spheres(30).draw(5, np.random.default_rng(0)).halves) == 0


def test_directions_of_cylinders_are_isotropic() -> None:
    """Mean square of each direction cosine is 1/3; six standard errors."""
    axes = Cylinders(5, 20).draw(20000, np.random.default_rng(4)).slabs * 10
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1)
    np.testing.assert_allclose((axes**2).mean(axis=0), 1 / 3, atol=6 * 0.298 / math.sqrt(20000))


def test_rotations_are_proper_and_uniform() -> None:
    turns = draw_rotations(5000, np.random.default_rng(5))
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turns), 1)
    np.testing.assert_allclose(turns.mean(axis=0), 0, atol=6 * math.sqrt(1 / 3 / 5000))
    np.testing.assert_allclose((turns**2).mean(axis=0), 1 / 3, atol=6 * 0.298 / math.sqrt(5000))


@pytest.mark.parametrize(("shape", "law"), list(zip(("sphere", "cylinder", "cylinder", "ellipsoid"), LAWS, strict=True)))
def test_parameters_make_the_same_law_again(shape: str, law: Grains) -> None:
    parameters = grain_parameters(law)
    assert parameters.pop("shape") == shape
    assert SHAPES[shape](**parameters) == law


@pytest.mark.parametrize(
    ("law", "numbers", "words"),
    [
        (Spheres, (0,), "radius must be above 0"),
        (Spheres, (30, 10), "below a third of 30 nm"),
        (Spheres, (30, -1), "0 or more"),
        (Cylinders, (5, 0), "length"),
        (Ellipsoids, ((1, 2),), "three semi-axes"),
        (Ellipsoids, ((1, 2, -3),), "semi-axis"),
    ],
)
def test_impossible_grains(law: Any, numbers: tuple[Any, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        law(*numbers)

"""What every interpolation method must do; subclass `InterpolatorContract` and define the fixture `method`."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from synthfib.reconstruction.interpolation.base import ImageInterpolator, Interpolator, bracket, interpolate
from synthfib.reconstruction.interpolation.face_images import FaceImages


def smooth_structure(seed: int, shape: tuple[int, int, int] = (44, 32, 40)) -> NDArray[np.bool_]:
    """Return a block of smooth blobs with a solid fraction of 0.35, shape ``(z, y, x)``."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 3, mode="wrap")
    return np.asarray(field > np.quantile(field, 0.65), np.bool_)


def uneven_depths(seed: int, end: int = 44) -> NDArray[np.intp]:
    """Return planes with faces, from 0 on, one to eight planes apart."""
    gaps = np.random.default_rng(seed).choice([1, 2, 3, 4, 4, 5, 6, 8], size=end)
    depths = np.concatenate([[0], np.cumsum(gaps)])
    return np.asarray(depths[depths < end], np.intp)


def images_of(faces: NDArray[np.bool_]) -> FaceImages:
    """Return images of faces, at 1, 2 and 4 keV, that show no more than where they are solid."""
    return FaceImages(np.stack([20 + 200 * faces.astype(np.uint8)] * 3), np.array([[20, 220]] * 3, np.float32), (1.0, 2.0, 4.0))


def planes_between(method: Interpolator, faces: NDArray[np.bool_], depths: ArrayLike, block_planes: int = 64) -> NDArray[np.bool_]:
    """Return all planes from the first face to the last; a method that looks at images is given some."""
    return np.concatenate(list(interpolate(faces, depths, method, images=images_of(faces), block_planes=block_planes)))


def fill(method: Interpolator, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the planes of a range; a method that looks at images is given some."""
    if isinstance(method, ImageInterpolator):
        return method.fill_seeing(faces, images_of(faces), depths, planes)
    return method.fill(faces, depths, planes)


class InterpolatorContract:
    """Contract suite for one method; a subclass defines the fixture `method`."""

    @pytest.fixture
    def method(self) -> Interpolator:
        """Return the method under test."""
        raise AssertionError("a subclass defines the fixture `method`")

    def filled(self, method: Interpolator, seed: int = 1, block_planes: int = 64) -> NDArray[np.bool_]:
        """Return what the method makes of the faces of a smooth structure."""
        depths = uneven_depths(seed)
        return planes_between(method, smooth_structure(seed)[depths], depths, block_planes)

    def test_planes_with_a_face_are_that_face(self, method: Interpolator) -> None:
        depths = uneven_depths(1)
        found = self.filled(method)
        assert found.dtype == np.bool_
        assert found.shape == (depths[-1] + 1, 32, 40)
        assert np.array_equal(found[depths], smooth_structure(1)[depths])

    @pytest.mark.parametrize("block_planes", [9])
    def test_the_size_of_the_blocks_does_not_matter(self, method: Interpolator, block_planes: int) -> None:
        assert np.array_equal(self.filled(method, block_planes=block_planes), self.filled(method))

    def test_faces_beyond_the_halo_do_not_matter(self, method: Interpolator) -> None:
        depths, structure = uneven_depths(2, 280).astype(np.float64), smooth_structure(2, (280, 16, 16))
        faces, planes = structure[depths.astype(int)], (140, 146)
        near = bracket(depths, planes, method.halo)
        assert np.array_equal(fill(method, faces[near], depths[near], planes), fill(method, faces, depths, planes))

    def test_filling_twice_gives_the_same_and_changes_no_face(self, method: Interpolator) -> None:
        depths = uneven_depths(3)
        faces = smooth_structure(3)[depths]
        before = faces.copy()
        once, twice = (planes_between(method, faces, depths) for _ in range(2))
        assert np.array_equal(once, twice)
        assert np.array_equal(faces, before)

    def test_equal_faces_stay_as_they_are_in_between(self, method: Interpolator) -> None:
        face = smooth_structure(4)[0]
        found = planes_between(method, np.stack([face] * 4), [0, 4, 7, 12])
        assert (found == face).mean() > 0.97

    def test_depths_may_lie_between_planes(self, method: Interpolator) -> None:
        faces = smooth_structure(5)[[4, 8, 12, 16]]
        found = planes_between(method, faces, [0.5, 4.5, 8.5, 12.5])
        assert found.shape == (12, 32, 40)

    def test_two_faces_are_enough(self, method: Interpolator) -> None:
        faces = smooth_structure(6)[[0, 3]]
        found = planes_between(method, faces, [0, 3])
        assert np.array_equal(found[[0, 3]], faces)

    def test_gaps_of_a_smooth_structure_are_filled_better_than_by_chance(self, method: Interpolator) -> None:
        structure, found = smooth_structure(1), self.filled(method)
        wrong = float((found != structure[: len(found)]).mean())
        assert wrong < 0.2, wrong  # chance: 0.455

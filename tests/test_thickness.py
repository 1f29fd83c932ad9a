"""Thickness of slices of structures that are known everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.reconstruction.decorrelation import thickness_from_images
from synthfib.reconstruction.isotropic_thickness import isotropic_mean_nm
from synthfib.reconstruction.thickness_errors import thickness_errors

PIXEL_NM = 2.5


def milled(planes: NDArray[np.intp]) -> tuple[NDArray[np.bool_], ImageStack]:
    """Faces of an isotropic structure at these planes of pixels, and images of them with noise."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((int(planes[-1]) + 1, 128, 128)), 4, mode="wrap")
    solid = smooth[planes] > 0.5 * smooth.std()
    noise = 12 * np.random.default_rng(2).standard_normal(solid.shape)
    images = (60 + 120 * ndimage.gaussian_filter(solid.astype(float), (0, 1, 1)) + noise).clip(0, 255).astype(np.uint8)
    plan = MillingPlan(np.asarray(planes * PIXEL_NM, np.float64), (PIXEL_NM, PIXEL_NM))
    return solid, ImageStack(images[None], (Channel(2.0),), plan)


@pytest.fixture(scope="module")
def planes() -> NDArray[np.intp]:
    return np.cumsum(np.random.default_rng(3).choice([2, 3, 4, 5, 7], 40)).astype(np.intp)


def test_thickness_is_found_from_images(planes: NDArray[np.intp]) -> None:
    _, stack = milled(planes)
    true = stack.plan.thickness_nm
    found = thickness_from_images(stack, np.zeros((1, 40, 2)), mean_nm=float(true.mean()))
    assert found.mean() == pytest.approx(true.mean())
    assert np.corrcoef(found, true)[0, 1] > 0.9
    assert np.sqrt(((found - true) ** 2).mean()) < 0.4 * true.std()


def test_thickness_scales_with_the_mean_and_ignores_positions(planes: NDArray[np.intp]) -> None:
    _, stack = milled(planes)
    unknown = ImageStack(stack.images, stack.channels, MillingPlan(np.arange(40.0), (PIXEL_NM, PIXEL_NM)))
    one, two = (thickness_from_images(own, np.zeros((1, 40, 2)), mean_nm=mean) for own, mean in ((stack, 10.0), (unknown, 20.0)))
    assert np.allclose(2 * one, two)


def test_mean_thickness_follows_from_isotropy(planes: NDArray[np.intp]) -> None:
    solid, _ = milled(np.arange(0, 160, 4))
    assert isotropic_mean_nm(solid, (PIXEL_NM, PIXEL_NM)) == pytest.approx(4 * PIXEL_NM, rel=0.05)
    assert isotropic_mean_nm(solid[::2], (PIXEL_NM, PIXEL_NM)) == pytest.approx(8 * PIXEL_NM, rel=0.1)


def test_errors_of_positions_by_hand() -> None:
    found = thickness_errors([0.0, 11.0, 20.0], [0.0, 10.0, 20.0])
    assert found["thickness_nm"] == pytest.approx(1.0)
    assert found["position_nm"] == pytest.approx(np.std([0, 1, 0]))
    assert found["mean_ratio"] == 1.0


def test_what_cannot_be_used_is_refused(planes: NDArray[np.intp]) -> None:
    solid, stack = milled(planes[:7])
    with pytest.raises(InputError, match="at least 8 slices, got 7"):
        thickness_from_images(stack, np.zeros((1, 7, 2)), mean_nm=10.0)
    _, stack = milled(planes[:9])
    with pytest.raises(InputError, match="above 0 nm"):
        thickness_from_images(stack, np.zeros((1, 9, 2)), mean_nm=0.0)
    with pytest.raises(InputError, match="solid and pores"):
        isotropic_mean_nm(np.zeros_like(solid), (PIXEL_NM, PIXEL_NM))
    with pytest.raises(InputError, match="one by one"):
        thickness_errors([0.0], [0.0])

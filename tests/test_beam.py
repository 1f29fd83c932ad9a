"""The spot is as wide as was asked for, along the axis that was asked for; edge blur touches edges only."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel
from synthfib.degradations.base import Run
from synthfib.degradations.compose import draw
from synthfib.degradations.filters import elliptic_blur, gaussian_blur
from synthfib.degradations.stacks import make_face

PIXEL_NM = (2.0, 3.0)
FWHM = 2 * math.sqrt(2 * math.log(2))


def run_of(shape: tuple[int, int], energies: tuple[float, ...] = (2.0,)) -> Run:
    return Run(MillingPlan(np.array([0.0]), PIXEL_NM), tuple(map(Channel, energies)), shape, (1.0,) * len(energies))


def spot(channel: int = 0, energies: tuple[float, ...] = (2.0,), **strengths: float) -> NDArray[np.float64]:
    """Covariance ``[[yy, yx], [yx, xx]]`` in nm^2 of the image of a point."""
    run = run_of((129, 129), energies)
    point = np.zeros(run.shape, np.float32)
    point[64, 64] = 1
    image = draw({"point-spread": strengths}, run, rng=1).apply(make_face(run, channel, 0, point)).image.astype(float)
    assert image.sum() == pytest.approx(1, abs=1e-4)
    y, x = np.mgrid[:129, :129] - 64.0
    y, x = y * PIXEL_NM[0], x * PIXEL_NM[1]
    return np.array([[(image * y * y).sum(), (image * y * x).sum()], [(image * y * x).sum(), (image * x * x).sum()]])


def test_the_spot_has_the_width_that_was_asked_for() -> None:
    """To 1 %; pixels of 2 x 3 nm sample a spot of 20 nm."""
    covariance = spot(fwhm_nm=20.0)
    assert np.sqrt(np.diag(covariance)) * FWHM == pytest.approx([20.0, 20.0], rel=0.01)


def test_astigmatism_lengthens_one_axis() -> None:
    """Axes of ``20 (1 + 0.4)`` and ``20 / (1 + 0.4)`` nm, the long one 30 degrees from x towards y."""
    variances, axes = np.linalg.eigh(spot(fwhm_nm=20.0, astigmatism=0.4, angle_deg=30.0))
    assert np.sqrt(variances) * FWHM == pytest.approx([20 / 1.4, 20 * 1.4], rel=0.01)
    y, x = axes[:, 1]
    assert math.degrees(math.atan2(y, x)) % 180 == pytest.approx(30, abs=1)


def test_a_lower_voltage_has_a_wider_spot() -> None:
    low, high = (spot(c, (1.0, 4.0), fwhm_nm=10.0, energy_exponent=0.5)[0, 0] for c in (0, 1))
    assert math.sqrt(low / high) == pytest.approx(2.0, rel=0.02)


def test_blurs_agree_with_reference_filters() -> None:
    image = np.random.default_rng(1).random((60, 80), dtype=np.float32)
    assert np.allclose(gaussian_blur(image, (1.5, 2.5)), ndimage.gaussian_filter(image, (1.5, 2.5), mode="mirror"), atol=1e-5)
    assert np.allclose(elliptic_blur(image, (2.25, 0.0, 6.25))[10:-10, 10:-10], gaussian_blur(image, (1.5, 2.5))[10:-10, 10:-10], atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 5)])
def test_small_images(shape: tuple[int, int]) -> None:
    image = np.full(shape, 0.25, np.float32)
    assert np.allclose(gaussian_blur(image, (2.0, 3.0)), 0.25)
    assert np.allclose(elliptic_blur(image, (4.0, 1.0, 2.0)), 0.25, atol=2e-5)


def edge_blurred(labels: NDArray[np.uint8] | None, image: NDArray[np.float32]) -> NDArray[np.float32]:
    run = run_of(image.shape)
    chain = draw({"edge-blur": {"sigma_nm": 4.0, "reach_nm": 4.0}}, run, rng=1)
    return chain.apply(make_face(run, 0, 0, image, None if labels is None else labels[None])).image


@pytest.mark.parametrize("with_labels", [True, False])
def test_edge_blur_softens_edges_and_leaves_noise_elsewhere(with_labels: bool) -> None:
    labels = np.zeros((64, 96), np.uint8)
    labels[:, 48:] = 1
    noise = 0.01 * np.random.default_rng(2).standard_normal(labels.shape).astype(np.float32)
    image = (0.2 + 0.5 * labels + noise).astype(np.float32)
    after = edge_blurred(labels if with_labels else None, image)
    steepness = [float(np.diff(face.mean(axis=0)).max()) for face in (image, after)]
    assert steepness[1] < 0.6 * steepness[0]
    far = np.s_[:, :30]
    if with_labels:
        assert np.abs(after - image)[far].max() < 1e-6
    assert after[far].std() == pytest.approx(image[far].std(), rel=0.05)


def test_edge_blur_follows_labels_of_an_image_that_was_moved() -> None:
    labels = np.zeros((64, 96), np.uint8)
    labels[:, 48:] = 1
    image = np.roll(0.2 + 0.5 * labels.astype(np.float32), 9, axis=1)
    run = run_of(image.shape)
    chain = draw({"edge-blur": {"sigma_nm": 4.0, "reach_nm": 4.0}}, run, rng=1)
    after = chain.apply(make_face(run, 0, 0, image, labels[None], displacement_nm=(0.0, 27.0))).image
    changed = np.abs(after - image)[32, 20:80]
    assert abs(int(changed.argmax()) + 20 - 57) <= 1

from pathlib import Path

import numpy as np
import pytest

from synthfib.data.slices import read_slices
from synthfib.errors import InputError
from synthfib.evaluation.noise import noise_law, noise_residual, noise_sd

REAL = Path(__file__).parents[2] / "shared" / "real"
INSTRUMENT = REAL / "fibsemos-noise" / "fibsemos_seg.tif"
MICROGRAPH = REAL / "npg-sem-aquami" / "aquami_sample.tif"


def ramp(shape: tuple[int, int]) -> np.ndarray:
    y, x = np.indices(shape)
    return 50 + 0.3 * y + 0.1 * x


def test_planes_and_straight_edges_are_not_noise() -> None:
    steps = ramp((40, 60)) + np.where(np.arange(60) < 30, 0.0, 80.0) + np.where(np.arange(40) < 10, 0.0, 30.0)[:, None]
    assert np.abs(noise_residual(steps)).max() < 1e-9


def test_white_noise_keeps_its_strength() -> None:
    """The median of 160 000 pixels: 4 standard errors of about 0.3 % each, false alarm 1 in 10 000; seed fixed."""
    image = ramp((400, 400)) + np.random.default_rng(0).normal(0, 12.5, (400, 400))
    assert noise_sd(image) == pytest.approx(12.5, rel=0.015)


def test_counted_electrons_give_their_gain_as_slope_and_the_amplifier_as_intercept() -> None:
    """Gain 2.5, read-out SD 8: the median of few counts errs by 4 %, statistics by 1 % (one standard error); seed fixed."""
    rng = np.random.default_rng(1)
    expected = np.broadcast_to(np.linspace(40, 160, 1024), (1024, 1024))
    law = noise_law(2.5 * rng.poisson(expected / 2.5) + rng.normal(0, 8, expected.shape))
    assert law is not None
    assert law.slope == pytest.approx(2.5, abs=0.2)
    assert law.intercept == pytest.approx(64, abs=20)
    assert law.correlation > 0.7


def test_only_pixels_inside_the_mask_with_all_neighbours_count() -> None:
    image = np.zeros((64, 64))
    image[:32] = np.random.default_rng(2).normal(0, 30, (32, 64))
    quiet = np.zeros((64, 64), np.bool_)
    quiet[32:] = True
    assert noise_sd(image, quiet) == 0
    assert noise_sd(image, ~quiet) == pytest.approx(30, rel=0.1)
    thin = np.zeros((64, 64), np.bool_)
    thin[::2] = True
    assert noise_sd(image, thin) is None


def test_one_signal_has_no_law() -> None:
    assert noise_law(np.full((64, 64), 7.0)) is None
    assert noise_law(np.random.default_rng(3).normal(0, 1, (20, 20))) is None


@pytest.mark.parametrize("shape", [(2, 9), (9,), (3, 3, 3)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="3 x 3"):
        noise_sd(np.zeros(shape))


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="shape of the image"):
        noise_sd(np.zeros((9, 9)), np.ones((8, 9), np.bool_))


@pytest.mark.skipif(not INSTRUMENT.is_file(), reason=f"needs the instrument image {INSTRUMENT.name} of the fibsemOS project")
def test_an_instrument_image_has_the_noise_measured_before() -> None:
    """Variance 7.1 x signal + 87, correlation 0.88, found independently of this code."""
    (image,), _ = read_slices(INSTRUMENT)
    law = noise_law(image)
    assert law is not None
    assert round(law.slope, 1) == 7.1
    assert round(law.intercept) == 87
    assert round(law.correlation, 2) == 0.88


@pytest.mark.skipif(not MICROGRAPH.is_file(), reason=f"needs the micrograph {MICROGRAPH.name} of the AQUAMI project")
def test_a_micrograph_has_the_noise_measured_before() -> None:
    (image,), _ = read_slices(MICROGRAPH)
    found = noise_sd(image[:690])  # below is the data bar
    assert found is not None
    assert round(found, 1) == 2.5

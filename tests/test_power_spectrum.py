import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.evaluation.power_spectrum import radial_power_spectrum


def test_white_noise_is_flat_at_its_variance() -> None:
    """Bins hold 300 waves or more: 8 % at most each, four of these, seed fixed."""
    spectrum = radial_power_spectrum(np.random.default_rng(0).normal(90, 5, (512, 512)), n_bins=8)
    assert spectrum.power == pytest.approx(np.full(8, 25.0), rel=0.3)
    assert spectrum.power[4:] == pytest.approx(np.full(4, 25.0), rel=0.05)


def test_a_wave_stands_in_its_bin() -> None:
    image = 100 + 10 * np.sin(2 * np.pi * 0.22 * np.arange(256))[:, None] * np.ones(256)
    spectrum = radial_power_spectrum(image, n_bins=10)
    assert spectrum.cycles_per_pixel[np.argmax(spectrum.power)] == pytest.approx(0.225)


def test_a_blur_takes_the_high_frequencies() -> None:
    noise = np.random.default_rng(1).normal(0, 5, (256, 256))
    blurred = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1) + np.roll(noise, (1, 1), (0, 1))) / 4
    power = radial_power_spectrum(blurred).power
    assert power[-1] < 0.3 * power[0]


@pytest.mark.parametrize("shape", [(31, 64), (64,)])
def test_a_small_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="32 pixels"):
        radial_power_spectrum(np.zeros(shape))

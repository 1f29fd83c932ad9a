import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from synthfib.errors import InputError
from synthfib.evaluation.curtaining import curtaining
from synthfib.reconstruction.destriping import remove_stripes

pytest.importorskip("pywt", reason="needs PyWavelets: pip install 'synthfib[cleanup]'")

RNG = np.random.default_rng(0)
smooth = gaussian_filter(RNG.normal(0, 1, (256, 300)), 5)
SOLID = smooth > np.quantile(smooth, 0.25)
CLEAN = np.where(SOLID, 130.0, 80.0) + RNG.normal(0, 10, smooth.shape)
CURTAINS = RNG.normal(0, 5, 300)


def column_sd(image: np.ndarray) -> float:
    found = curtaining(image, SOLID)
    assert found is not None
    return found.column_sd


def test_curtains_of_a_porous_face_go_and_the_face_stays() -> None:
    """Curtains of 4.6 grey levels, each column its own: an eighth of their variance is wider than the three bands and stays."""
    striped = CLEAN + CURTAINS
    corrected = remove_stripes(striped)
    assert column_sd(striped) > 4.5
    assert column_sd(corrected) < 0.45 * column_sd(striped)
    assert np.std(corrected - CLEAN) < 0.55 * np.std(striped - CLEAN)


def test_a_face_without_curtains_is_hardly_changed() -> None:
    assert np.std(remove_stripes(CLEAN) - CLEAN) < 0.1 * CLEAN.std()


def test_each_image_of_a_stack_is_corrected_alone_and_keeps_its_type() -> None:
    grey = (CLEAN + CURTAINS).clip(0, 255).astype(np.uint8)
    stack = np.stack([grey, grey[:, ::-1]])
    corrected = remove_stripes(stack)
    assert corrected.dtype == np.uint8
    assert corrected.shape == stack.shape
    assert np.array_equal(corrected[1], remove_stripes(grey[:, ::-1]))


def test_odd_sizes_keep_their_shape() -> None:
    assert remove_stripes(CLEAN[:201, :133]).shape == (201, 133)


@pytest.mark.parametrize("wrong", [{"levels": 0}, {"width": 0.0}, {"wavelet": "haar-like"}, {"width": float("nan")}])
def test_impossible_parameters_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="Stripes are removed"):
        remove_stripes(CLEAN, **wrong)  # type: ignore[arg-type]


def test_an_image_smaller_than_the_wavelet_is_refused() -> None:
    with pytest.raises(InputError, match="38 pixels"):
        remove_stripes(CLEAN[:30, :30])
    assert remove_stripes(CLEAN[:38, :38]).shape == (38, 38)

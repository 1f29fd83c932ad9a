import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from skimage.filters import threshold_otsu

from synthfib.errors import InputError
from synthfib.evaluation.curtaining import curtaining
from synthfib.reconstruction.destriping import remove_stripes

pytest.importorskip("pywt", reason="needs PyWavelets: pip install 'synthfib[cleanup]'")

RNG = np.random.default_rng(0)
smooth = gaussian_filter(RNG.normal(0, 1, (256, 300)), 6)
SOLID = smooth > np.quantile(smooth, 0.25)
CLEAN = np.where(SOLID, 150.0, 70.0) + RNG.normal(0, 10, smooth.shape)
curtains = gaussian_filter1d(RNG.normal(0, 1, 300), 1)
STRIPED = CLEAN + 5 * curtains / curtains.std()


def column_sd(image: np.ndarray) -> float:
    found = curtaining(image, SOLID)
    assert found is not None
    return found.column_sd


def test_curtains_of_a_porous_face_go_where_they_are_looked_for_in_the_solid() -> None:
    """Curtains of 5 grey levels, three pixels wide, at a porosity of a quarter: two thirds go."""
    bright = float(threshold_otsu(STRIPED)) < STRIPED  # type: ignore[no-untyped-call]
    for mask in (SOLID, bright):
        corrected = remove_stripes(STRIPED, within=mask)
        assert column_sd(corrected) < column_sd(STRIPED) / 3
        assert np.std(corrected - CLEAN) < 0.5 * np.std(STRIPED - CLEAN)


def test_the_method_as_published_takes_pores_for_stripes() -> None:
    everywhere = remove_stripes(STRIPED)
    assert column_sd(everywhere) > column_sd(remove_stripes(STRIPED, within=SOLID))
    assert np.std(everywhere - CLEAN) > np.std(STRIPED - CLEAN)


def test_on_a_dense_face_it_does_well() -> None:
    dense = 150 + RNG.normal(0, 10, (256, 300))
    striped = dense + STRIPED - CLEAN
    found = curtaining(remove_stripes(striped))
    assert found is not None
    assert found.column_sd < 0.2 * 5
    assert np.std(remove_stripes(striped) - dense) < 0.2 * 5


def test_each_image_of_a_stack_is_corrected_alone_and_keeps_its_type() -> None:
    grey = STRIPED.clip(0, 255).astype(np.uint8)
    stack, masks = np.stack([grey, grey[:, ::-1]]), np.stack([SOLID, SOLID[:, ::-1]])
    corrected = remove_stripes(stack, within=masks)
    assert corrected.dtype == np.uint8
    assert corrected.shape == stack.shape
    assert np.array_equal(corrected[1], remove_stripes(grey[:, ::-1], within=SOLID[:, ::-1]))


def test_odd_sizes_keep_their_shape() -> None:
    assert remove_stripes(CLEAN[:201, :133]).shape == (201, 133)


@pytest.mark.parametrize("wrong", [{"levels": 0}, {"width": 0.0}, {"wavelet": "haar-like"}, {"width": float("nan")}])
def test_impossible_parameters_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="Stripes are removed"):
        remove_stripes(CLEAN, **wrong)  # type: ignore[arg-type]


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(InputError, match="has none"):
        remove_stripes(CLEAN, within=np.zeros(CLEAN.shape, np.bool_))


def test_an_image_smaller_than_the_wavelet_is_refused() -> None:
    with pytest.raises(InputError, match="38 pixels"):
        remove_stripes(CLEAN[:30, :30], wavelet="db10")
    assert remove_stripes(CLEAN[:38, :38], wavelet="db10").shape == (38, 38)

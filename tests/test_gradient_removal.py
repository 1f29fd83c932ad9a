import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.reconstruction.gradient_removal import fit_gradient, remove_gradient

RNG = np.random.default_rng(0)
Y, X = np.mgrid[0:80, 0:120] / 100
PLANE = 20 * Y - 35 * X
BOWL = PLANE + 15 * Y**2 - 25 * X * Y + 30 * X**2
NOISE = RNG.normal(0, 8, Y.shape)


@pytest.mark.parametrize(("surface", "degree"), [(PLANE, 1), (BOWL, 2), (BOWL, 3)])
def test_a_surface_of_the_degree_asked_for_is_found_and_taken_away(surface: np.ndarray, degree: int) -> None:
    """To a millionth of a grey level."""
    assert np.abs(fit_gradient(100 + surface, degree=degree) - surface - 100).max() < 1e-6
    assert np.abs(remove_gradient(100 + surface, degree=degree) - 100 - surface.mean()).max() < 1e-6


@pytest.mark.parametrize(("surface", "degree"), [(PLANE, 1), (BOWL, 2)])
def test_noise_moves_the_surface_by_less_than_a_grey_level(surface: np.ndarray, degree: int) -> None:
    """9600 pixels of noise 8: a coefficient errs by 0.1, the surface at its corners by 0.6 at four standard errors; seed fixed."""
    corrected = remove_gradient(120 + surface + NOISE, degree=degree)
    assert np.abs(corrected - 120 - surface.mean() - NOISE).max() < 1


def test_grey_values_keep_type_and_mean() -> None:
    """Rounding costs half a grey level, the fit of rounded values a tenth."""
    grey = np.rint(120 + PLANE).astype(np.uint8)
    corrected = remove_gradient(np.stack([grey, grey[::-1]]))
    assert corrected.dtype == np.uint8
    assert np.abs(corrected - (120 + PLANE.mean())).max() < 1.1
    assert corrected.mean() == pytest.approx(grey.mean(), abs=0.3)


def test_a_line_along_x_is_that_of_the_profile() -> None:
    image = 120 + BOWL + NOISE
    slope, start = np.polyfit(np.arange(120), image.mean(axis=0), 1)
    assert fit_gradient(image, along="x")[0] == pytest.approx(start + slope * np.arange(120))
    assert np.ptp(fit_gradient(image, along="x"), axis=0).max() == 0
    assert np.ptp(fit_gradient(image, along="y"), axis=1).max() == 0


def test_a_fit_of_the_solid_is_not_pulled_by_pores() -> None:
    pore = X > 0.8
    image = 120 + PLANE - np.where(pore, 60, 0)
    assert np.abs(fit_gradient(image, within=~pore) - 120 - PLANE).max() < 1e-6
    assert np.abs(fit_gradient(image) - 120 - PLANE).max() > 10


def test_values_that_leave_the_range_are_set_to_its_end() -> None:
    grey = np.clip(np.linspace(-100, 400, 50) * np.ones((4, 1)), 0, 255).astype(np.uint8)
    assert remove_gradient(grey).max() <= 255


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"degree": 4}, "degree 1, 2 or 3"),
        ({"along": "z"}, "along"),
        ({"within": X > 5}, "coefficients"),
        ({"within": X[:3] > 0}, "mask of its shape"),
    ],
)
def test_a_fit_that_cannot_be_is_refused(wrong: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        fit_gradient(PLANE, **wrong)  # type: ignore[arg-type]


def test_a_single_row_of_numbers_is_no_image() -> None:
    with pytest.raises(InputError, match="stacks"):
        remove_gradient(np.zeros(9))

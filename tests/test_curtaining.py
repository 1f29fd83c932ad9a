import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from synthfib.errors import InputError
from synthfib.evaluation.curtaining import curtaining

RNG = np.random.default_rng(0)
NOISE = RNG.normal(120, 12, (256, 400))


def test_without_curtains_there_is_only_the_floor() -> None:
    """400 columns tell their SD to 3.5 %; four of these, false alarm 1 in 15 000, seed fixed."""
    found = curtaining(NOISE)
    assert found is not None
    assert found.floor == pytest.approx(12 / 16, rel=0.02)
    assert found.column_sd == pytest.approx(found.floor, rel=0.15)


def test_curtains_are_found_and_a_gradient_across_the_face_is_not_one() -> None:
    curtains = RNG.normal(0, 5, 400)
    found = curtaining(NOISE + curtains + np.linspace(0, 40, 400))
    assert found is not None
    assert found.column_sd == pytest.approx(np.hypot(curtains.std(), 0.75), rel=0.05)
    assert found.row_sd == pytest.approx(np.hypot(np.std(curtains), 12) / 20, rel=0.2)


def test_structure_scatters_rows_as_much_as_columns_and_curtains_only_columns() -> None:
    """Blots of 5 pixels: 400 means of about 40 independent ones, whose SD is known to 11 %; four of these, seed fixed."""
    blots = gaussian_filter(RNG.normal(0, 1, (400, 400)), 5, mode="wrap")
    image = 120 + 20 * blots / blots.std()
    without, curtained = curtaining(image), curtaining(image + RNG.normal(0, 6, 400))
    assert without is not None
    assert curtained is not None
    assert without.column_sd > 3 * without.floor
    assert without.row_sd == pytest.approx(without.column_sd, rel=0.45)
    assert curtained.row_sd == pytest.approx(without.row_sd)
    assert curtained.column_sd == pytest.approx(np.hypot(6, without.column_sd), rel=0.1)


def test_where_every_row_has_one_pixel_of_solid_there_is_nothing_to_compare() -> None:
    found = curtaining(NOISE[:64, :8], np.repeat(np.eye(8), 8, axis=0) == 1)
    assert found is not None
    assert found.row_sd is None


def test_pores_do_not_count() -> None:
    solid = np.zeros((256, 400), np.bool_)
    solid[:, ::3] = True
    striped = NOISE - np.where(solid, 0, 100)
    everywhere, found = curtaining(striped), curtaining(striped, solid)
    assert everywhere is not None
    assert found is not None
    assert everywhere.column_sd > 40
    assert found.column_sd < 1


def test_too_little_solid_tells_nothing() -> None:
    assert curtaining(NOISE, np.zeros(NOISE.shape, np.bool_)) is None
    assert curtaining(NOISE[:7]) is None


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="mask of its shape"):
        curtaining(NOISE, np.ones((2, 2), np.bool_))

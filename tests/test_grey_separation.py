import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.evaluation.grey_separation import grey_separation

PORE = np.zeros((100, 100), np.bool_)
PORE[:, :30] = True


def test_grey_levels_that_say_all() -> None:
    found = grey_separation(np.where(PORE, 40, 160), PORE)
    assert found is not None
    assert found.pore_brighter_than_solid_p5_percent == 0
    assert found.grey_overlap == 0
    assert found.otsu_pore_iou == found.best_threshold_pore_iou == 1
    assert found.best_threshold == 40
    assert found.pore_to_solid_sd is None


def test_grey_levels_that_say_nothing() -> None:
    """Pore and solid drawn from one law: 95 % of the pore lies above the 5th percentile of the solid, within four standard errors of 0.4 %."""
    found = grey_separation(np.random.default_rng(0).normal(100, 5, PORE.shape), PORE)
    assert found is not None
    assert found.pore_brighter_than_solid_p5_percent == pytest.approx(95, abs=2)
    assert found.grey_overlap > 0.9
    assert found.best_threshold_pore_iou == pytest.approx(0.3, abs=0.02)


def test_counts_of_a_small_example() -> None:
    grey = np.array([[10, 10, 10, 60, 50, 50, 50, 50, 50, 20]])
    pore = np.array([[1, 1, 1, 1, 0, 0, 0, 0, 0, 0]], np.bool_)
    found = grey_separation(grey, pore)
    assert found is not None
    assert found.pore_brighter_than_solid_p5_percent == 25  # the one at 60
    assert found.grey_overlap == 0
    assert (found.best_threshold, found.best_threshold_pore_iou) == (10, 3 / 4)
    assert found.otsu_pore_iou == pytest.approx(3 / 5)  # its threshold takes the 20 for pore


def test_no_other_threshold_is_better() -> None:
    rng = np.random.default_rng(1)
    grey = np.where(PORE, rng.integers(20, 120, PORE.shape), rng.integers(80, 200, PORE.shape))
    found = grey_separation(grey, PORE)
    assert found is not None
    every = [np.count_nonzero((grey <= level) & PORE) / np.count_nonzero((grey <= level) | PORE) for level in range(256)]
    assert found.best_threshold_pore_iou == max(every)
    assert found.otsu_pore_iou <= max(every)


def test_noise_alone_hides_less_after_a_blur() -> None:
    found = grey_separation(np.where(PORE, 90.0, 120.0) + np.random.default_rng(2).normal(0, 15, PORE.shape), PORE)
    assert found is not None
    assert found.best_threshold_pore_iou_blurred > found.best_threshold_pore_iou + 0.1


def test_one_phase_has_no_separation() -> None:
    assert grey_separation(np.zeros((9, 9)), np.ones((9, 9), np.bool_)) is None


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="one shape"):
        grey_separation(np.zeros((9, 9)), np.ones((8, 9), np.bool_))

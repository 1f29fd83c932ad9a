from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from synthfib.errors import InputError
from synthfib.evaluation.congruency import congruency

VOXEL_NM = (10.0, 2.0, 2.0)


def test_agreement_and_kappa_are_those_of_their_definitions() -> None:
    rng = np.random.default_rng(1)
    one = rng.random((3, 20, 20)) < 0.3
    other = np.where(rng.random(one.shape) < 0.1, ~one, one)
    found = congruency(one, other, VOXEL_NM)
    assert found["agreement"] == np.mean(one == other)
    assert found["kappa"] == pytest.approx(cohen_kappa_score(one.ravel(), other.ravel()))
    assert found["least_agreement_of_a_slice"] == (one == other).mean(axis=(1, 2)).min()
    swapped = congruency(other, one, VOXEL_NM)
    assert swapped.pop("solid_fraction_difference") == -found.pop("solid_fraction_difference")
    assert swapped == pytest.approx(found)


def test_a_border_elsewhere_is_told_from_a_pore_that_one_detector_does_not_see() -> None:
    one = np.zeros((2, 40, 40), bool)
    one[:, :, :20] = True
    shifted, filled = np.roll(one, 1, axis=2) | one, one.copy()
    shifted[:, :, 0] = True
    filled[:, 10:20, 28:38] = True
    assert congruency(one, shifted, VOXEL_NM)["agreement_away_from_borders"] == 1
    assert congruency(one, filled, VOXEL_NM)["agreement_away_from_borders"] < 0.98


def test_independent_segmentations_have_no_kappa_and_one_phase_is_full_agreement() -> None:
    rng = np.random.default_rng(2)
    one, other = (rng.random((4, 100, 100)) < 0.1 for _ in range(2))
    found = congruency(one, other, VOXEL_NM)
    assert found["agreement"] > 0.8
    assert abs(found["kappa"]) < 5 / np.sqrt(one.size)
    pores = np.zeros((2, 5, 5))
    assert congruency(pores, pores, VOXEL_NM)["kappa"] == 1


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(InputError, match="of the same faces"):
        congruency(np.zeros((2, 3, 4)), np.zeros((2, 4, 3)), VOXEL_NM)
    with pytest.raises(InputError, match="0 nm or more"):
        congruency(np.zeros((2, 3, 4)), np.zeros((2, 3, 4)), VOXEL_NM, border_nm=-1)

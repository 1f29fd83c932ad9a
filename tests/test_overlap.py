from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, jaccard_score, precision_score, recall_score

from synthfib.errors import InputError
from synthfib.evaluation.overlap import Confusion, scores

counts = st.integers(0, 2**40)


def test_counts_of_a_small_example() -> None:
    truth = np.array([[1, 1, 1, 0], [0, 0, 0, 0]])
    predicted = np.array([[1, 1, 0, 1], [0, 0, 0, 0]])
    confusion = Confusion.of(predicted, truth)
    assert confusion == Confusion(solid_as_solid=2, solid_as_pore=1, pore_as_solid=1, pore_as_pore=4)
    found = scores(confusion)
    assert found["mp"] == 2 / 8
    assert found["mgp"] == pytest.approx(1 / 3)
    assert found["dice_solid"] == pytest.approx(4 / 6)
    assert found["dice_pore"] == pytest.approx(8 / 10)
    assert found["mean_dice"] == pytest.approx((4 / 6 + 8 / 10) / 2)
    assert found["solid_fraction_error"] == 0


def test_scores_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(5000) < 0.3
    predicted = np.where(rng.random(5000) < 0.2, ~truth, truth)
    found = scores(Confusion.of(predicted, truth))
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, predicted))
    assert found["precision"] == pytest.approx(precision_score(truth, predicted))
    assert found["recall"] == pytest.approx(recall_score(truth, predicted))
    assert found["f1"] == pytest.approx(f1_score(truth, predicted))
    assert found["iou_solid"] == pytest.approx(jaccard_score(truth, predicted))
    assert found["iou_pore"] == pytest.approx(jaccard_score(~truth, ~predicted))
    assert found["solid_fraction_error"] == pytest.approx(predicted.mean() - truth.mean())


@given(counts, counts, counts, counts)
def test_relations_between_scores(tp: int, fn: int, fp: int, tn: int) -> None:
    confusion = Confusion(tp, fn, fp, tn)
    if confusion.total == 0:
        return
    found = scores(confusion)
    assert all(0 <= value <= 1 for name, value in found.items() if name != "solid_fraction_error")
    assert found["mp"] == pytest.approx(1 - found["accuracy"])
    assert found["mgp"] == pytest.approx(1 - found["recall"])
    assert found["iou_solid"] == pytest.approx(found["f1"] / (2 - found["f1"]))
    assert found["solid_fraction_error"] == pytest.approx(found["solid_fraction"] - found["truth_solid_fraction"])


def test_pooling_adds_counts_beyond_32_bits() -> None:
    large = Confusion(2**40, 1, 2, 2**41)
    assert large + large == Confusion(2**41, 2, 4, 2**42)
    parts = [np.random.default_rng(seed).random((2, 4, 5, 6)) < 0.4 for seed in range(3)]
    pooled = sum((Confusion.of(*part) for part in parts), Confusion())
    whole = np.concatenate(parts, axis=1)
    assert pooled == Confusion.of(whole[0], whole[1])


def test_an_absent_phase_scores_one_unless_it_was_claimed() -> None:
    nothing, everything = np.zeros((2, 3)), np.ones((2, 3))
    absent = scores(Confusion.of(nothing, nothing))
    assert (absent["dice_solid"], absent["iou_solid"], absent["mgp"], absent["precision"], absent["mp"]) == (1, 1, 0, 1, 0)
    claimed = scores(Confusion.of(everything, nothing))
    assert (claimed["dice_solid"], claimed["dice_pore"], claimed["precision"], claimed["mp"]) == (0, 0, 0, 1)
    with pytest.raises(InputError, match="at least one"):
        scores(Confusion())


def test_probabilities_and_labels_are_read_as_documented() -> None:
    truth = np.array([0, 1, 2, 0], np.uint8)
    assert Confusion.of(np.array([0.49, 0.5, 1.0, 0.0], np.float32), truth) == Confusion(2, 0, 0, 2)
    assert Confusion.of(truth > 0, truth) == Confusion(2, 0, 0, 2)


@pytest.mark.parametrize(
    ("predicted", "sentence"),
    [
        (np.zeros((3, 2)), "shape"),
        (np.full((2, 3), np.nan), "probabilities"),
        (np.full((2, 3), 1.5), "probabilities"),
        (np.full((2, 3), "a"), "probabilities"),
    ],
)
def test_what_cannot_be_compared_is_refused(predicted: np.ndarray, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Confusion.of(predicted, np.zeros((2, 3), np.uint8))

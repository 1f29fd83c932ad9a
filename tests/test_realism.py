import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.evaluation.realism import realism

LABELS = np.zeros((3, 64, 64), np.uint8)
LABELS[:, :, 20:] = 1
IMAGES = (np.where(LABELS == 1, 130, 60) + np.random.default_rng(0).normal(0, 10, LABELS.shape)).clip(0, 255).astype(np.uint8)


def test_figures_of_a_made_stack() -> None:
    mean = realism(IMAGES, LABELS).mean()
    assert mean["pore_fraction"] == pytest.approx(20 / 64)
    assert mean["noise_sd_solid"] == pytest.approx(10, rel=0.1)
    assert mean["mean_grey_solid"] == pytest.approx(130, abs=1)
    assert (mean["best_threshold_pore_iou"] or 0) > 0.99


def test_16_bits_are_told_in_grey_levels_of_256() -> None:
    eight, sixteen = realism(IMAGES, LABELS), realism(IMAGES.astype(np.uint16) * 257, LABELS)
    assert eight.mean() == pytest.approx(sixteen.mean())
    assert eight.spectrum.power == pytest.approx(sixteen.spectrum.power)


def test_a_slice_without_pores_has_no_separation_and_does_not_spoil_the_mean() -> None:
    labels = LABELS.copy()
    labels[1] = 1
    found = realism(IMAGES, labels)
    assert found.slices[1]["otsu_pore_iou"] is None
    assert found.mean()["otsu_pore_iou"] is not None
    assert found.span()["pore_fraction"] == (0.0, 20 / 64)


def test_without_labels_noise_is_known_and_phases_are_not() -> None:
    mean = realism(IMAGES).mean()
    assert mean["noise_sd"] == pytest.approx(10, rel=0.1)
    assert mean["noise_sd_solid"] is mean["otsu_pore_iou"] is mean["pore_fraction"] is None


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(InputError, match="shape of the images"):
        realism(IMAGES, LABELS[:2])
    with pytest.raises(InputError, match="8- or 16-bit"):
        realism(IMAGES.astype(np.float32))
    with pytest.raises(InputError, match="32 pixels"):
        realism(IMAGES[:, :20])

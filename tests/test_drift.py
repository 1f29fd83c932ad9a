"""Drift moves images by what it says, and only that."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import registration

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, YieldStack
from synthfib.degradations.base import Run
from synthfib.degradations.compose import draw
from synthfib.degradations.filters import shift, turn
from synthfib.degradations.stacks import degrade, make_face, record
from synthfib.physics.materials import material

QUIET = {"dose-noise": {"beam_current_pa": 50.0, "dwell_time_us": 1000.0}}
SHAPE = (96, 128)
PHASES = (material("epoxy"), material("gold"))


def structure(n_slices: int) -> NDArray[np.uint8]:
    """Smooth random blobs, a new set on every slice, as labels."""
    rng = np.random.default_rng(11)
    return np.stack([(ndimage.gaussian_filter(rng.standard_normal(SHAPE), 4) > 0).astype(np.uint8) for _ in range(n_slices)])


def yields(labels: NDArray[np.uint8]) -> YieldStack:
    smooth = np.stack([ndimage.gaussian_filter(0.1 + 0.35 * face, 1.0) for face in labels]).astype(np.float32)
    plan = MillingPlan(10.0 * np.arange(len(labels), dtype=np.float64), (2.5, 2.5))
    return YieldStack(np.stack([smooth, smooth]), (Channel(1.0), Channel(2.0)), plan)


#: Of an untyped library.
cross_correlation: Any = registration.phase_cross_correlation


def alignment_px(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> float:
    """The largest shift, in pixels, that cross-correlation finds between images and their labels, away from the border."""
    inner = np.s_[16:-16, 16:-16]
    window = np.outer(*(np.hanning(size - 32) for size in SHAPE))

    def seen(face: NDArray[Any]) -> NDArray[np.float64]:
        own = face.astype(np.float64)[inner]
        return np.asarray((own - np.average(own, weights=window)) * window)

    found = [
        cross_correlation(seen(ndimage.gaussian_filter(label.astype(float), 1.0)), seen(image), upsample_factor=50, normalization=None)[0]
        for image, label in zip(images, labels, strict=True)
    ]
    return float(np.abs(found).max())


def test_images_and_labels_without_drift_lie_on_each_other() -> None:
    labels = structure(4)
    assert alignment_px(record(yields(labels), QUIET, rng=1, labels=labels, phases=PHASES).images[0], labels) < 0.1


def test_undoing_the_recorded_displacement_restores_alignment() -> None:
    labels = structure(6)
    moved = record(yields(labels), {**QUIET, "drift": {"step_nm": 5.0, "between_channels_nm": 2.0}}, rng=3, labels=labels, phases=PHASES)
    assert moved.displacement_nm is not None
    assert moved.labels is labels
    for images, displacement_nm in zip(moved.images, moved.displacement_nm, strict=True):
        assert alignment_px(images, labels) > 1.0
        undone = [shift(face.astype(np.float32), (-by[0] / 2.5, -by[1] / 2.5)) for face, by in zip(images, displacement_nm, strict=True)]
        assert alignment_px(np.stack(undone).astype(np.uint8), labels) < 0.1


def test_the_test_above_fails_when_mask_and_image_part() -> None:
    """Half a pixel of displacement that nobody recorded is found."""
    labels = structure(4)
    image = yields(labels).data[0]
    parted = np.stack([255 * shift(face, (0.5, 0.0)) for face in image]).astype(np.uint8)
    assert alignment_px(parted, labels) > 0.3


def walk(n_slices: int, **strengths: float) -> NDArray[np.float64]:
    run = Run(MillingPlan(10.0 * np.arange(n_slices, dtype=np.float64), (2.5, 2.5)), (Channel(1.0), Channel(2.0)), (40_000, 40_000), (1.0, 1.0))
    (link,) = draw({"drift": strengths}, run, rng=1).links
    return np.asarray(link.parameters.displacement_nm)


def test_a_free_walk_has_the_step_that_was_asked_for() -> None:
    """RMS of 8000 steps to 4 %: five standard errors."""
    steps = np.diff(walk(4001, step_nm=2.0)[0], axis=0)
    assert steps.std() == pytest.approx(2.0, rel=0.04)


def test_realignment_and_jumps_give_the_stated_spread() -> None:
    """``sqrt((s^2 + q j^2) / (1 - (1 - r)^2))`` of 16000 correlated values, to 5 %: four standard errors."""
    spread = walk(8001, step_nm=2.0, jump_nm=10.0, jump_probability=0.05, realignment=0.5)[0].std()
    assert spread == pytest.approx(np.sqrt((4 + 0.05 * 100) / 0.75), rel=0.05)


def test_channels_part_by_what_was_asked_for() -> None:
    first, second = walk(2001, step_nm=2.0, between_channels_nm=0.7)
    assert (second - first).std() == pytest.approx(0.7, rel=0.06)
    assert walk(3, step_nm=2.0)[0, 0].tolist() == [0, 0]


def test_recorded_images_move_by_whole_pixels_and_keep_their_noise() -> None:
    labels = structure(4)
    noisy = record(yields(labels), {"dose-noise": {"beam_current_pa": 50.0, "dwell_time_us": 1.0}}, rng=1, labels=labels, phases=PHASES)
    moved = degrade(noisy, {"drift": {"step_nm": 6.0}}, rng=2)
    assert moved.displacement_nm is not None
    pixels = moved.displacement_nm / 2.5
    assert np.array_equal(pixels, np.rint(pixels))
    for face, before, by in zip(moved.images[0], noisy.images[0], pixels[0].astype(int), strict=True):
        assert np.array_equal(np.roll(before, by, axis=(0, 1))[20:-20, 20:-20], face[20:-20, 20:-20])


def test_shift_and_turn_agree_with_spline_interpolation() -> None:
    image = np.asarray(ndimage.gaussian_filter(yields(structure(1)).data[0, 0], 2), np.float32)
    inner = np.s_[8:-8, 8:-8]
    moved = shift(image, (1.3, -2.6))
    assert np.allclose(moved[inner], ndimage.shift(image, (1.3, -2.6), mode="mirror")[inner], atol=4e-3)
    assert np.allclose(turn(image, (1.3, -2.6), 0.0, (0.0, 0.0)), moved, atol=1e-5)
    turned = turn(image, (0.0, 0.0), np.radians(90.0), (0.0, 0.0))
    middle = np.s_[16:80, 32:96]
    assert np.allclose(turned[middle], np.rot90(image[middle], -1), atol=1e-4)


def test_stretch_moves_points_away_from_the_centre() -> None:
    image = np.zeros((65, 65), np.float32)
    image[32, 52] = 1
    assert turn(image, (0.0, 0.0), 0.0, (0.0, 0.1))[32].argmax() == 54


def test_rotation_of_a_channel_is_recorded_and_the_first_is_the_reference() -> None:
    labels = structure(2)
    stack = yields(labels)
    run = Run(stack.plan, stack.channels, SHAPE, (0.45, 0.45))
    chain = draw({"drift": {"rotation_deg": 0.5, "stretch": 0.005}}, run, rng=2)
    drawn = chain.drawn()["drift"]
    assert drawn["rotation_deg"][0] == 0
    assert drawn["rotation_deg"][1] != 0
    assert chain.apply(make_face(run, 0, 1, stack.data[0, 1])).image is stack.data[0, 1] or np.array_equal(
        chain.apply(make_face(run, 0, 1, stack.data[0, 1])).image, stack.data[0, 1]
    )
    assert not np.array_equal(chain.apply(make_face(run, 1, 1, stack.data[1, 1])).image, stack.data[1, 1])

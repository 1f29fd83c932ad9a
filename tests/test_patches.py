from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.testing.segmenters import StacksInMemory, porous_corpus, porous_stack
from synthfib.training.augmentation import Augmentation, Change
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.grey_values import PercentileScaling, grey_histogram
from synthfib.training.patches import PatchSampler
from synthfib.training.stacks import InputStack, neighbours, read_split

CHANNELS = (Channel(1.0), Channel(4.0))
UNLIT = Augmentation(contrast=0, brightness=0)


@pytest.fixture
def labelled() -> ImageStack:
    return porous_stack(3, (5, 40, 56), CHANNELS)


def picture_of_its_own_labels(labelled: ImageStack) -> InputStack:
    """Return a stack whose grey values tell slice and phase, so that a patch can be checked against its truth."""
    assert labelled.labels is not None
    images = labelled.labels[None] * 100 + np.arange(labelled.shape[1], dtype=np.uint8)[None, :, None, None]
    return InputStack(images.astype(np.uint8), np.array([[0, 2]], np.float32), labelled.labels != 0)


def test_neighbours_repeat_the_faces_at_the_ends() -> None:
    np.testing.assert_array_equal(neighbours(0, 4, 5), [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(neighbours(np.array([1, 3]), 4, 3), [[0, 1, 2], [2, 3, 3]])
    np.testing.assert_array_equal(neighbours(0, 1, 3), [0, 0, 0])


def test_patches_are_aligned_with_their_truth_and_keep_the_milling_direction(labelled: ImageStack) -> None:
    stack = picture_of_its_own_labels(labelled)
    sampler = PatchSampler([stack], FieldOfView(2, 3), patch_size=32, augmentation=UNLIT)
    inputs, solid = sampler.draw(40, rng=np.random.default_rng(0))
    assert inputs.shape == (40, 3, 32, 32)
    assert solid.shape == (40, 1, 32, 32)
    grey = np.rint(inputs + 1)
    np.testing.assert_array_equal(grey[:, 1] >= 100, solid[:, 0] == 1)
    above, own, below = (np.unique(grey[:, index] % 100, axis=None) for index in range(3))
    assert set(own) == set(range(5))
    assert set(above) == set(range(4))
    assert set(below) == set(range(1, 5))


def test_all_eight_orientations_occur(labelled: ImageStack) -> None:
    stack = replace(
        picture_of_its_own_labels(labelled), images=np.arange(32 * 32, dtype=np.uint16).reshape(1, 1, 32, 32), solid=np.ones((1, 32, 32), bool)
    )
    inputs, _ = PatchSampler([stack], FieldOfView(), patch_size=32, augmentation=UNLIT).draw(200, rng=np.random.default_rng(0))
    assert len(np.unique(inputs.reshape(200, -1), axis=0)) == 8


def test_the_same_rng_draws_the_same_patches_and_augmentation_changes_grey_values_only(labelled: ImageStack) -> None:
    stack = InputStack.of(labelled, CHANNELS, PercentileScaling(), with_truth=True)
    sampler = PatchSampler([stack, stack], FieldOfView(2, 5), patch_size=32)
    first, again, other = (sampler.draw(4, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first[0].shape == (4, 10, 32, 32)
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])
    plain = PatchSampler([stack, stack], FieldOfView(2, 5), patch_size=32, augmentation=UNLIT).draw(4, rng=np.random.default_rng(1))
    assert not np.allclose(first[0][0], plain[0][0])
    np.testing.assert_array_equal(first[1][0], plain[1][0])


def test_scaling_undoes_a_change_of_contrast(labelled: ImageStack) -> None:
    brighter = replace(labelled, images=(labelled.images.astype(np.uint16) * 200 + 900))
    plain, bright = (InputStack.of(stack, CHANNELS, PercentileScaling()) for stack in (labelled, brighter))
    np.testing.assert_allclose(plain.scaled(plain.images), bright.scaled(bright.images), atol=1e-4)
    assert plain.limits[0] == pytest.approx(np.percentile(labelled.images[0], [1, 99]), abs=1)
    constant = PercentileScaling().limits(np.full((2, 3, 3), 7, np.uint8))
    assert constant == (7, 8)


def test_histogram_counts_every_grey_value(labelled: ImageStack) -> None:
    values, occurrences = np.unique(labelled.images[0], return_counts=True)
    counts = grey_histogram(labelled.images[0])
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts[values], occurrences)
    assert counts.sum() == labelled.images[0].size
    assert len(grey_histogram(labelled.images[0].astype(np.uint16))) == 2**16


def test_channels_are_picked_by_energy_and_detector(labelled: ImageStack) -> None:
    picked = InputStack.of(labelled, (Channel(4.0),), PercentileScaling())
    np.testing.assert_array_equal(picked.images[0], labelled.images[1])
    with pytest.raises(InputError, match="4 keV etd"):
        InputStack.of(labelled, (Channel(4.0, "etd"),), PercentileScaling())


def test_bad_input_is_refused(labelled: ImageStack) -> None:
    with pytest.raises(InputError, match="labels"):
        InputStack.of(replace(labelled, labels=None, phases=()), CHANNELS, PercentileScaling(), with_truth=True)
    narrow = InputStack.of(porous_stack(0, (3, 31, 64)), (Channel(2.0),), PercentileScaling(), with_truth=True)
    with pytest.raises(InputError, match="32 x 32"):
        PatchSampler([narrow], FieldOfView(), patch_size=64)
    with pytest.raises(InputError, match="only from stacks with labels"):
        PatchSampler([InputStack.of(labelled, CHANNELS, PercentileScaling())], FieldOfView(), patch_size=32)
    with pytest.raises(InputError, match="validation"):
        read_split(StacksInMemory({"train-0": labelled}), "validation", CHANNELS, PercentileScaling())
    with pytest.raises(InputError, match="percentiles"):
        PercentileScaling(99, 1)


def test_a_split_is_read_with_its_truth() -> None:
    corpus = porous_corpus()
    stacks = read_split(corpus, "train", (Channel(2.0),), PercentileScaling())
    assert len(stacks) == 2
    labels = corpus.read("train-001").labels
    assert labels is not None
    assert stacks[1].solid is not None
    np.testing.assert_array_equal(stacks[1].solid, labels == 1)


def test_blocks_are_aligned_with_their_truth() -> None:
    stack = picture_of_its_own_labels(porous_stack(3, (11, 40, 56), CHANNELS))
    sampler = PatchSampler([stack], FieldOfView(3, 1, 8, 16), patch_size=35, patch_slices=9, augmentation=UNLIT)
    inputs, solid = sampler.draw(6, rng=np.random.default_rng(0))
    assert inputs.shape == solid.shape == (6, 1, 8, 32, 32)
    grey = np.rint(inputs + 1)
    np.testing.assert_array_equal(grey >= 100, solid == 1)
    np.testing.assert_array_equal(np.diff(grey[:, 0, :, 0, 0] % 100, axis=1), 1)


def test_stretched_and_turned_patches_stay_aligned_with_their_truth(labelled: ImageStack) -> None:
    assert labelled.labels is not None
    stack = InputStack(labelled.labels[None] * np.uint8(200), np.array([[0, 200]], np.float32), labelled.labels != 0)
    strong = Augmentation(contrast=0, brightness=0, stretch=0.3, rotation_deg=20)
    for view, shape in ((FieldOfView(2, 1), (32, 32)), (FieldOfView(3, 1, 4, 16), (4, 32, 32))):
        sampler = PatchSampler([stack], view, patch_size=32, patch_slices=4, augmentation=strong)
        inputs, solid = sampler.draw(5, rng=np.random.default_rng(0))
        plain, _ = PatchSampler([stack], view, patch_size=32, patch_slices=4, augmentation=UNLIT).draw(5, rng=np.random.default_rng(0))
        assert solid.shape == (5, 1, *shape)
        assert set(np.unique(solid)) == {0, 1}
        assert np.mean((inputs > 0) == (solid == 1)) > 0.98
        assert np.mean((inputs[0] > 0) != (plain[0] > 0)) > 0.02


def test_a_stretch_moves_pixels_away_from_the_centre() -> None:
    dot = np.zeros((2, 21, 21), np.float32)
    dot[:, 10, 14] = dot[:, 7, 10] = 1
    wide = Change(0, mirrored=False, gain=1, offset=0, stretch=(1.0, 2.0)).warp(dot, smooth=False)
    assert wide[0, 10, 18] == wide[1, 7, 10] == 1
    turned = Change(0, mirrored=False, gain=1, offset=0, angle_rad=np.pi / 2).warp(dot, smooth=True)
    np.testing.assert_allclose(turned, np.rot90(dot, axes=(-2, -1)), atol=1e-6)
    unmoved = Change(0, mirrored=False, gain=1, offset=0)
    assert unmoved.warp(dot, smooth=True) is dot

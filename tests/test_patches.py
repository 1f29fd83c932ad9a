from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.testing.segmenters import StacksInMemory, porous_corpus, porous_stack
from synthfib.training.grey_values import PercentileScaling, grey_histogram
from synthfib.training.patches import PatchSampler
from synthfib.training.stacks import InputStack, neighbours, read_split

CHANNELS = (Channel(1.0), Channel(4.0))


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
    sampler = PatchSampler([stack], patch_size=32, adjacent_slices=3, contrast=0, brightness=0)
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
    inputs, _ = PatchSampler([stack], patch_size=32, adjacent_slices=1, contrast=0, brightness=0).draw(200, rng=np.random.default_rng(0))
    assert len(np.unique(inputs.reshape(200, -1), axis=0)) == 8


def test_the_same_rng_draws_the_same_patches_and_augmentation_changes_grey_values_only(labelled: ImageStack) -> None:
    stack = InputStack.of(labelled, CHANNELS, PercentileScaling(), with_truth=True)
    sampler = PatchSampler([stack, stack], patch_size=32, adjacent_slices=5)
    first, again, other = (sampler.draw(4, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first[0].shape == (4, 10, 32, 32)
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])
    plain = PatchSampler([stack, stack], patch_size=32, adjacent_slices=5, contrast=0, brightness=0).draw(4, rng=np.random.default_rng(1))
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
        PatchSampler([narrow], patch_size=64, adjacent_slices=1)
    with pytest.raises(InputError, match="only from stacks with labels"):
        PatchSampler([InputStack.of(labelled, CHANNELS, PercentileScaling())], patch_size=32, adjacent_slices=1)
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

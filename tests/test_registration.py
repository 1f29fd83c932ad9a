"""Drift of stacks whose drift is known, and of stacks that have none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.reconstruction.phase_correlation import pairwise_walk
from synthfib.reconstruction.registration import Registration, register, rms_error_px

SHAPE = (28, 96, 96)
PIXEL_NM = 2.5


def block(seed: int = 1, *, shear_px: NDArray[Any] | None = None) -> NDArray[np.float32]:
    """A smooth random structure whose ligaments are a few pixels wide, four pixels a slice; sheared along x if asked."""
    noise = np.random.default_rng(seed).standard_normal((4 * SHAPE[0], *SHAPE[1:]))
    smooth = ndimage.gaussian_filter(noise, 5, mode="wrap")
    solid = ndimage.gaussian_filter((smooth > 0.7 * smooth.std()).astype(np.float32), 1)[::4]
    if shear_px is not None:
        solid = np.stack([ndimage.shift(face, (0, by), order=1, mode="grid-wrap") for face, by in zip(solid, shear_px, strict=True)])
    return np.asarray(solid, np.float32)


def recorded(solid: NDArray[np.float32], displacement_px: NDArray[np.float64], noise: float = 0.05) -> ImageStack:
    """Images of two energies, the second with some of the next face shining through, moved and noisy."""
    n_slices = len(solid)
    below = np.concatenate([solid[1:], solid[-1:]])
    random = np.random.default_rng(7)
    images = np.empty((2, *solid.shape), np.uint8)
    for channel, index in np.ndindex(2, n_slices):
        clean = solid[index] if channel == 0 else np.maximum(solid[index], 0.5 * below[index])
        moved = ndimage.shift(clean, displacement_px[channel, index], order=3, mode="grid-wrap")
        images[channel, index] = np.clip(60 + 120 * moved + 255 * noise * random.standard_normal(moved.shape), 0, 255).astype(np.uint8)
    plan = MillingPlan(10.0 * np.arange(n_slices, dtype=np.float64), (PIXEL_NM, PIXEL_NM))
    return ImageStack(images, (Channel(1.0), Channel(2.0)), plan, displacement_nm=(displacement_px * PIXEL_NM).astype(np.float32))


def walk(step_px: float, seed: int = 3) -> NDArray[np.float64]:
    """Steps of which a third comes back, and a little for each image."""
    random = np.random.default_rng(seed)
    found = np.zeros((SHAPE[0], 2))
    for index in range(1, SHAPE[0]):
        found[index] = 0.67 * found[index - 1] + step_px * random.standard_normal(2)
    return found + 0.2 * random.standard_normal((2, SHAPE[0], 2))


@pytest.fixture(scope="module")
def drifting() -> tuple[ImageStack, Registration]:
    moved = walk(1.0)
    moved[:, 15:18] += (0.0, 8.0)  # a jump that is taken back
    stack = recorded(block(), moved)
    return stack, register(stack, isotropic=False)  # by chance, its dozen ligaments lean by 0.2 pixels a slice


def test_drift_with_a_jump_is_found(drifting: tuple[ImageStack, Registration]) -> None:
    stack, found = drifting
    assert stack.displacement_nm is not None
    true = stack.displacement_nm / PIXEL_NM
    assert rms_error_px(np.zeros_like(true), true) > 1.5
    assert rms_error_px(found.displacement_px, true) < 0.7  # faces are small: docs/methods/registration.md has those of real size
    error = found.displacement_px - true
    assert np.diff(error, axis=1).std() / np.sqrt(2) < 0.25  # from slice to slice
    assert (error - error.mean(axis=0)).std() < 0.06  # from channel to channel


def test_the_error_that_is_stated_is_of_the_size_of_the_true_one(drifting: tuple[ImageStack, Registration]) -> None:
    stack, found = drifting
    assert stack.displacement_nm is not None
    true = rms_error_px(found.displacement_px, stack.displacement_nm / PIXEL_NM)
    assert 0.3 < float(np.sqrt((found.error_px**2).mean())) / true < 5


def test_images_alone_decide_and_twice_the_same(drifting: tuple[ImageStack, Registration]) -> None:
    stack, found = drifting
    again = register(stack.without_truth(), isotropic=False)
    assert again.displacement_px.tobytes() == found.displacement_px.tobytes()


@pytest.mark.parametrize("shape", ["straight", "inclined", "bent"])
def test_inclined_structure_without_drift_is_not_straightened(shape: str) -> None:
    depth = np.arange(SHAPE[0], dtype=np.float64)
    paths = {"straight": 0 * depth, "inclined": 1.2 * depth, "bent": 0.6 * 28 / np.pi * np.sin(np.pi * depth / 28)}
    stack = recorded(block(shear_px=paths[shape]), np.zeros((2, SHAPE[0], 2)))
    found = register(stack)
    assert rms_error_px(found.displacement_px, np.zeros((2, SHAPE[0], 2))) < 0.2
    if shape == "inclined":  # faces would lie better on each other if it were
        assert found.apparent_px[0, :, 1].std() > 3


def test_drift_of_an_inclined_structure_is_found_and_its_inclination_left() -> None:
    moved = walk(0.5)
    stack = recorded(block(shear_px=1.2 * np.arange(SHAPE[0])), moved)
    assert rms_error_px(register(stack).displacement_px, moved) < 0.5 < rms_error_px(np.zeros_like(moved), moved)


def test_slow_motion_is_drift_where_the_structure_is_said_to_be_isotropic(drifting: tuple[ImageStack, Registration]) -> None:
    stack, found = drifting
    known = register(stack, isotropic=True)
    assert rms_error_px(known.displacement_px, known.apparent_px) < 0.5 * rms_error_px(found.displacement_px, found.apparent_px)


@pytest.mark.parametrize("seed", range(2, 8))
def test_faces_that_are_nothing_alike_are_not_taken_to_have_jumped(seed: int) -> None:
    """After a slice that is much too thick nothing is left to compare: a peak of chance, some pixels off, is no drift."""
    first, second = block(1)[:10], block(seed)[10:20]
    walk_px = pairwise_walk(recorded(np.concatenate([first, second]), np.zeros((2, 20, 2))).images)
    steps = np.hypot(*np.diff(walk_px, axis=0).T)
    assert steps[9] < 4


def test_drift_is_found_when_nothing_is_said_of_the_structure() -> None:
    """Mean of four structures of a dozen ligaments, which lean by chance."""
    errors = [rms_error_px(register(recorded(block(seed), moved)).displacement_px, moved) for seed, moved in ((s, walk(1.0, s)) for s in range(3, 7))]
    assert np.mean(errors) < 0.7


def test_one_channel_and_one_slice_will_do() -> None:
    stack = recorded(block(), walk(1.0))
    one_channel = ImageStack(stack.images[:1], stack.channels[:1], stack.plan)
    assert register(one_channel).displacement_px.shape == (1, SHAPE[0], 2)
    one_slice = ImageStack(stack.images[:, :1], stack.channels, stack.plan.crop(slice(0, 1)))
    assert np.isfinite(register(one_slice).displacement_px).all()


def test_small_and_empty_images_are_refused() -> None:
    stack = recorded(block(), walk(1.0))
    with pytest.raises(InputError, match="from 32 pixels on each way, got 20 x 96"):
        register(ImageStack(stack.images[:, :, :20], stack.channels, stack.plan))
    images = stack.images.copy()
    images[1, 3] = 9
    with pytest.raises(InputError, match="slice 3 at 2 keV bse has one"):
        register(replace(stack, images=images))

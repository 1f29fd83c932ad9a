"""Images that are moved back, and channels that are turned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.degradations.filters import turn
from synthfib.errors import InputError
from synthfib.reconstruction.alignment import align
from synthfib.reconstruction.channel_maps import channel_maps


def stack_of(images: NDArray[Any], displacement_px: NDArray[Any] | None = None) -> ImageStack:
    channels = tuple(Channel(float(energy)) for energy in range(1, len(images) + 1))
    plan = MillingPlan(10.0 * np.arange(images.shape[1], dtype=np.float64), (2.0, 2.5))
    moved = None if displacement_px is None else (displacement_px * (2.0, 2.5)).astype(np.float32)
    return ImageStack(images, channels, plan, displacement_nm=moved)


def faces(n_slices: int, seed: int = 1) -> NDArray[Any]:
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((n_slices, 128, 128)), (0, 3, 3), mode="wrap")
    return np.asarray((smooth > 0) * 150 + 50, np.uint8)


def test_whole_pixels_come_back_as_they_were_and_truth_follows() -> None:
    still = faces(3)
    moves = np.array([[[0, 0], [2, -3], [-1, 4]]], np.float64)
    seen = np.stack([np.roll(face, by, axis=(0, 1)) for face, by in zip(still, moves[0].astype(int), strict=True)])[None]
    aligned = align(stack_of(seen, moves), moves + 0.3)  # rounded away
    assert np.array_equal(aligned.images[0, :, 8:-8, 8:-8], still[:, 8:-8, 8:-8])
    assert aligned.displacement_nm is not None
    assert not aligned.displacement_nm.any()
    assert aligned.provenance.steps[-1].name == "align"


def test_what_is_left_stays_in_the_truth() -> None:
    moves = np.array([[[0.4, 0.0], [2.3, -3.2], [-1.0, 4.0]]])
    aligned = align(stack_of(faces(3)[None], moves), moves)
    assert aligned.displacement_nm is not None
    assert np.allclose(aligned.displacement_nm[0], [[0.8, 0.0], [0.6, -0.5], [0.0, 0.0]], atol=1e-5)
    exact = align(stack_of(faces(3)[None], moves), moves, subpixel=True)
    assert exact.displacement_nm is not None
    assert np.allclose(exact.displacement_nm, 0, atol=1e-5)


def test_parts_of_a_pixel_come_back_by_interpolation() -> None:
    still = ndimage.gaussian_filter(faces(1).astype(float), (0, 2, 2))
    seen = ndimage.shift(still[0], (1.4, -0.7), order=3, mode="mirror")[None, None].astype(np.uint8)
    aligned = align(stack_of(seen), np.array([[[1.4, -0.7]]]), subpixel=True)
    assert np.abs(aligned.images[0, 0, 8:-8, 8:-8] - still[0, 8:-8, 8:-8]).max() < 2


def test_rotation_and_stretch_between_channels_are_found_and_undone() -> None:
    still = np.asarray(ndimage.gaussian_filter(faces(8).astype(np.float32), (0, 1, 1)), np.float32)
    turned = np.stack([turn(face, (0.0, 0.0), np.radians(0.4), (0.004, -0.002)) for face in list(still)])
    stack = stack_of(np.rint(np.stack([still, turned])).astype(np.uint8))
    maps = channel_maps(stack.images, np.zeros((2, 8, 2)), 0)
    assert np.degrees((maps[1, 0, 1] - maps[1, 1, 0]) / 2) == pytest.approx(0.4, abs=0.04)
    assert np.diag(maps[1]) == pytest.approx([0.004, -0.002], abs=6e-4)
    aligned = align(stack, np.zeros((2, 8, 2)), maps=maps).images.astype(float)

    def apart(images: NDArray[Any]) -> float:
        return float(np.abs(images[1].astype(float) - images[0])[:, 8:-8, 8:-8].mean())

    assert apart(aligned) < 0.4 * apart(stack.images)
    assert not maps[0].any()


def test_displacements_of_another_stack_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(1, 3, 2\)"):
        align(stack_of(faces(3)[None]), np.zeros((1, 2, 2)))
    with pytest.raises(InputError, match=r"maps of shape \(1, 2, 2\)"):
        align(stack_of(faces(3)[None]), np.zeros((1, 3, 2)), maps=np.zeros((2, 2, 2)))

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synthfib.data.stack import Channel
from synthfib.testing.segmenters import porous_stack
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.networks.sliding_window_members import MEMBERS, window_plan
from synthfib.training.sliding_window_faces import predict_pixels, predict_windows, window_pixels
from synthfib.training.stacks import InputStack

CHANNELS = (Channel(1.0), Channel(4.0))
SHAPE = (4, 23, 30)


def inputs(n_channels: int = 1) -> InputStack:
    return InputStack.of(porous_stack(3, SHAPE, CHANNELS), CHANNELS[:n_channels], PercentileScaling())


def some_pixels(n: int) -> NDArray[np.intp]:
    """Corners and random pixels."""
    rng = np.random.default_rng(1)
    corners = np.array([(z, y, x) for z in (0, SHAPE[0] - 1) for y in (0, SHAPE[1] - 1) for x in (0, SHAPE[2] - 1)])
    return np.concatenate([corners, np.stack([rng.integers(size, size=n) for size in SHAPE], axis=1)])


def network(member: str, size: int, *, channels: int = 1, slices: int | None = None, context: bool = True) -> SlidingWindowNetwork:
    torch.manual_seed(5)
    return SlidingWindowNetwork(window_plan(member, size, slices, channels=channels), context=context).eval()


@pytest.mark.parametrize(
    ("member", "size", "channels", "slices"),
    [
        *[(member, 11, 2, None) for member in MEMBERS],
        *[(member, 13, 1, None) for member in MEMBERS],
        ("2dcnn", 33, 1, 7),
        ("mv2dcnn", 33, 1, 5),
        ("3dcnn", 17, 1, 5),
        ("1dcnn", 15, 1, 3),
        ("triplanar", 11, 1, 3),
        ("multichannel", 11, 1, 5),
    ],
)
def test_dense_equals_window_by_window(member: str, size: int, channels: int, slices: int | None) -> None:
    model, stack, pixels = network(member, size, channels=channels, slices=slices), inputs(channels), some_pixels(24)
    dense = predict_windows(model, stack, np.arange(SHAPE[0]), tile=16)
    single = predict_pixels(model, stack, pixels, slices=model.plan.slices, reach=model.reach)
    assert np.ptp(single) > 1e-3
    np.testing.assert_allclose(dense[tuple(pixels.T)], single, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("member", "size"), [("2dcnn", 81), ("3dcnn", 65), ("triplanar", 49), ("multichannel", 49), ("1dcnn", 65)])
def test_dense_equals_window_by_window_at_published_sizes(member: str, size: int) -> None:
    model, stack, pixels = network(member, size), inputs(), some_pixels(4)
    dense = predict_windows(model, stack, np.arange(SHAPE[0]))
    single = predict_pixels(model, stack, pixels, slices=model.plan.slices, reach=model.reach, batch_size=4)
    np.testing.assert_allclose(dense[tuple(pixels.T)], single, rtol=0, atol=1e-5)


def test_zeros_around_each_window_are_another_function() -> None:
    context, zeros = (network("2dcnn", 33, context=context) for context in (True, False))
    stack, pixels = inputs(), some_pixels(10)
    dense = predict_windows(context, stack, np.arange(SHAPE[0]))[tuple(pixels.T)]
    literal = predict_pixels(zeros, stack, pixels, slices=3, reach=zeros.reach)
    assert np.abs(dense - literal).max() > 1e-3


def test_tiles_leave_no_seams() -> None:
    model, stack = network("2dcnn", 11), inputs()
    whole, tiled = (predict_windows(model, stack, np.array([1]), tile=tile) for tile in (64, 7))
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-5)


def test_gradients_of_a_tile_are_those_of_its_windows() -> None:
    model, stack = network("2dcnn", 11), inputs()
    pixels = window_pixels(stack, 1, slice(3, 7), slice(2, 8), slices=3, reach=model.reach)
    total: Any = model.dense(torch.from_numpy(pixels)).sum()
    total.backward()
    dense = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
    model.zero_grad()
    side = 2 * model.reach + 1
    windows = [pixels[..., y : y + side, x : x + side] for y in range(4) for x in range(6)]
    total = model(torch.from_numpy(np.stack(windows))).sum()
    total.backward()
    single = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert len(dense) == len(single) == len(list(model.parameters()))
    for found, expected in zip(dense, single, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_volumes_are_mirrored_at_their_borders() -> None:
    stack = inputs()
    seen = window_pixels(stack, 0, slice(0, 2), slice(0, 3), slices=3, reach=2)
    assert seen.shape == (1, 3, 6, 7)
    expected = np.pad(stack.scaled(stack.images), ((0, 0), (1, 1), (2, 2), (2, 2)), mode="symmetric")[:, :3, :6, :7]
    np.testing.assert_array_equal(seen, expected)

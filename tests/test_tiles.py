from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from synthfib.data.stack import Channel
from synthfib.testing.segmenters import porous_stack
from synthfib.training import blocks, whole_slices
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.prediction import predict_some, predict_stack
from synthfib.training.stacks import InputStack
from synthfib.training.tiles import spans

CHANNELS = (Channel(1.0), Channel(4.0))


@pytest.fixture
def stack() -> InputStack:
    return InputStack.of(porous_stack(9, (37, 50, 75), CHANNELS), CHANNELS, PercentileScaling())


class Blur(torch.nn.Module):
    """Looks two pixels far, and remembers the largest input that it saw."""

    def __init__(self, dimensions: int, in_channels: int) -> None:
        super().__init__()
        convolution = torch.nn.Conv2d if dimensions == 2 else torch.nn.Conv3d
        self.blur = convolution(in_channels, 1, kernel_size=5, padding=2, padding_mode="zeros")
        self.largest = 0

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.largest = max(self.largest, inputs[0, 0].numel())
        found: torch.Tensor = self.blur(inputs)
        return found


@pytest.mark.parametrize(("size", "tile", "overlap"), [(5, 8, 2), (8, 8, 2), (9, 8, 2), (100, 32, 12), (1000, 64, 16), (33, 32, 30)])
def test_tiles_cover_an_axis_and_their_weights_add_up_to_one(size: int, tile: int, overlap: int) -> None:
    total = np.zeros(size)
    found = spans(size, tile=tile, overlap=overlap)
    for span in found:
        assert len(span.weights) == min(tile, size)
        assert span.weights.min() > 0
        total[span.window] += span.weights
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert all(first.window.stop - second.start >= overlap for first, second in pairwise(found))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_tiles_leave_no_seams_and_bound_what_is_in_memory(stack: InputStack, dimensions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    view = FieldOfView(2, 3, 16, 32) if dimensions == 2 else FieldOfView(3, 1, 8, 16)
    network = Blur(dimensions, len(CHANNELS) * view.adjacent_slices)
    whole = predict_stack(network, stack, view)
    assert whole.std() > 0.01
    network.largest = 0
    monkeypatch.setattr(whole_slices, "_LARGEST_FACE", 40 * 40)
    for module, name, value in ((whole_slices, "_TILE", 40), (blocks, "_TILE", 40), (blocks, "_SLICES", 24)):
        monkeypatch.setattr(module, name, value)
    for module, name, value in ((whole_slices, "_OVERLAP", 16), (blocks, "_OVERLAP", 16), (blocks, "_SHARED_SLICES", 16)):
        monkeypatch.setattr(module, name, value)
    tiled = predict_stack(network, stack, view)
    assert network.largest <= 48 * 48 * (1 if dimensions == 2 else 24)
    inside = (slice(4, -4),) * 3
    np.testing.assert_allclose(tiled[inside], whole[inside], atol=2e-3)


@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 50, 17), (37, 50, 75)])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_any_size_is_served(shape: tuple[int, int, int], dimensions: int) -> None:
    stack = InputStack.of(porous_stack(2, shape), (Channel(2.0),), PercentileScaling())
    view = FieldOfView(2, 1, 32, 64) if dimensions == 2 else FieldOfView(3, 1, 32, 64)
    assert predict_stack(Blur(dimensions, 1), stack, view).shape == shape


def test_some_faces_are_those_of_the_whole_stack(stack: InputStack) -> None:
    view = FieldOfView(2, 3)
    network = Blur(2, 6)
    faces, found = predict_some(network, stack, 4, view)
    np.testing.assert_array_equal(faces, [0, 12, 24, 36])
    np.testing.assert_allclose(found, predict_stack(network, stack, view)[faces], atol=1e-6)
    faces, found = predict_some(Blur(3, 2), stack, 4, FieldOfView(3, 1, 8, 16))
    np.testing.assert_array_equal(faces, np.arange(14, 22))
    assert found.shape == (8, 50, 75)

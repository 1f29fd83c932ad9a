from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthfib.data.stack import Channel
from synthfib.errors import InputError
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.watershed import Watershed
from synthfib.testing.segmenters import SegmenterContract, porous_stack


class TestWatershed(SegmenterContract):
    channels = (Channel(1.0), Channel(2.0))

    def make_segmenter(self) -> Segmenter:
        return Watershed()


def test_borders_lie_on_the_steepest_slope() -> None:
    """A bright disc with a blurred rim, in noise: the border is where the rim is steepest, to a pixel."""
    distance = np.hypot(*(np.indices((64, 64)) - 31.5))
    grey = 40 + 170 / (1 + np.exp((distance - 18) / 1.5)) + np.random.default_rng(1).normal(0, 4, (64, 64))
    stack = replace(porous_stack(1, (1, 64, 64)), images=grey.round().astype(np.uint8)[None, None])
    found = Watershed().predict(stack)[0]
    assert np.mean(found == (distance < 18)) > 0.97
    assert found.sum() == pytest.approx(np.pi * 18**2, rel=0.08)


def test_two_grey_values_and_faces_without_markers_are_served() -> None:
    stack = porous_stack(1)
    assert stack.labels is not None
    two = replace(stack, images=(40 + 160 * stack.labels).astype(np.uint8)[None])
    assert np.mean(Watershed().predict(two) == stack.labels) > 0.85
    levels = np.full((1, 2, 32, 32), 120, np.uint8)
    levels[0, 0, :16], levels[0, 0, 16:, 16:] = 20, 220
    plan = stack.plan.crop(slice(2))
    found = Watershed().predict(replace(stack, images=levels, plan=plan, labels=None, phases=()))
    assert len(np.unique(found[1])) == 1


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(InputError, match="positive length in nm, got nan"):
        Watershed(sigma_nm=float("nan"))
    with pytest.raises(InputError, match=r"in \(0, 1\], got 0"):
        Watershed(flat_share=0)
    stack = porous_stack(1)
    with pytest.raises(InputError, match="two grey values"):
        Watershed().predict(replace(stack, images=np.zeros_like(stack.images)))

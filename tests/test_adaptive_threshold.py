from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthfib.data.stack import Channel
from synthfib.errors import InputError
from synthfib.segmentation.adaptive_threshold import AdaptiveThreshold
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.otsu import Otsu
from synthfib.testing.segmenters import SegmenterContract, porous_stack


class TestAdaptiveThreshold(SegmenterContract):
    channels = (Channel(1.0), Channel(2.0))

    def make_segmenter(self) -> Segmenter:
        return AdaptiveThreshold(block_size_nm=100)


def test_a_slope_of_brightness_does_not_matter_as_it_does_for_one_threshold() -> None:
    checks = np.kron(np.indices((8, 8)).sum(axis=0) % 2, np.ones((6, 6)))
    grey = np.clip(60 * checks + np.linspace(0, 190, 48), 0, 255).astype(np.uint8)
    stack = porous_stack(1, (1, 48, 48))
    sloped = replace(stack, images=grey[None, None])
    share = {type(method): np.mean(method.predict(sloped)[0] == checks) for method in (AdaptiveThreshold(block_size_nm=60, offset=0.0), Otsu())}
    assert share[AdaptiveThreshold] > 0.95 > 0.75 > share[Otsu]


def test_all_channels_count() -> None:
    stack = porous_stack(1, channels=(Channel(1.0), Channel(2.0)))
    other = stack.images.copy()
    other[1] = 255 - other[1]
    method = AdaptiveThreshold()
    assert (method.predict(stack) != method.predict(replace(stack, images=other))).any()
    assert method.describe(stack)["channels"] == ["1 keV bse", "2 keV bse"]


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(InputError, match="positive length in nm, got 0"):
        AdaptiveThreshold(block_size_nm=0)
    with pytest.raises(InputError, match=r"in \[-1, 1\], got 3"):
        AdaptiveThreshold(offset=3)
    stack = porous_stack(1)
    with pytest.raises(InputError, match=r"must span 3 pixels of 2.5 nm, got 2 nm"):
        AdaptiveThreshold(block_size_nm=2).predict(stack)
    with pytest.raises(InputError, match="two grey values"):
        AdaptiveThreshold().predict(replace(stack, images=np.zeros_like(stack.images)))

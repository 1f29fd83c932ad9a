from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from synthfib.data.stack import Channel
from synthfib.errors import InputError
from synthfib.segmentation.otsu import Otsu
from synthfib.testing.segmenters import porous_stack


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_it_parts_the_whole_stack_as_scikit_image_does(dtype: type) -> None:
    stack = porous_stack(1)
    stack = replace(stack, images=stack.images.astype(dtype) * (1 if dtype is np.uint8 else 256))
    threshold = threshold_otsu(stack.images[0])  # type: ignore[no-untyped-call]
    np.testing.assert_array_equal(Otsu().predict(stack), stack.images[0] > threshold)
    assert Otsu().describe(stack) == {"channels": ["2 keV bse"], "threshold": pytest.approx(threshold)}


def test_two_grey_values_are_two_phases() -> None:
    stack = porous_stack(1)
    assert stack.labels is not None
    flat = replace(stack, images=np.where(stack.labels, 90, 30).astype(np.uint8)[None])
    np.testing.assert_array_equal(Otsu().predict(flat), stack.labels)


def test_the_channel_nearest_to_two_kev_is_used() -> None:
    stack = porous_stack(1, channels=(Channel(1.0), Channel(2.2), Channel(4.0)))
    np.testing.assert_array_equal(Otsu().predict(stack), Otsu().predict(replace(stack, images=stack.images[1:2], channels=stack.channels[1:2])))
    assert Otsu(energy_kev=5).describe(stack)["channels"] == ["4 keV bse"]
    tied = porous_stack(1, channels=(Channel(3.0), Channel(1.0)))
    assert Otsu().describe(tied)["channels"] == ["1 keV bse"]


def test_one_grey_value_is_refused() -> None:
    stack = porous_stack(1)
    with pytest.raises(InputError, match="two grey values"):
        Otsu().predict(replace(stack, images=np.full_like(stack.images, 9)))

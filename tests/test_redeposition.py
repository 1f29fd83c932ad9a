from typing import Any

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from synthfib.degradations.base import Face
from synthfib.degradations.redeposition import Redeposition, RedepositionParameters

SEED = RedepositionParameters(5)


def face(index: int = 0, channel: int = 0, solid: float = 0.4) -> Any:
    y, x = np.mgrid[:200, :260]
    labels = (np.hypot((y % 65) - 32, (x % 65) - 32) > 24).astype(np.uint8)
    image = np.where(labels > 0, solid, 0.05).astype(np.float32)
    return Face(image, index, channel, (2.5, 2.5), 10.0 * index, 0.5, labels)


@pytest.mark.parametrize("pore_share", [0.02, 0.15, 0.5, 1.0])
@pytest.mark.parametrize("index", [0, 3])
def test_the_share_of_covered_pores_is_exact(pore_share: float, index: int) -> None:
    """To one pixel, but for equal scores."""
    before = face(index)
    covered = Redeposition(pore_share).mask(before, SEED)
    assert abs(covered.sum() - pore_share * np.sum(before.labels == 0)) <= 2
    assert not covered[before.labels > 0].any()


def test_the_mask_is_where_the_image_changed() -> None:
    before = face()
    degradation = Redeposition(0.2, 0.6)
    after, covered = degradation.apply(before, SEED), degradation.mask(before, SEED)
    assert np.array_equal(after.image != before.image, covered)
    assert after.labels is before.labels


def test_deposits_look_like_diluted_solid() -> None:
    before = face()
    degradation = Redeposition(0.3, 0.5, patch_nm=15.0)
    covered = degradation.mask(before, SEED)
    grey = degradation.apply(before, SEED).image[covered]
    assert 0.05 < grey.min() < grey.max() < 0.4
    assert grey.mean() == pytest.approx(0.05 + 0.5 * 0.35, rel=0.15)


def test_deposits_lie_on_walls() -> None:
    before = face()
    distance: Any = distance_transform_edt(before.labels == 0)
    covered = Redeposition(0.15).mask(before, SEED)
    assert distance[covered].mean() < 0.6 * distance[before.labels == 0].mean()


def test_channels_share_deposits_and_slices_nearly() -> None:
    degradation = Redeposition(0.15)
    here, other_channel, next_slice, far = (degradation.mask(f, SEED) for f in (face(), face(channel=1, solid=0.3), face(1), face(40)))
    assert np.array_equal(here, other_channel)

    def overlap(a: Any, b: Any) -> float:
        return float((a & b).sum() / (a | b).sum())

    assert 1.5 * overlap(here, far) < overlap(here, next_slice) < 1

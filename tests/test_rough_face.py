import math
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel
from synthfib.degradations.base import Face, Run
from synthfib.degradations.rough_face import RoughFace
from synthfib.physics.materials import VACUUM, material

GOLD, EPOXY = material("gold"), material("epoxy")


def run(pore: Any = EPOXY) -> Run:
    return Run(MillingPlan(np.arange(3, dtype=np.float64) * 10, (2.5, 2.5)), (Channel(1.0), Channel(2.0)), (240, 320), (0.5, 0.5), (pore, GOLD))


def face(index: int = 0, channel: int = 0) -> Any:
    labels = (np.mgrid[:240, :320][1] // 8 % 2).astype(np.uint8)
    return Face(np.where(labels > 0, 0.4, 0.1).astype(np.float32), index, channel, (2.5, 2.5), 10.0 * index, 0.5, labels)


def rough(degradation: RoughFace, before: Face, pore: Any = EPOXY) -> Any:
    return degradation.apply(before, degradation.draw(run(pore), rng=np.random.default_rng(3))).image


@pytest.mark.parametrize("texture_sd", [0.02, 0.1])
def test_the_solid_has_the_texture_that_was_asked_for(texture_sd: float) -> None:
    """Exact over the face, to 5 % over the half of it that is solid here, where about 500 bumps lie."""
    before = face()
    ratio = rough(RoughFace(texture_sd), before) / before.image
    assert ratio[before.labels > 0].std() == pytest.approx(texture_sd, rel=0.05)
    assert ratio[before.labels > 0].mean() == pytest.approx(1, abs=0.2 * texture_sd)
    assert np.all(ratio[before.labels == 0] == 1)


def test_slices_differ_and_channels_do_not() -> None:
    degradation = RoughFace(0.1)
    here, other_channel, next_slice = (rough(degradation, f) for f in (face(), face(channel=1), face(1)))
    assert np.array_equal(here, other_channel)
    solid = face().labels == 1
    assert abs(np.corrcoef(here[solid], next_slice[solid])[0, 1]) < 0.3


def test_bumps_are_long_in_the_direction_of_the_ion_beam() -> None:
    plain = Face(np.ones((240, 320), np.float32), 0, 0, (2.5, 2.5))
    texture = rough(RoughFace(0.1, texture_nm=12.0, elongation=3.0), plain) - 1
    along = np.mean(texture[:-8] * texture[8:]) / texture.var()
    across = np.mean(texture[:, :-8] * texture[:, 8:]) / texture.var()
    assert along > 0.6
    assert across < 0.5


@pytest.mark.parametrize(("channel", "depth_nm"), [(0, 30 * 0.5**1.67), (1, 30.0)])
def test_a_layer_takes_contrast_as_asked_and_more_at_low_energy(channel: int, depth_nm: float) -> None:
    """The contrast of 0.3 between gold and epoxy shrinks by exp(-t/d), to 0.1 %; the mean stays."""
    before = face(channel=channel)
    after = rough(RoughFace(layer_nm=5.0), before)
    contrast = after[before.labels > 0].mean() - after[before.labels == 0].mean()
    assert contrast == pytest.approx(0.3 * math.exp(-5.0 / depth_nm), rel=1e-3)
    assert after.mean() == pytest.approx(before.image.mean(), rel=1e-4)


def test_vacuum_has_no_layer() -> None:
    before = face()
    after = rough(RoughFace(layer_nm=5.0), before, VACUUM)
    assert np.array_equal(after[before.labels == 0], before.image[before.labels == 0])

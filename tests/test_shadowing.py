import math

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel
from synthfib.degradations.base import Face, Run
from synthfib.degradations.shadowing import Shadowing

RUN = Run(MillingPlan(np.arange(3, dtype=np.float64) * 10, (2.5, 2.5)), (Channel(2.0),), (120, 200), (1.0,))


def shadow(degradation: Shadowing, position_nm: float = 0.0, seed: int = 1) -> np.ndarray:
    flat = Face(np.ones((120, 200), np.float32), 0, 0, (2.5, 2.5), position_nm)
    return degradation.apply(flat, degradation.draw(RUN, rng=np.random.default_rng(seed))).image


@pytest.mark.parametrize("loss", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_the_darkest_place_lost_what_was_asked_and_the_brightest_nothing(loss: float, seed: int) -> None:
    """To 0.001, as documented."""
    found = shadow(Shadowing(loss, unevenness=1.0), seed=seed)
    assert found.min() == pytest.approx(1 - loss, abs=1e-3)
    assert found.max() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("direction_deg", "along_y", "along_x"), [(0, -1, 0), (90, 0, -1), (-90, 0, 1), (180, 1, 0)])
def test_it_gets_dark_where_asked(direction_deg: float, along_y: int, along_x: int) -> None:
    found = shadow(Shadowing(0.4, direction_deg, unevenness=0.0))
    assert found[-1].mean() - found[0].mean() == pytest.approx(0.4 * along_y, abs=1e-5)
    assert found[:, -1].mean() - found[:, 0].mean() == pytest.approx(0.4 * along_x, abs=1e-5)


def test_shadows_are_smooth_on_the_face_and_from_face_to_face() -> None:
    degradation = Shadowing(0.4, unevenness=1.0, period_nm=2000.0)
    first, second, far = (shadow(degradation, depth) for depth in (0.0, 10.0, 1000.0))
    steps = max(abs(np.diff(first, axis=0)).max(), abs(np.diff(first, axis=1)).max())
    assert steps < 0.4 * 2 * math.pi / 100
    assert abs(second - first).max() < 0.03
    assert abs(far - first).max() > 0.03

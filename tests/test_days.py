"""The microscopes of a good and a bad day, against labelled slices of real porous ceramics (noise, curtains, overlap of grey values)."""

from __future__ import annotations

import pytest

from synthfib.catalogue import load_material, load_microscope
from synthfib.corpus.acquire import slice_and_view
from synthfib.corpus.recipe import make_generator
from synthfib.data.volume import LabelVolume
from synthfib.evaluation.realism import realism

# Lowest and highest of three real slices with porosities 0.17, 0.25 and 0.34; see docs/methods/realism.md.
REAL = {
    "noise_sd_solid": (12.0, 13.0),
    "curtaining_column_sd": (3.3, 6.8),
    "pore_brighter_than_solid_p5_percent": (24.0, 33.0),
    "best_threshold_pore_iou": (0.54, 0.69),
}


@pytest.fixture(scope="module")
def zirconia() -> LabelVolume:
    return make_generator(load_material("porous-zirconia"), solid_fraction=0.75).generate((20, 192, 192), (5.0, 5.0, 5.0), rng=1)


def measured(volume: LabelVolume, day: str) -> dict[str, float | None]:
    stack = slice_and_view(volume, load_microscope(f"helios-g3-{day}"), energies_kev=[1.0], rng=1)
    assert stack.labels is not None
    return realism(stack.images[0], stack.labels).mean()


def test_a_good_and_a_bad_day_bracket_real_slices(zirconia: LabelVolume) -> None:
    good, bad = (measured(zirconia, day) for day in ("good-day", "bad-day"))
    for name, (low, high) in REAL.items():
        least, most = sorted(value for day in (good, bad) if (value := day[name]) is not None)
        assert least < low, name
        assert most > high, name

from typing import Any

import numpy as np
import pytest

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel
from synthfib.degradations.base import Face, Run
from synthfib.degradations.charging import Charging, insulation
from synthfib.errors import InputError
from synthfib.physics.materials import material

VACUUM, EPOXY, GOLD = Material("vacuum"), material("epoxy"), material("gold")


def run(*phases: Material) -> Run:
    return Run(MillingPlan(np.arange(400, dtype=np.float64) * 10, (2.5, 2.5)), (Channel(2.0),), (200, 300), (0.5,), phases)


def charged(degradation: Charging, labels: Any, *phases: Material, value: float = 0.2, index: int = 0) -> Any:
    face = Face(np.full(labels.shape, value, np.float32), index, 0, (2.5, 2.5), 0.0, 0.5, labels)
    return degradation.apply(face, degradation.draw(run(*phases), rng=np.random.default_rng(2))).image


def block() -> Any:
    labels = np.zeros((200, 300), np.uint8)
    labels[40:160, 50:150] = 1
    return labels


@pytest.mark.parametrize(("name", "low", "high"), [("gold", 0, 0), ("platinum", 0, 0), ("carbon", 0, 0), ("epoxy", 1, 1), ("zirconia", 0.5, 0.75)])
def test_insulation_of_materials(name: str, low: float, high: float) -> None:
    assert low <= insulation(material(name)) <= high


def test_vacuum_holds_no_charge() -> None:
    assert insulation(VACUUM) == 0
    labels = block()
    assert np.all(charged(Charging(0.3), labels, VACUUM, GOLD) == np.float32(0.2))


@pytest.mark.parametrize("brightness", [0.05, 0.3])
def test_the_middle_of_a_wide_insulator_brightens_as_asked(brightness: float) -> None:
    """Of a black one, to 0.1 %; here a face of epoxy alone, whose potential is 1 everywhere."""
    labels = np.zeros((50, 50), np.uint8)
    found = charged(Charging(brightness, flicker=0.0), labels, EPOXY, GOLD, value=0.0)
    assert found == pytest.approx(0.5 * brightness, rel=1e-3)
    lit = charged(Charging(brightness, flicker=0.0), labels, EPOXY, GOLD, value=0.2)
    assert lit == pytest.approx(0.2 + 0.3 * brightness, rel=1e-3)


def test_conductors_darken_around_and_longer_along_the_scan() -> None:
    labels = block()
    found = charged(Charging(0.2, decay_nm=150.0, halo_nm=10.0, flicker=0.0), labels, GOLD, EPOXY)
    assert found[100, 100] > 0.2
    left, right = 0.2 - found[100, 40], 0.2 - found[100, 160]
    above = 0.2 - found[30, 120]
    assert right > 3 * left > 0
    assert right > 3 * above > 0
    decay = np.log((0.2 - found[100, 160]) / (0.2 - found[100, 200]))
    assert decay == pytest.approx(40 * 2.5 / 150.0, rel=0.02)


def test_negative_brightness_turns_it_round() -> None:
    labels = block()
    found = charged(Charging(-0.2), labels, GOLD, EPOXY)
    assert found[100, 100] < 0.2 < found[100, 160]


def test_images_flicker_as_asked() -> None:
    """400 levels: the SD of the logarithm to 15 %, 4.2 of its standard errors (3e-5)."""
    labels = np.zeros((2, 2), np.uint8)
    found = [charged(Charging(0.1, flicker=0.2), labels, EPOXY, value=0.0, index=i)[0, 0] for i in range(400)]
    assert np.log(found).std() == pytest.approx(0.2, rel=0.15)
    assert np.mean(found) == pytest.approx(0.05, rel=0.05)


def test_insulation_can_be_given() -> None:
    labels = block()
    found = charged(Charging(0.2, insulation=(0.0, 1.0)), labels, EPOXY, GOLD)
    assert found[100, 100] > 0.2 > found[100, 160]
    with pytest.raises(InputError, match="each of 2 phases, got 1"):
        charged(Charging(0.2, insulation=(0.0,)), labels, EPOXY, GOLD)

"""What the ion beam, charge and the trench do obeys the contract: nothing at strength 0, the same bytes for the same seed, in any order."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel
from synthfib.degradations.base import Degradation, Face, Run
from synthfib.degradations.registry import DEGRADATIONS
from synthfib.errors import InputError
from synthfib.physics.materials import material

SOME: dict[str, dict[str, float]] = {
    "charging": {"brightness": 0.1},
    "curtaining": {"column_sd": 0.02},
    "redeposition": {"pore_share": 0.1},
    "rough-face": {"texture_sd": 0.05, "layer_nm": 3.0},
    "shadowing": {"loss": 0.3},
}
STRONG = [(name, strength) for name, strengths in SOME.items() for strength in strengths]


def build(name: str, **strengths: float) -> Degradation[Any]:
    made: Degradation[Any] = DEGRADATIONS.load(name)(**strengths)
    return made


def faces(labelled: bool = True) -> tuple[Run, list[Face]]:
    """Two channels of four faces of a checked structure in epoxy."""
    y, x = np.mgrid[:70, :90]
    labels = np.stack([((y // 9 + (x + i) // 13) % 2).astype(np.uint8) for i in range(4)])
    plan = MillingPlan(np.arange(4, dtype=np.float64) * 10, (2.5, 2.5))
    phases = (material("epoxy"), material("gold")) if labelled else ()
    run = Run(plan, (Channel(1.0), Channel(2.0)), (70, 90), (0.4, 0.5), phases)
    images = [0.05 + 0.3 * labels + 0.05 * c + 1e-4 * (x % 7) for c in range(2)]
    found = [
        Face(images[c][i].astype(np.float32), i, c, (2.5, 2.5), 10.0 * i, run.full_scale[c], labels[i] if labelled else None)
        for c in range(2)
        for i in range(4)
    ]
    return run, found


@pytest.mark.parametrize("name", SOME)
def test_strength_zero_returns_the_face_it_was_given(name: str) -> None:
    run, found = faces()
    still = build(name)
    assert all(still.apply(face, still.draw(run, rng=np.random.default_rng(1))) is face for face in found)


@pytest.mark.parametrize("name", SOME)
def test_a_strength_shows_and_neither_input_nor_labels_change(name: str) -> None:
    run, found = faces()
    degradation = build(name, **SOME[name])
    drawn = degradation.draw(run, rng=np.random.default_rng(1))
    for face in found:
        assert face.labels is not None
        image, labels = face.image.copy(), face.labels.copy()
        after = degradation.apply(face, drawn)
        assert after.image.dtype == np.float32
        assert after.image.shape == image.shape
        assert np.isfinite(after.image).all()
        assert after.image.min() >= 0
        assert not np.array_equal(after.image, image)
        assert np.array_equal(face.image, image)
        assert np.array_equal(face.labels, labels)
        assert after.labels is face.labels
        assert after.displacement_nm == (0.0, 0.0)


@pytest.mark.parametrize("name", SOME)
def test_same_seed_same_bytes_in_any_order_on_any_thread(name: str) -> None:
    run, found = faces()
    degradation = build(name, **SOME[name])
    drawn, again, other = (degradation.draw(run, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    forward = [degradation.apply(face, drawn).image.tobytes() for face in found]
    with ThreadPoolExecutor(3) as pool:
        threaded = list(pool.map(lambda face: degradation.apply(face, again).image.tobytes(), reversed(found)))
    assert forward == threaded[::-1]
    assert forward[0] != degradation.apply(found[0], other).image.tobytes()


@pytest.mark.parametrize("name", ["curtaining", "rough-face", "shadowing"])
def test_no_labels_are_needed(name: str) -> None:
    run, found = faces(labelled=False)
    degradation = build(name, **SOME[name])
    after = degradation.apply(found[0], degradation.draw(run, rng=np.random.default_rng(1)))
    assert not np.array_equal(after.image, found[0].image)


@pytest.mark.parametrize("name", ["charging", "redeposition"])
def test_without_labels_one_sentence_says_so(name: str) -> None:
    run, found = faces(labelled=False)
    degradation = build(name, **SOME[name])
    with pytest.raises(InputError, match="labels"):
        degradation.draw(run, rng=np.random.default_rng(1))
    drawn = degradation.draw(faces()[0], rng=np.random.default_rng(1))
    with pytest.raises(InputError, match="labels of every face"):
        degradation.apply(found[0], drawn)


@pytest.mark.parametrize(("name", "strength"), STRONG)
@pytest.mark.parametrize("value", [-1.0, float("nan"), 1e9])
def test_a_strength_out_of_range_is_refused_in_one_sentence(name: str, strength: str, value: float) -> None:
    with pytest.raises(InputError, match=r"^[^.]*must be a number from .* to .*, got .*\.$"):
        build(name, **{strength: value})


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("value", [0, 1])
def test_faces_of_one_phase_or_without_signal_do_no_harm(name: str, value: int) -> None:
    run, _ = faces()
    degradation = build(name, **SOME[name])
    face = Face(np.zeros((5, 3), np.float32), 0, 0, (2.5, 2.5), labels=np.full((5, 3), value, np.uint8))
    assert np.isfinite(degradation.apply(face, degradation.draw(run, rng=np.random.default_rng(1))).image).all()

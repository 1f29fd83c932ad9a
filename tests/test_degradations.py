"""Every degradation obeys the contract: nothing at strength 0, the same bytes for the same seed, truth that stays true."""

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.readers import read_stack
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack
from synthfib.degradations.base import Face, Run, Stage
from synthfib.degradations.compose import check_settings, draw, strength_names
from synthfib.degradations.presets import PRESETS, settings
from synthfib.degradations.registry import DEGRADATIONS
from synthfib.degradations.stack_file import degrade_file
from synthfib.degradations.stacks import degrade, degraded, make_face, to_grey, to_signal
from synthfib.errors import InputError, ResourceError, UnknownNameError
from synthfib.physics.materials import material

PHASES = (material("epoxy"), material("gold"))
#: A strength that shows, for each degradation that acts on recorded images.
SOME = {
    "contrast": {"contrast": 0.2, "brightness": 0.05, "gamma": 0.8},
    "detector": {"gain_spread": 0.05, "floor_spread": 0.02},
    "drift": {"step_nm": 6.0, "jump_nm": 20.0, "jump_probability": 0.3, "realignment": 0.3, "between_channels_nm": 3.0},
    "edge-blur": {"sigma_nm": 4.0},
    "gaussian-noise": {"variance": 0.002},
    "line-noise": {"sigma": 0.02},
    "point-spread": {"fwhm_nm": 8.0, "astigmatism": 0.4, "angle_deg": 30.0, "energy_exponent": 0.5},
    "poisson-noise": {"gain": 0.01},
}


@pytest.fixture(scope="module")
def stack() -> ImageStack:
    return recorded()


def recorded(n_slices: int = 5, bits: int = 8) -> ImageStack:
    """Discs of other places on every slice, bright on dark with a pattern, two channels."""
    y, x = np.mgrid[:72, :88]
    labels = np.stack([((y - 36 - 4 * np.sin(i)) ** 2 + (x - 44 - 5 * np.cos(2 * i)) ** 2 < 400).astype(np.uint8) for i in range(n_slices)])
    pattern = ((37 * y + 11 * x) % 29)[None]
    images = np.stack([40 + 120 * labels + pattern, 60 + 90 * labels + pattern])
    images = images.astype(np.uint8) if bits == 8 else (images * 257).astype(np.uint16)
    plan = MillingPlan(10.0 * np.arange(n_slices, dtype=np.float64), (2.5, 2.5))
    return ImageStack(images, (Channel(1.0), Channel(2.0)), plan, labels, PHASES)


def flat_faces(value: float, run: Run) -> list[Face]:
    image = np.full(run.shape, value, np.float32)
    return [make_face(run, c, i, image) for c in range(run.n_channels) for i in range(run.n_slices)]


def run_of(n_slices: int = 1, shape: tuple[int, int] = (256, 256)) -> Run:
    plan = MillingPlan(10.0 * np.arange(n_slices, dtype=np.float64), (2.5, 2.5))
    return Run(plan, (Channel(2.0),), shape, (1.0,), recorded=True)


def degraded_flat(name: str, value: float = 0.5, n_slices: int = 1, **strengths: float) -> Any:
    run = run_of(n_slices)
    chain = draw({name: strengths}, run, rng=7)
    return np.stack([chain.apply(face).image for face in flat_faces(value, run)])


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", sorted(SOME))
def test_strength_zero_is_the_identity(name: str, bits: int) -> None:
    before = recorded(3, bits)
    after = degrade(before, {name: {}}, rng=3)
    assert after.images.dtype == before.images.dtype
    assert after.images.tobytes() == before.images.tobytes()
    assert after.displacement_nm is None


@pytest.mark.parametrize("name", sorted(SOME))
def test_a_strength_shows_and_labels_stay(name: str, stack: ImageStack) -> None:
    after = degrade(stack, {name: SOME[name]}, rng=3)
    assert stack.labels is not None
    assert after.labels is not None
    assert not np.array_equal(after.images, stack.images)
    assert after.labels.tobytes() == stack.labels.tobytes()
    assert (after.displacement_nm is not None) == (name == "drift")


def test_the_image_that_is_given_is_left_alone(stack: ImageStack) -> None:
    before = stack.images.copy()
    run = Run(stack.plan, stack.channels, (72, 88), (1.0, 1.0), recorded=True)
    for name, strengths in SOME.items():
        image = to_signal(stack.images[0, 0])
        kept = image.copy()
        draw({name: strengths}, run, rng=1).apply(make_face(run, 0, 0, image, stack.labels))
        assert np.array_equal(image, kept), name
    assert np.array_equal(before, stack.images)


def test_same_seed_same_bytes_in_any_order_and_company(stack: ImageStack) -> None:
    whole = degrade(stack, SOME, rng=5)
    again = degrade(stack, dict(reversed(SOME.items())), rng=5)
    assert whole.images.tobytes() == again.images.tobytes()
    assert whole.provenance == again.provenance
    assert degrade(stack, SOME, rng=6).images.tobytes() != whole.images.tobytes()
    run = Run(stack.plan, stack.channels, (72, 88), (1.0, 1.0), PHASES, recorded=True)
    chain = draw(SOME, run, rng=5)
    alone = chain.apply(make_face(run, 1, 3, to_signal(stack.images[1, 3]), stack.labels))
    assert np.array_equal(to_grey(alone.image, np.dtype(np.uint8)), whole.images[1, 3])


def test_adding_one_degradation_leaves_the_numbers_of_another(stack: ImageStack) -> None:
    run = Run(stack.plan, stack.channels, (72, 88), (1.0, 1.0), recorded=True)
    alone, both = (draw({k: SOME[k] for k in names}, run, rng=5).drawn() for names in (["drift"], ["drift", "line-noise"]))
    assert alone["drift"] == both["drift"]


def test_the_order_is_that_of_physics() -> None:
    stages = [link.degradation.stage for link in draw(dict(reversed(SOME.items())), run_of(3), rng=1).links]
    assert stages == sorted(stages)
    assert stages[0] is Stage.BEAM
    assert stages[-1] is Stage.DISPLAY


def test_every_drawn_number_is_in_the_provenance(stack: ImageStack) -> None:
    after = degrade(stack, {"drift": {"step_nm": [2.0, 4.0]}, "gaussian-noise": {"variance": {"normal": [0.002, 0.0001]}}}, rng=5)
    steps = {step.name: step.parameters for step in after.provenance.steps}
    assert 2 <= steps["drift"]["step_nm"] <= 4
    assert 0.0017 <= steps["gaussian-noise"]["variance"] <= 0.0023
    assert after.displacement_nm is not None
    assert np.allclose(steps["drift"]["displacement_nm"], after.displacement_nm, atol=1e-4)


@pytest.mark.parametrize(
    ("degradation", "strengths", "value", "variance"),
    [
        ("gaussian-noise", {"variance": 0.001}, 0.5, 0.001),
        ("poisson-noise", {"gain": 1 / 256}, 0.5, 0.5 / 256),
        ("poisson-noise", {"gain": 0.02}, 0.8, 0.016),
    ],
)
def test_noise_has_the_variance_that_was_asked_for(degradation: str, strengths: dict[str, float], value: float, variance: float) -> None:
    """Of 4 x 65536 pixels, to 1 %: the standard error of a variance is 0.28 %, so a false alarm needs 3.6 of them (3e-4)."""
    images = degraded_flat(degradation, value, n_slices=4, **strengths)
    assert images.var(dtype=np.float64) == pytest.approx(variance, rel=0.01)
    assert images.mean(dtype=np.float64) == pytest.approx(value, abs=4 * (variance / images.size) ** 0.5)


def test_noise_is_white_and_its_own_on_every_image() -> None:
    """Correlations of 65536 pixels below 5 standard errors of 1/256: a false alarm in 1e-5 of cases."""
    first, second = degraded_flat("gaussian-noise", n_slices=2, variance=0.001) - 0.5
    for other in (second, np.roll(first, 1, axis=0), np.roll(first, 1, axis=1)):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 5 / 256


def test_line_noise_is_one_offset_a_line() -> None:
    images = degraded_flat("line-noise", n_slices=40, sigma=0.02)
    assert np.ptp(images, axis=2).max() < 1e-6
    assert images[:, :, 0].std() == pytest.approx(0.02, rel=0.04)  # of 10240 lines: 5 standard errors


def test_detector_gain_and_floor() -> None:
    images = degraded_flat("detector", 0.5, n_slices=400, gain_spread=0.05, floor=0.1)[:, 0, 0]
    assert np.log((images - 0.1) / 0.5).std() == pytest.approx(0.05, rel=0.15)  # 4 standard errors


def test_knobs() -> None:
    assert degraded_flat("contrast", 0.75, contrast=1.0, brightness=-0.1)[0, 0, 0] == pytest.approx(0.9)
    assert degraded_flat("contrast", 0.25, gamma=0.5)[0, 0, 0] == pytest.approx(0.5)


def test_the_longest_memory_is_a_few_faces() -> None:
    """Of a thousand faces only two for each core are taken before the first comes out."""
    run = run_of(1000, (16, 16))
    taken = 0

    def faces() -> Any:
        nonlocal taken
        for face in flat_faces(0.5, run):
            taken += 1
            yield face

    results = degraded(faces(), draw({"gaussian-noise": {"variance": 0.001}}, run, rng=1), np.dtype(np.uint8))
    next(results)
    assert taken <= 2 * (os.cpu_count() or 1) + 2
    assert len(list(results)) == 999


def test_a_file_is_degraded_as_a_stack_is(tmp_path: Path, stack: ImageStack) -> None:
    write_stack(tmp_path / "in.h5", stack)
    degrade_file(tmp_path / "in.h5", tmp_path / "out.h5", SOME, rng=5)
    degrade_file(tmp_path / "in.h5", tmp_path / "again.h5", SOME, rng=5)
    found, wanted = read_stack(tmp_path / "out.h5"), degrade(stack, SOME, rng=5)
    assert np.array_equal(found.images, wanted.images)
    assert np.array_equal(found.labels, wanted.labels)  # type: ignore[arg-type]
    assert np.array_equal(found.displacement_nm, wanted.displacement_nm)  # type: ignore[arg-type]
    assert found.provenance == wanted.provenance
    assert (tmp_path / "out.h5").read_bytes() == (tmp_path / "again.h5").read_bytes()


def test_a_long_run_keeps_all_its_numbers(tmp_path: Path) -> None:
    """The drawn displacements of 1500 slices are a long text."""
    images = np.zeros((1, 1500, 8, 8), np.uint8)
    long = ImageStack(images, (Channel(1.0),), MillingPlan(10.0 * np.arange(1500, dtype=np.float64), (250.0, 250.0)))
    write_stack(tmp_path / "in.h5", long)
    degrade_file(tmp_path / "in.h5", tmp_path / "out.h5", {"drift": {"step_nm": 9.0, "realignment": 0.2}, "detector": {"gain_spread": 0.1}}, rng=5)
    drift = next(step for step in read_stack(tmp_path / "out.h5").provenance.steps if step.name == "drift")
    assert len(drift.parameters["displacement_nm"][0]) == 1500


def test_a_disk_without_room_is_known_before_any_work(tmp_path: Path, stack: ImageStack, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stack(tmp_path / "in.h5", stack)
    monkeypatch.setattr("synthfib.degradations.stack_file.free_disk_bytes", lambda _: 10_000)
    with pytest.raises(ResourceError, match="make room"):
        degrade_file(tmp_path / "in.h5", tmp_path / "out.h5", SOME, rng=5)
    assert [path.name for path in tmp_path.iterdir()] == ["in.h5"]


def test_displacements_add_up(stack: ImageStack) -> None:
    once = degrade(stack, {"drift": SOME["drift"]}, rng=5)
    twice = degrade(once, {"drift": SOME["drift"]}, rng=5)
    assert once.displacement_nm is not None
    assert twice.displacement_nm is not None
    assert np.allclose(twice.displacement_nm, 2 * once.displacement_nm)
    assert degrade(once, {"gaussian-noise": {"variance": 0.001}}, rng=1).displacement_nm is not None


def test_bit_depth(stack: ImageStack) -> None:
    assert degrade(stack, {}, rng=1, bit_depth=16).images.dtype == np.uint16
    assert np.array_equal(degrade(degrade(stack, {}, rng=1, bit_depth=16), {}, rng=1, bit_depth=8).images, stack.images)
    with pytest.raises(InputError, match="8 or 16"):
        degrade(stack, {}, rng=1, bit_depth=12)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_presets(preset: str, stack: ImageStack) -> None:
    after = degrade(stack, settings(preset), rng=5)
    assert [step.name for step in after.provenance.steps] == [link.name for link in draw(settings(preset), run_of(5), rng=5).links]
    assert (preset == "none") == np.array_equal(after.images, stack.images)


@pytest.mark.parametrize("name", DEGRADATIONS.names())
def test_every_name_is_documented_and_has_a_main_strength(name: str) -> None:
    kind = DEGRADATIONS.load(name)
    assert strength_names(name)[0] == fields(kind)[0].name
    assert kind.__doc__
    pages = (Path(__file__).parents[1] / "docs" / "methods").glob("*.md")
    assert any(f"`{name}`" in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"drft": {}}, "drift"),
        ({"drift": {"step": 1.0}}, "step_nm"),
        ({"drift": {"step_nm": -1.0}}, "0 to 1000"),
        ({"drift": {"step_nm": [0.0, 2000.0]}}, "0 to 1000"),
        ({"drift": {"step_nm": {"normal": [1.0, 0.5]}}}, "0 to 1000"),
        ({"drift": {"step_nm": {"gauss": [1.0, 0.5]}}}, "law"),
        ({"drift": {"step_nm": [2.0, 1.0]}}, "lowest"),
        ({"drift": {"step_nm": float("nan")}}, "finite"),
        ({"drift": {"step_nm": "much"}}, "number"),
        ({"gaussian-noise": {"variance": 2.0}}, "0 to 1"),
        ({"poisson-noise": {"gain": -0.1}}, "0 to 1"),
        ({"point-spread": {"fwhm_nm": 1e5}}, "0 to 1000"),
        ({"dose-noise": {"beam_current_pa": 50.0}}, "dwell_time_us"),
    ],
)
def test_what_cannot_be_used_is_said_before_any_work(wrong: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_settings(wrong)


def test_what_does_not_suit_the_run_is_refused(stack: ImageStack) -> None:
    with pytest.raises(InputError, match="smaller than the image"):
        degrade(stack, {"point-spread": {"fwhm_nm": 500.0}}, rng=1)
    with pytest.raises(InputError, match="narrower than the image"):
        degrade(stack, {"edge-blur": {"sigma_nm": 500.0}}, rng=1)
    with pytest.raises(InputError, match="half of the image"):
        degrade(stack, {"drift": {"step_nm": 900.0}}, rng=1)
    with pytest.raises(InputError, match="recorded already"):
        degrade(stack, {"dose-noise": {"beam_current_pa": 50.0, "dwell_time_us": 1.0}}, rng=1)
    with pytest.raises(UnknownNameError, match="good-day"):
        settings("goodday")


def test_laws_stay_within_their_bounds() -> None:
    """Two hundred runs draw strengths from every law; uniform ones fill their range."""
    laws: dict[str, Any] = {"uniform": [1.0, 3.0], "log-uniform": [0.5, 8.0], "normal": [4.0, 1.0], "choice": [1.0, 5.0]}
    for name, numbers in laws.items():
        drawn = [draw({"drift": {"step_nm": {name: numbers}}}, run_of(), rng=seed).drawn()["drift"]["step_nm"] for seed in range(200)]
        low, high = (1.0, 7.0) if name == "normal" else (numbers[0], numbers[1])
        assert low <= min(drawn) < max(drawn) <= high
        if name == "uniform":
            assert np.mean(drawn) == pytest.approx(2.0, abs=4 * 2 / 12**0.5 / 200**0.5)

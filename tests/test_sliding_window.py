from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, UnknownNameError
from synthfib.segmentation.sliding_window import CNN2D, CNN3D, MeanCNN2D
from synthfib.segmentation.sliding_window_search import draw_settings, random_search
from synthfib.testing.segmenters import StacksInMemory, porous_corpus, porous_stack
from synthfib.training.balanced_tiles import BalancedTiles, Tile
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.sliding_window_settings import SLIDING_WINDOW_PRESETS, SlidingWindowSettings
from synthfib.training.stacks import InputStack

TINY = SlidingWindowSettings(
    learning_rate=1e-2, tile_size=8, tiles_per_step=2, steps_per_epoch=2, max_epochs=1, validation_tiles=1, dropout=0.2, spatial_dropout=0.2
)
CORPUS = porous_corpus(shape=(4, 24, 24))


def small(settings: SlidingWindowSettings = TINY) -> CNN2D:
    return CNN2D(11, filters=(2, 3), settings=settings, threads=1)


@pytest.fixture(scope="module")
def model() -> CNN2D:
    network = small()
    network.fit(CORPUS, rng=1)
    return network


@pytest.fixture
def stack() -> ImageStack:
    return porous_stack(9, (3, 20, 22))


def inputs(seed: int = 3) -> InputStack:
    images = porous_stack(seed, (4, 20, 26))
    return InputStack.of(images, images.channels, PercentileScaling(), with_truth=True)


def test_saved_and_loaded_it_predicts_the_same(model: CNN2D, stack: ImageStack, tmp_path: Path) -> None:
    saved, expected = model.save(tmp_path / "model"), model.predict(stack)
    again = CNN2D.load(saved)
    np.testing.assert_array_equal(again.predict(stack), expected)
    assert again.describe(stack) == model.describe(stack)
    assert again.card.model_copy(update={"weights_sha256": ""}) == model.card
    with pytest.raises(InputError, match="'3dcnn' is required"):
        CNN3D.load(saved)


@pytest.mark.parametrize("ending", [".safetensors", ".json"])
def test_damaged_and_missing_files_are_refused(model: CNN2D, tmp_path: Path, ending: str) -> None:
    file = model.save(tmp_path / "model").with_suffix(ending)
    content = file.read_bytes()
    for damaged in (content[:-9], b"", b"\xff" * 50):
        file.write_bytes(damaged)
        with pytest.raises(InputError, match="model"):
            CNN2D.load(file)
    file.unlink()
    with pytest.raises(InputError, match="two files"):
        CNN2D.load(file)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"window": {"size": 11, "slices": 2, "filters": [2, 3]}}, "odd"),
        ({"window": {"size": 11, "slices": 3, "filters": [2, 4]}}, "do not fit"),
        ({"model": "os.system"}, "os.system"),
        ({"settings": {"unheard_of": 1}}, "unheard_of"),
        ({"format": "something-else@7"}, "format"),
    ],
)
def test_a_card_that_was_edited_is_refused(model: CNN2D, tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    file = model.save(tmp_path / "model").with_suffix(".json")
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(InputError, match=sentence) as caught:
        CNN2D.load(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("tile_size", [1, 8])
def test_training_resumes_to_the_same_weights(tmp_path: Path, tile_size: int) -> None:
    settings = replace(TINY, tile_size=tile_size, tiles_per_step=4, max_epochs=3)
    whole, parts = small(settings), small(settings)
    whole.fit(CORPUS, rng=5)
    with pytest.raises(ZeroDivisionError):
        parts.fit(CORPUS, rng=5, state_file=tmp_path / "last.pt", on_progress=lambda progress: 1 // (3 - progress.epoch))  # type: ignore[arg-type]
    parts.fit(CORPUS, rng=5, state_file=tmp_path / "last.pt")
    assert whole.save(tmp_path / "whole").read_bytes() == parts.save(tmp_path / "parts").read_bytes()
    assert whole.card == parts.card
    with pytest.raises(InputError, match="other settings"):
        parts.fit(CORPUS, rng=6, state_file=tmp_path / "last.pt")


def test_tiles_are_balanced() -> None:
    stack = inputs()
    assert stack.solid is not None
    assert stack.solid.mean() < 0.4
    tiles = BalancedTiles([stack], tile_size=1, slices=3, reach=4).draw(60, rng=np.random.default_rng(0))
    assert sum(bool(tile.solid.item()) for tile in tiles) == 30
    assert tiles[0].pixels.shape == (1, 3, 9, 9)


def test_a_tile_shows_the_pixels_of_its_truth() -> None:
    stack = inputs()
    seen = {tile.pixels[0, 1, 4:-4, 4:-4].tobytes(): tile.solid for tile in BalancedTiles([stack], tile_size=6, slices=3, reach=4).draw(
        8, rng=np.random.default_rng(0))}  # fmt: skip
    scaled = stack.scaled(stack.images)[0]
    assert stack.solid is not None
    for face, solid in zip(scaled, stack.solid, strict=True):
        for y in range(15):
            for x in range(21):
                truth = seen.pop(face[y : y + 6, x : x + 6].tobytes(), None)
                assert truth is None or np.array_equal(truth, solid[y : y + 6, x : x + 6])
    assert not seen


def test_eight_turns_are_drawn_and_the_milling_direction_stays() -> None:
    tile = Tile(np.arange(2 * 9, dtype=np.float32).reshape(1, 2, 3, 3), np.arange(9).reshape(3, 3) > 3)
    rng = np.random.default_rng(0)
    turned = [tile.turned(rng=rng) for _ in range(80)]
    assert len({one.pixels.tobytes() for one in turned}) == 8
    for one in turned:
        np.testing.assert_array_equal(one.pixels[0, 0] > 3, one.solid)
        np.testing.assert_array_equal(one.pixels[0, 1], one.pixels[0, 0] + 9)


def test_relit_tiles_have_the_drawn_mean_and_deviation() -> None:
    rng = np.random.default_rng(1)
    tile = Tile(rng.uniform(-1, 1, (1, 3, 20, 20)).astype(np.float32), np.zeros((1, 1), np.bool_))
    ratios = []
    for _ in range(400):
        bright = (tile.relit(0.1, 0.05, rng=rng).pixels + 1) / 2
        ratios.append((bright.mean() / ((tile.pixels + 1) / 2).mean(), bright.std() / ((tile.pixels + 1) / 2).std()))
    mean, deviation = np.array(ratios).T
    changed = np.abs(mean - 1) > 1e-6
    assert 0.4 < changed.mean() < 0.6
    assert 0.08 < mean[changed].std() < 0.12
    assert 0.04 < deviation[changed].std() < 0.06


def test_learning_rates_fall_in_steps() -> None:
    settings = SlidingWindowSettings(learning_rate=0.01, decay_factor=0.75, decay_epochs=8, least_learning_rate=0.006)
    assert [settings.learning_rate_of(epoch) for epoch in (0, 7, 8, 16, 99)] == [0.01, 0.01, 0.0075, 0.006, 0.006]


def test_settings_are_drawn_from_the_published_ranges() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_settings(SLIDING_WINDOW_PRESETS["paper"], rng=rng) for _ in range(50)]
    assert {round(float(np.log10(one.learning_rate)), 2) for one in drawn} == {-2.5, -2.25, -2.0}
    assert {one.decay_epochs for one in drawn} <= set(range(4, 21, 2))
    assert all(0.025 <= one.mean_spread <= 0.1 and 1e-7 <= one.weight_decay <= 1e-5 and 0 <= one.dropout <= 0.6 for one in drawn)
    assert {one.momentum for one in drawn} == {0.99}


def test_random_search_returns_the_best_trial_first(tmp_path: Path) -> None:
    fractions: list[float] = []
    trials = random_search(small, CORPUS, n_trials=3, rng=1, base=TINY, folder=tmp_path, on_progress=lambda fit: fractions.append(fit.fraction))
    losses = [trial.validation_loss for trial in trials]
    assert losses == sorted(losses)
    assert len(set(losses)) == 3
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    again = random_search(small, CORPUS, n_trials=3, rng=1, base=TINY, folder=tmp_path)
    assert [trial.validation_loss for trial in again] == losses
    with pytest.raises(InputError, match="1 trial or more"):
        random_search(small, CORPUS, n_trials=0, rng=1)


def test_bad_input_is_refused(stack: ImageStack) -> None:
    for make, sentence in (
        (lambda: CNN2D(10), "odd"),
        (lambda: CNN2D(11, 4), "odd"),
        (lambda: CNN3D(11, 3), "too thin"),
        (lambda: CNN2D(threads=0), "threads"),
        (lambda: SlidingWindowSettings(learning_rate=0), "learning_rate"),
        (lambda: SlidingWindowSettings(learning_rate=1, dropout=1), "below 1"),
        (lambda: SlidingWindowSettings(learning_rate=1, decay_factor=2), "decay_factor"),
        (lambda: CNN2D(settings="fats"), "fast"),
        (lambda: CNN2D().predict(stack), "not learned"),
        (lambda: MeanCNN2D().save("model"), "not learned"),
    ):
        with pytest.raises(InputError, match=sentence) as caught:
            make()
        assert "\n" not in str(caught.value)
    with pytest.raises(UnknownNameError):
        CNN2D(settings="fats")


def test_a_learning_rate_that_blows_weights_up_is_refused() -> None:
    settings = SlidingWindowSettings(learning_rate=1e30, tile_size=12, tiles_per_step=1, steps_per_epoch=4, max_epochs=2, validation_tiles=1)
    with pytest.raises(InputError, match="diverged in epoch 1"):
        CNN2D(11, 1, filters=(4, 4), settings=settings, threads=1).fit(porous_corpus(shape=(4, 40, 40)), rng=1)


def test_a_phase_that_is_nowhere_is_refused() -> None:
    empty = {name: replace(stack, labels=np.zeros_like(stack.labels)) for name, stack in CORPUS.stacks.items()}
    with pytest.raises(InputError, match="no solid"):
        small().fit(StacksInMemory(empty), rng=1)
    with pytest.raises(InputError, match="split 'train'"):
        small().fit(StacksInMemory({}), rng=1)

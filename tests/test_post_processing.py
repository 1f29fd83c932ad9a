from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from synthfib.errors import InputError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.choosing import ready_segmenter
from synthfib.segmentation.kmeans import KMeans
from synthfib.segmentation.otsu import Otsu
from synthfib.segmentation.post_processed import PostProcessed
from synthfib.segmentation.post_processing import PostProcessing, post_process, without_small_objects
from synthfib.segmentation.random_forest import ForestSettings
from synthfib.segmentation.tuning import Candidates, ScoredVolume, tuned
from synthfib.testing.segmenters import SegmenterContract, StacksInMemory, porous_corpus, porous_stack
from synthfib.training.progress import FitProgress
from synthfib.training.sliding_window_settings import SLIDING_WINDOW_PRESETS

VOXEL_NM = (10.0, 2.5, 5.0)
FEW = Candidates(sigmas_px=(0.0, 1.0), thresholds=(0.4, 0.5, 0.6), smallest_voxels=(0, 8))


class TestPostProcessed(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return PostProcessed(KMeans(), candidates=FEW)


def noisy(seed: int, sigma: float = 4.0) -> ScoredVolume:
    """Blobs, and probabilities that are right but for much noise."""
    rng = np.random.default_rng(seed)
    solid = gaussian_filter(rng.standard_normal((12, 48, 48)), sigma) > 0
    return ScoredVolume(np.clip(0.45 + 0.3 * (2 * solid - 1) + rng.normal(0, 0.4, solid.shape), 0, 1).astype(np.float32), solid, (5.0, 5.0, 5.0))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_recipe_of_the_publication_with_widths_in_nm(dimensions: Any) -> None:
    score = np.random.default_rng(1).random((5, 20, 22)).astype(np.float32)
    sigma = (0.5 if dimensions == 3 else 0, 2.0, 1.0)
    first = gaussian_filter(score, sigma) >= 0.48
    second = gaussian_filter(first.astype(np.float32), sigma) >= 0.48
    found = post_process(score, VOXEL_NM, PostProcessing(5.0, 0.48, dimensions=dimensions))
    np.testing.assert_array_equal(found, second)
    np.testing.assert_array_equal(post_process(score, VOXEL_NM, PostProcessing(threshold=0.3)), score >= 0.3)


def test_small_objects_of_both_phases_go_and_larger_ones_stay() -> None:
    block = np.zeros((3, 12, 24), bool)
    block[:, 2:10, 2:10] = True
    block[1, 5:7, 5:7] = False  # a pore of 4 voxels in the solid
    block[0, 1, 20:23] = True  # a crumb of 3 voxels
    block[0, 5, 15:23] = True  # one of 8
    found = without_small_objects(block, 5)
    assert found[1, 5:7, 5:7].all()
    assert not found[0, 1].any()
    assert found[0, 5, 15:23].all()
    assert found.sum() == block.sum() + 4 - 3
    np.testing.assert_array_equal(without_small_objects(~block, 5), ~found)


def test_tuning_is_never_worse_than_none_and_gains_where_there_is_noise() -> None:
    volumes = [noisy(1), noisy(2)]
    settings, iou = tuned(volumes, Candidates(), PostProcessing(), on_fraction=lambda _: None)
    plain = sum((Confusion.of(volume.probability, volume.solid) for volume in volumes), Confusion())
    assert iou > scores(plain)["mean_iou"] + 0.1
    assert settings.sigma_nm > 0
    exact = replace(volumes[0], probability=volumes[0].solid.astype(np.float32))
    assert tuned([exact], Candidates(), PostProcessing(), on_fraction=lambda _: None) == (PostProcessing(), 1.0)
    found = sum((Confusion.of(post_process(v.probability, v.voxel_size_nm, settings), v.solid) for v in volumes), Confusion())
    assert scores(found)["mean_iou"] == pytest.approx(iou)


def test_it_tunes_on_the_validation_split_alone() -> None:
    corpus = porous_corpus()
    asked: list[str] = []

    class Watched(StacksInMemory):
        def read(self, name: str, /) -> Any:
            asked.append(name)
            return self.stacks[name]

    model = PostProcessed(KMeans(), candidates=FEW)
    fractions: list[float] = []
    model.fit(Watched(corpus.stacks), rng=1, on_progress=lambda p: fractions.append(p.fraction))
    assert asked == ["validation-000"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    described = model.describe(corpus.read("test-000"))
    assert described["post_processing"]["dimensions"] == 2
    assert 0.5 < described["validation_mean_iou"] <= 1


def test_methods_are_made_by_name_with_their_settings() -> None:
    model = PostProcessed("random-forest", settings="fast", threads=1)
    assert model.settings.n_trees > 1
    assert PostProcessed("otsu").settings is None
    with pytest.raises(InputError, match="'otsu' takes no settings"):
        PostProcessed("otsu", settings="fast")
    with pytest.raises(InputError, match="got itself"):
        PostProcessed("post-processed")
    with pytest.raises(UnknownNameError, match="Unknown model"):
        PostProcessed("otsuu")
    with pytest.raises(InputError, match="got window"):
        PostProcessed("2dcnn", options={"window": 11})


def test_the_method_goes_on_learning_after_a_break(tmp_path: Path) -> None:
    settings = replace(SLIDING_WINDOW_PRESETS["fast"], tile_size=8, tiles_per_step=2, steps_per_epoch=2, max_epochs=3, validation_tiles=1)
    corpus = porous_corpus(shape=(5, 40, 40))

    def made() -> PostProcessed:
        return PostProcessed("2dcnn", options={"size": 11, "slices": 1, "filters": (2, 2)}, settings=settings, threads=1, candidates=FEW)

    def stop(progress: FitProgress) -> None:
        if progress.epoch == 3:
            raise KeyboardInterrupt

    whole, parts = made(), made()
    whole.fit(corpus, rng=5)
    with pytest.raises(KeyboardInterrupt):
        parts.fit(corpus, rng=5, state_file=tmp_path / "last.pt", on_progress=stop)
    assert (tmp_path / "last.pt").is_file()
    epochs: list[int] = []
    parts.fit(corpus, rng=5, state_file=tmp_path / "last.pt", on_progress=lambda progress: epochs.append(progress.epoch or 3))
    assert min(epochs) >= 2
    assert parts.post_processing == whole.post_processing
    np.testing.assert_array_equal(parts.predict(porous_stack(1)), whole.predict(porous_stack(1)))


@pytest.mark.parametrize("method", ["kmeans", "random-forest"])
def test_saved_and_opened_by_its_file_it_predicts_the_same(method: str, tmp_path: Path) -> None:
    settings = ForestSettings(adjacent_slices=1, sigmas_px=(0.0, 1.0), n_trees=3, n_pixels=500) if method == "random-forest" else None
    model = PostProcessed(method, settings=settings, threads=1, candidates=FEW)
    model.fit(porous_corpus(shape=(4, 32, 32)), rng=1)
    file = model.save(tmp_path / "model")
    assert file == tmp_path / "model.json"
    stack = porous_stack(9, (3, 30, 31))
    assert ready_segmenter(str(file)).predict(stack).tobytes() == model.predict(stack).tobytes()
    file.write_text(file.read_text().replace('"threshold": 0.', '"threshold": 7.'))
    with pytest.raises(InputError, match="between 0 and 1"):
        PostProcessed.load(file)
    with pytest.raises(InputError, match="cannot be read"):
        PostProcessed.load(tmp_path / "nowhere")
    fitted = PostProcessed(Otsu(), candidates=FEW)
    fitted.fit(porous_corpus(shape=(4, 32, 32)), rng=1)
    with pytest.raises(InputError, match="give a registered name instead"):
        fitted.save(tmp_path / "other")


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(InputError, match="0 nm or more, got -1"):
        PostProcessing(sigma_nm=-1)
    with pytest.raises(InputError, match="between 0 and 1, got 1"):
        PostProcessing(threshold=1.0)
    with pytest.raises(InputError, match=r"probabilities \(slice, y, x\) in \[0, 1\]"):
        post_process(np.full((2, 3, 4), 2.0), VOXEL_NM, PostProcessing())
    with pytest.raises(InputError, match="not been tuned yet"):
        PostProcessed(KMeans()).predict(porous_stack(1))
    with pytest.raises(InputError, match="the split 'validation', corpus 'in-memory' has none"):
        PostProcessed(KMeans()).fit(StacksInMemory({}), rng=1)

from __future__ import annotations

import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, gaussian_filter
from sklearn.ensemble import RandomForestClassifier

from synthfib.data.stack import Channel
from synthfib.errors import InputError, UnknownNameError
from synthfib.segmentation.balanced_sampling import balanced_pixels
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.forest import Forest
from synthfib.segmentation.random_forest import PRESETS, ForestSettings, RandomForest
from synthfib.segmentation.scale_space import scale_space_faces
from synthfib.testing.segmenters import SegmenterContract, StacksInMemory, porous_corpus, porous_stack
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.stacks import InputStack

SMALL = ForestSettings(adjacent_slices=3, sigmas_px=(0.0, 1.0, 3.0), n_trees=8, n_pixels=3000)
TWO_CHANNELS = (Channel(1.0), Channel(4.0))


@pytest.fixture(scope="module")
def forest() -> RandomForest:
    model = RandomForest(settings=SMALL, threads=1)
    model.fit(porous_corpus(TWO_CHANNELS, (6, 40, 40)), rng=1)
    return model


class TestRandomForest(SegmenterContract):
    channels = TWO_CHANNELS

    def make_segmenter(self) -> Segmenter:
        return RandomForest(settings=SMALL)


def test_features_are_faces_and_neighbours_smoothed() -> None:
    stack = InputStack.of(porous_stack(1, (4, 20, 21), TWO_CHANNELS), TWO_CHANNELS, PercentileScaling())
    faces = list(scale_space_faces(stack, (0.0, 2.0), 3))
    assert [face.shape for face in faces] == [(3 * 2 * 2, 20, 21)] * 4
    scaled = stack.scaled(stack.images)
    for face, neighbour, channel in ((0, 0, 1), (0, 1, 0), (2, 2, 1), (3, 2, 0)):  # beyond the ends the last face is repeated
        seen = min(max(face + neighbour - 1, 0), 3)
        np.testing.assert_array_equal(faces[face][4 * neighbour + 2 * channel], scaled[channel, seen])
        np.testing.assert_allclose(faces[face][4 * neighbour + 2 * channel + 1], gaussian_filter(scaled[channel, seen], 2.0), atol=1e-6)


def test_the_kernel_walks_the_trees_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    features = rng.integers(0, 9, (5000, 6)).astype(np.float32) / 8  # values on thresholds, too
    solid = (features[:, 0] + features[:, 3] ** 2 + rng.normal(0, 0.2, 5000)) > 0.8
    model = RandomForestClassifier(12, random_state=0).fit(features, solid)
    found = Forest.of_sklearn(model).probability(np.asarray(features.T, np.float32), threads=2)
    np.testing.assert_allclose(found, model.predict_proba(features)[:, 1], atol=1e-6)


def test_samples_are_balanced_and_belong_to_their_pixels() -> None:
    stack, other = porous_stack(1, (4, 30, 30)), porous_stack(2, (4, 30, 30))
    corpus = StacksInMemory({"train-0": stack, "train-1": other})
    features, solid, weights = balanced_pixels(
        corpus, stack.channels, sigmas_px=(0.0,), adjacent_slices=1, n_pixels=800, rng=np.random.default_rng(1), on_volume=lambda _: None
    )
    assert features.shape == (800, 1)
    assert solid.sum() == 400
    assert features[solid].mean() > features[~solid].mean() + 0.5
    assert stack.labels is not None
    assert other.labels is not None
    assert weights[solid].sum() == pytest.approx(np.count_nonzero(stack.labels) + np.count_nonzero(other.labels))
    assert weights.sum() == pytest.approx(2 * 4 * 30 * 30)


def test_probabilities_add_up_to_the_solid_that_is_there() -> None:
    """Solid is rare, and half of what the forest learns from; its share in other volumes comes out to a fifth (0.11; without weights 0.39)."""
    stacks = [porous_stack(seed, (8, 48, 48)) for seed in range(6)]
    rare = [replace(stack, labels=binary_erosion(stack.labels, np.ones((1, 3, 3))).astype(np.uint8)) for stack in stacks]
    model = RandomForest(settings=SMALL, threads=1)
    model.fit(StacksInMemory({f"train-{index}": stack for index, stack in enumerate(rare[:3])}), rng=1)
    there = np.mean([np.mean(stack.labels != 0) for stack in rare[3:]])
    found = np.mean([model.predict(stack.without_truth()).mean() for stack in rare[3:]])
    assert there < 0.25
    assert found == pytest.approx(there, rel=0.2)


def test_threads_change_nothing() -> None:
    stack, corpus = porous_stack(9), porous_corpus(shape=(6, 40, 40))
    found = []
    for threads in (1, 3):
        model = RandomForest(settings=SMALL, threads=threads)
        model.fit(corpus, rng=5)
        found.append(model.predict(stack).tobytes())
    assert found[0] == found[1]


def test_saved_and_loaded_it_predicts_the_same(forest: RandomForest, tmp_path: Path) -> None:
    stack = porous_stack(9, (5, 37, 50), TWO_CHANNELS)
    file = forest.save(tmp_path / "forest.v1")
    assert file.name == "forest.v1.npz"
    loaded = RandomForest.load(file)
    assert loaded.predict(stack).tobytes() == forest.predict(stack).tobytes()
    assert loaded.describe(stack) == forest.describe(stack)
    assert forest.save(tmp_path / "again").read_bytes() == file.read_bytes()


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "executed",))

    file = tmp_path / "trap.npz"
    np.savez(file, allow_pickle=True, feature=np.array([Trap()], object))
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Trap()))
    for name in ("trap.npz", "plain.npz"):
        with pytest.raises(InputError, match="damaged or something else"):
            RandomForest.load(tmp_path / name)
    assert not (tmp_path / "executed").exists()


def test_files_that_would_lead_a_walk_astray_are_refused(forest: RandomForest, tmp_path: Path) -> None:
    file = forest.save(tmp_path / "forest")
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    inner = int(np.flatnonzero(arrays["feature"] >= 0)[3])
    for name, index, value, said in (
        ("below", inner, inner, "do not make trees"),
        ("above", inner, 10**8, "do not make trees"),
        ("roots", 0, -1, "do not make trees"),
        ("threshold", inner, np.nan, "do not make trees"),
        ("feature", inner, 18, "more than its 18 features"),
    ):
        changed = {key: array.copy() for key, array in arrays.items()}
        changed[name][index] = value
        np.savez(tmp_path / "bad.npz", allow_pickle=False, **changed)
        with pytest.raises(InputError, match=said):
            RandomForest.load(tmp_path / "bad.npz")
    np.savez(tmp_path / "bad.npz", allow_pickle=False, **{**arrays, "card": np.frombuffer(b"{}", np.uint8)})
    with pytest.raises(InputError, match=r"the card in .* is wrong"):
        RandomForest.load(tmp_path / "bad.npz")
    (tmp_path / "cut.npz").write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="damaged or something else"):
        RandomForest.load(tmp_path / "cut.npz")
    with pytest.raises(InputError, match="cannot be read"):
        RandomForest.load(tmp_path / "nowhere.npz")
    with zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == sorted(f"{name}.npy" for name in arrays)


def test_bad_input_is_one_sentence(forest: RandomForest) -> None:
    with pytest.raises(UnknownNameError, match="preset of the random forest 'quick'"):
        RandomForest(settings="quick")
    with pytest.raises(InputError, match="odd number of adjacent slices"):
        ForestSettings(adjacent_slices=4)
    with pytest.raises(InputError, match="increasing standard deviations"):
        ForestSettings(sigmas_px=(2.0, 1.0))
    with pytest.raises(InputError, match="has not learned yet"):
        RandomForest().predict(porous_stack(1))
    with pytest.raises(InputError, match="A channel at 1 keV bse is required"):
        forest.predict(porous_stack(1))
    with pytest.raises(InputError, match="the split 'train', corpus 'in-memory' has none"):
        RandomForest(settings=SMALL).fit(StacksInMemory({}), rng=1)
    solid = porous_stack(1, (2, 20, 20))
    all_solid = StacksInMemory({"train-0": replace(solid, labels=np.ones((2, 20, 20), np.uint8))})
    with pytest.raises(InputError, match="pore and of solid in the split 'train', corpus 'in-memory' has no pore there"):
        RandomForest(settings=SMALL).fit(all_solid, rng=1)
    assert PRESETS["paper"].n_trees == 100

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.samples import load
from synthfib.corpus.secret import Secret
from synthfib.errors import InputError
from synthfib.training.augmentation import Augmentation, Change
from synthfib.training.dataset import Item, SampleDataset, SampleStream


def tiny(**changes: Any) -> CorpusRecipe:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        materials=("npg",),
        microscope="helios-g3-multi-voltage",
        energies_kev=(1.0, 2.0),
        voxel_size_nm=5.0,
        slices=4,
        pixels=(20, 12),
        splits=SplitSizes(train=2, validation=0, test=1),
    )
    return recipe.model_copy(update=changes)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("torch") / "corpus"
    build_corpus(tiny(), out)
    return out


def batches(dataset: Any, *, workers: int, batch_size: int = 3, **options: Any) -> list[Item]:
    return list(DataLoader(dataset, batch_size=batch_size, num_workers=workers, **options))


def assert_equal(these: Sequence[Item], those: Sequence[Item]) -> None:
    assert len(these) == len(those) > 0
    for this, that in zip(these, those, strict=True):
        assert this.keys() == that.keys()
        for name in this:
            assert torch.equal(this[name], that[name]) if isinstance(this[name], torch.Tensor) else this[name] == that[name], name


def places(found: Sequence[Item]) -> list[tuple[str, int]]:
    return [(volume, int(face)) for batch in found for volume, face in zip(batch["volume"], batch["slice"], strict=True)]


def test_items_are_the_samples_as_tensors(built: Path) -> None:
    samples = load(built, adjacent_slices=3, truth=["shine_through", "depth_to_solid_nm"])
    dataset = SampleDataset(samples)
    assert len(dataset) == 8
    item, sample = dataset[5], samples[5]
    assert (item["volume"], item["slice"], item["position_nm"]) == ("train-001", 1, sample.position_nm)
    assert sample.label is not None
    assert item["image"].dtype == torch.float32
    np.testing.assert_array_equal(item["image"].numpy() * np.float32(255), sample.image)
    assert item["label"].dtype == torch.int64
    np.testing.assert_array_equal(item["label"][0], sample.label)
    for name, values in sample.truth.items():
        np.testing.assert_array_equal(item[name], values.astype(np.float32))
    with pytest.raises(IndexError):
        dataset[8]


def test_a_sealed_split_has_no_labels(tmp_path: Path) -> None:
    secret = Secret(bytes(range(16)), 12345)
    build_corpus(tiny(sealed=secret.commitment, slices=2), tmp_path / "corpus", secret=secret)
    sealed = load(tmp_path / "corpus", split="test")
    assert sealed[1].label is None
    assert SampleDataset(sealed)[1].keys() == {"image", "volume", "slice", "position_nm"}
    (batch,) = batches(SampleDataset(sealed, augmentation=Augmentation()), workers=0)
    assert batch["image"].shape == (2, 2, 20, 12)


def test_a_transform_comes_last(built: Path) -> None:
    assert SampleDataset(load(built), transform=lambda item: {**item, "image": item["image"].shape})[0]["image"] == (2, 20, 12)


def test_augmented_items_keep_their_truth(built: Path) -> None:
    plain = SampleDataset(load(built, patch=12, truth=["shine_through"]))
    turned = SampleDataset(load(built, patch=12, truth=["shine_through"]), augmentation=Augmentation(contrast=0, brightness=0))
    orientations = set()
    for index in range(len(plain)):
        before, after = plain[index], turned[index]
        (change,) = [
            change
            for change in (Change(turns, mirrored, 1.0, 0.0) for turns in range(4) for mirrored in (False, True))
            if np.array_equal(change.turn(before["image"].numpy()), after["image"].numpy())
        ]
        orientations.add(change)
        np.testing.assert_array_equal(change.turn(before["label"].numpy()), after["label"])
        np.testing.assert_array_equal(change.turn(before["shine_through"].numpy()), after["shine_through"])
    assert len(orientations) > 4


def test_what_is_not_square_keeps_its_shape() -> None:
    pixels = np.arange(6).reshape(1, 2, 3)
    assert {Change(turns, False, 1, 0).turn(pixels).shape for turns in range(4)} == {(1, 2, 3)}
    np.testing.assert_array_equal(Change(2, False, 1, 0).turn(pixels), pixels[:, ::-1, ::-1])


def test_every_epoch_is_augmented_anew_and_the_same_again(built: Path) -> None:
    dataset = SampleDataset(load(built), augmentation=Augmentation(), seed=3)
    first = dataset[0]["image"]
    dataset.set_epoch(1)
    assert not torch.equal(dataset[0]["image"], first)
    dataset.set_epoch(0)
    assert torch.equal(dataset[0]["image"], first)
    assert torch.equal(dataset[-8]["image"], first)
    assert not torch.equal(SampleDataset(load(built), augmentation=Augmentation(), seed=4)[0]["image"], first)


def test_items_do_not_depend_on_the_number_of_workers(built: Path) -> None:
    dataset = SampleDataset(load(built, adjacent_slices=3), augmentation=Augmentation(), seed=3)
    dataset[0]  # so that a file is open when workers are forked
    assert_equal(batches(dataset, workers=0), batches(dataset, workers=2))


@pytest.mark.parametrize("n_samples", [8, 5, 19])
def test_streams_do_not_depend_on_the_number_of_workers(n_samples: int, built: Path) -> None:
    stream = SampleStream(load(built), patch=(8, 6), n_samples=n_samples, batch_size=3, augmentation=Augmentation(), seed=3)
    alone = batches(stream, workers=0)
    assert len(alone) == len(DataLoader(stream, batch_size=3)) == -(-n_samples // 3)
    assert alone[0]["image"].shape == (3, 2, 8, 6)
    assert_equal(alone, batches(stream, workers=2))


def test_a_stream_with_another_batch_size_has_the_same_samples(built: Path) -> None:
    stream = SampleStream(load(built), seed=3)
    alone, shared = places(batches(stream, workers=0)), places(batches(stream, workers=2, batch_size=1))
    assert alone == shared
    assert sorted(places(batches(stream, workers=2, batch_size=2))) == sorted(alone)


def test_every_epoch_of_a_stream_has_every_sample_once_in_another_order(built: Path) -> None:
    stream = SampleStream(load(built), n_samples=16, seed=3)
    orders = []
    for epoch in range(2):
        stream.set_epoch(epoch)
        found = places(batches(stream, workers=0))
        orders += [found[:8], found[8:]]
    everything = [(f"train-{volume:03d}", face) for volume in range(2) for face in range(4)]
    assert all(sorted(order) == everything for order in orders)
    assert len({tuple(order) for order in orders}) == 4


def test_workers_that_stay_notice_the_epoch(built: Path) -> None:
    stream = SampleStream(load(built), batch_size=3, seed=3)
    loader = DataLoader(stream, batch_size=3, num_workers=1, persistent_workers=True)
    for epoch in range(2):
        stream.set_epoch(epoch)
        assert_equal(list(loader), batches(stream, workers=0))


def test_random_patches_are_cut_where_they_say_and_everywhere(built: Path) -> None:
    samples = load(built, channels=[2])
    stacks = dict(samples.stacks())
    corners = set()
    for item in SampleStream(samples, patch=(16, 10), n_samples=300):
        face = stacks[item["volume"]].images[1, item["slice"]].astype(np.float32) / np.float32(255)
        (corner,) = [(top, left) for top in range(5) for left in range(3) if np.array_equal(face[top : top + 16, left : left + 10], item["image"][0])]
        corners.add(corner)
    assert len(corners) == 15


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"n_samples": 0}, "1 or more, got 0 of 8"),
        ({"batch_size": 0}, "and 0"),
        ({"patch": 13}, r"up to \(20, 12\), got \(13, 13\)"),
        ({"patch": 0}, r"got \(0, 0\)"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str, built: Path) -> None:
    with pytest.raises(InputError, match=message):
        SampleStream(load(built), **options)
    with pytest.raises(InputError, match="An epoch must be 0 or more, got -1"):
        SampleDataset(load(built)).set_epoch(-1)

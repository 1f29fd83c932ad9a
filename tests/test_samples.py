from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import synthfib
from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.load import Corpus
from synthfib.corpus.open_stacks import OpenStacks
from synthfib.corpus.samples import Samples, Window, load
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError, UnknownNameError


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    out = tmp_path_factory.mktemp("samples") / "corpus"
    build_corpus(recipe, out)
    return out


@pytest.fixture(scope="module")
def stacks(built: Path) -> dict[str, ImageStack]:
    corpus = Corpus.open(built)
    return {volume.name: corpus.read(volume.name) for volume in corpus.manifest.volumes}


def labels(stack: ImageStack) -> np.ndarray[Any, Any]:
    assert stack.labels is not None
    return stack.labels


def test_whole_faces_are_the_default(built: Path, stacks: dict[str, ImageStack]) -> None:
    samples = synthfib.load(built)
    assert len(samples) == 8
    for index, sample in enumerate(samples):
        assert sample.label is not None
        name, face = f"train-{index // 4:03d}", index % 4
        assert sample.window == Window(name, face, 0, 0, 20, 12)
        assert np.array_equal(sample.image, stacks[name].images[:, face])
        assert sample.image.dtype == np.uint8
        assert np.array_equal(sample.label, labels(stacks[name])[face])
        assert sample.position_nm == stacks[name].plan.positions_nm[face]
        assert sample.truth == {}
    assert samples[-1].window == samples[7].window
    with pytest.raises(IndexError):
        samples[8]


def test_a_part_of_the_samples_is_chosen_without_reading(built: Path) -> None:
    samples = load(built)
    samples._files.at = None  # type: ignore[assignment, method-assign]
    assert [samples[5:1:-2].window(index).face for index in (0, 1)] == [1, 3]
    assert len(samples[2:]) == 6
    assert repr(samples[2:]) == "Samples(6 of tiny 1.0.0, 2 volumes train-000 to train-001)"


def test_channels_are_chosen_and_ordered(built: Path, stacks: dict[str, ImageStack]) -> None:
    images = stacks["test-000"].images
    assert np.array_equal(load(built, split="test", channels=[2, 1])[1].image, images[::-1, 1])
    assert np.array_equal(load(built, split="test", channels=[Channel(2.0, "in-lens-bse")])[1].image, images[1:, 1])
    for channel in (4.0, Channel(2.0, "etd")):
        with pytest.raises(InputError, match="the corpus has 1 keV in-lens-bse, 2 keV in-lens-bse; choose"):
            load(built, channels=[channel])


def test_neighbours_of_one_channel_are_together(built: Path, stacks: dict[str, ImageStack]) -> None:
    samples, images = load(built, split="test", adjacent_slices=3), stacks["test-000"].images
    for face, seen in enumerate([[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 3]]):
        assert np.array_equal(samples[face].image, images[:, seen].reshape(6, 20, 12))
        label = samples[face].label
        assert label is not None
        assert np.array_equal(label, labels(stacks["test-000"])[face])


@pytest.mark.parametrize(
    ("patch", "stride", "tops", "lefts"),
    [
        (8, None, [0, 8, 12], [0, 4]),
        ((10, 12), None, [0, 10], [0]),
        ((20, 12), (1, 1), [0], [0]),
        ((12, 6), (4, 5), [0, 4, 8], [0, 5, 6]),
    ],
)
def test_patches_cover_the_face(patch: Any, stride: Any, tops: list[int], lefts: list[int], built: Path, stacks: dict[str, ImageStack]) -> None:
    samples = load(built, split="test", patch=patch, stride=stride, adjacent_slices=3)
    corners = [(top, left) for top in tops for left in lefts]
    assert len(samples) == 4 * len(corners)
    covered = np.zeros((4, 20, 12), bool)
    for index, sample in enumerate(samples):
        window = sample.window
        assert sample.label is not None
        assert (window.face, (window.top, window.left)) == (index // len(corners), corners[index % len(corners)])
        assert np.array_equal(sample.image[1], stacks["test-000"].images[(0, window.face, *window.pixels)])
        assert np.array_equal(sample.label, labels(stacks["test-000"])[(window.face, *window.pixels)])
        covered[(window.face, *window.pixels)] = True
    assert covered.all()


def test_truth_is_read_on_request(built: Path, stacks: dict[str, ImageStack]) -> None:
    stack = stacks["test-000"]
    assert stack.depth_to_solid_nm is not None
    assert stack.shine_through is not None
    sample = load(built, split="test", patch=(8, 6), channels=[2], truth=["depth_to_solid_nm", "shine_through"])[1]
    window = sample.window
    assert set(sample.truth) == {"depth_to_solid_nm", "shine_through"}
    assert np.array_equal(sample.truth["depth_to_solid_nm"], stack.depth_to_solid_nm[(window.face, *window.pixels)])
    assert np.array_equal(sample.truth["shine_through"], stack.shine_through[(slice(1, 2), window.face, *window.pixels)])
    with pytest.raises(UnknownNameError, match="Unknown truth 'depth_to_solid': did you mean depth_to_solid_nm"):
        load(built, truth=["depth_to_solid"])
    with pytest.raises(InputError, match="has no 'yields'; leave it out"):
        load(built, truth=["yields"])


def test_volumes_come_one_after_the_other(built: Path, stacks: dict[str, ImageStack]) -> None:
    found = dict(load(built).stacks())
    assert list(found) == ["train-000", "train-001"]
    assert all(np.array_equal(stack.images, stacks[name].images) for name, stack in found.items())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adjacent_slices": 2}, "must be odd, got 2"),
        ({"adjacent_slices": -1}, "must be odd, got -1"),
        ({"patch": 13}, "must fit on a face, train-000 has 20 x 12 pixels, got 13"),
        ({"patch": 0}, "The patch needs one or two positive numbers of pixels"),
        ({"patch": (8, 8, 8)}, "The patch needs one or two positive numbers of pixels"),
        ({"patch": 8, "stride": (4, 0)}, "The stride needs"),
        ({"stride": 4}, "give the size of a patch too"),
        ({"split": "validation"}, "Unknown split 'validation'"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str, built: Path) -> None:
    with pytest.raises(InputError, match=message):
        load(built, **options)


@pytest.mark.parametrize(
    "window",
    [
        Window("train-000", 4, 0, 0, 8, 8),
        Window("train-000", -1, 0, 0, 8, 8),
        Window("train-000", 0, 13, 0, 8, 8),
        Window("train-000", 0, -1, 0, 8, 8),
        Window("train-000", 0, 0, 5, 8, 8),
        Window("train-000", 0, 0, 0, 0, 8),
    ],
)
def test_windows_outside_a_volume_are_refused(window: Window, built: Path) -> None:
    with pytest.raises(InputError, match="must be inside the 4 slices of 20 x 12 pixels of train-000"):
        load(built).read(window)
    with pytest.raises(UnknownNameError, match="Unknown volume 'test-000'"):
        load(built).read(Window("test-000", 0, 0, 0, 8, 8))


def checksum(samples: Samples) -> tuple[int, int]:
    return os.getpid(), sum(int(sample.image.sum()) for sample in samples)


def test_many_threads_share_the_samples(built: Path) -> None:
    samples = load(built, adjacent_slices=3)
    object.__setattr__(samples, "_files", OpenStacks(most=1))  # so that files are closed all the time
    expected = [sample.image for sample in samples]
    with ThreadPoolExecutor(8) as pool:
        for index, image in pool.map(lambda index: (index % 8, samples[index % 8].image), range(200)):
            assert np.array_equal(image, expected[index])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_another_process_opens_the_files_again(method: str, built: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"needs {method}")
    samples = load(built)
    here = checksum(samples)
    with multiprocessing.get_context(method).Pool(1) as pool:
        there = pool.apply_async(checksum, (samples,)).get(timeout=60)
    assert there[0] != here[0]
    assert there[1] == here[1]
    assert checksum(samples) == here


def test_a_pickle_is_small_and_holds_no_file(built: Path) -> None:
    samples = load(built)
    samples[0]
    assert np.array_equal(pickle.loads(pickle.dumps(samples))[3].image, samples[3].image)
    assert len(pickle.dumps(samples)) < 20_000


def test_few_files_are_open_at_a_time(built: Path) -> None:
    opened, corpus = OpenStacks(most=2), Corpus.open(built)
    for volume in (*corpus.manifest.volumes, *corpus.manifest.volumes):
        with opened.at(built / volume.file, volume.shape) as stack:
            assert stack.read("labels", 0).shape == (20, 12)
    (files,) = opened._by_process.values()
    assert [path.stem for path in files.opened] == ["train-001", "test-000"]


def test_damaged_volumes_are_one_sentence(built: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "corpus"))
    volume = folder / "volumes/train-000.h5"
    with h5py.File(volume, "r") as file:
        (offset, size) = min((chunk.byte_offset, chunk.size) for chunk in [file["images"].id.get_chunk_info(0)])
    damaged = bytearray(volume.read_bytes())
    damaged[offset + size // 2] ^= 0xFF
    volume.write_bytes(damaged)
    with pytest.raises(InputError, match="cannot be read as HDF5"):
        load(folder)
    shutil.copy(folder / "volumes/train-001.h5", volume)
    with h5py.File(volume, "r+") as file:
        del file["images"]
        file["images"] = np.zeros((2, 4, 4, 4), np.uint8)
    with pytest.raises(InputError, match=r"must hold images of shape \(2, 4, 20, 12\)"):
        load(folder)
    volume.unlink()
    with pytest.raises(InputError, match="there is none"):
        load(folder)

"""The library `datasets` of Hugging Face reads a corpus as it is, without a network and without a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib._optional import require
from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.load import Corpus
from synthfib.corpus.secret import Secret
from synthfib.data.parquet import Column, png, table_schema, write_table
from synthfib.data.stack import ImageStack
from synthfib.errors import MissingDependencyError

try:
    datasets: Any = require("datasets", attribute="load_dataset", extra="publish")
except MissingDependencyError:
    pytest.skip("needs datasets", allow_module_level=True)

ROOT = Path(__file__).parent.parent
IMAGES = ("image_1kev_in_lens_bse", "image_2kev_in_lens_bse")


def tiny(**changes: Any) -> CorpusRecipe:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        materials=("npg", "hnpg-vacuum"),
        microscope="helios-g3-multi-voltage",
        energies_kev=(1.0, 2.0),
        voxel_size_nm=5.0,
        slices=3,
        pixels=(16, 12),
        splits=SplitSizes(train=2, validation=0, test=1),
    )
    return recipe.model_copy(update=changes)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("published") / "corpus"
    build_corpus(tiny(), out)
    return out


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    return lambda *arguments, **options: datasets.load_dataset(*map(str, arguments), cache_dir=str(tmp_path / "cache"), **options)


def stacks(folder: Path, split: str) -> list[ImageStack]:
    corpus = Corpus.open(folder)
    return [corpus.read(name) for name in corpus.names(split)]


def test_slices_are_the_default(built: Path, load: Any) -> None:
    found = load(built)
    assert {split: data.num_rows for split, data in found.items()} == {"train": 6, "test": 3}
    assert datasets.get_dataset_config_names(str(built)) == ["slices", "volumes"]
    rows = iter(found["train"])
    for name, stack in zip(("train-000", "train-001"), stacks(built, "train"), strict=True):
        assert stack.labels is not None
        for face in range(3):
            row = next(rows)
            assert (row["volume"], row["slice"], row["position_nm"]) == (name, face, stack.plan.positions_nm[face])
            assert np.array_equal(np.asarray(row["label"]), stack.labels[face])
            for channel, image in enumerate(IMAGES):
                assert np.array_equal(np.asarray(row[image]), stack.images[channel, face])


def test_volumes_are_the_other_one(built: Path, load: Any) -> None:
    found = load(built, "volumes", split="train")
    assert found["volume"] == ["train-000", "train-001"]
    for row in found:
        assert (built / row["file"]).is_file()
        assert json.loads(row["energies_kev"]) == [1.0, 2.0]


def test_slices_stream(built: Path, load: Any) -> None:
    stream = load(built, split="test", streaming=True)
    (stack,) = stacks(built, "test")
    assert stack.labels is not None
    assert np.array_equal([np.asarray(row["label"]) for row in stream], stack.labels)
    assert np.array_equal([np.asarray(row[IMAGES[1]]) for row in stream], stack.images[1])


def test_images_become_arrays(built: Path, load: Any) -> None:
    arrays = load(built, split="test").with_format("numpy")[:]
    (stack,) = stacks(built, "test")
    assert stack.labels is not None
    assert arrays["label"].dtype == np.uint8
    assert np.array_equal(arrays["label"], stack.labels)
    assert np.array_equal(arrays[IMAGES[0]], stack.images[0])


def test_sixteen_bits_stay_sixteen(load: Any, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(2**16, size=(8, 9), dtype=np.uint16)
    write_table(tmp_path / "faces.parquet", table_schema([Column("face", "image")]), iter([{"face": png(pixels)}]), bytes_per_row=144)
    found = load("parquet", data_files=str(tmp_path / "faces.parquet"), split="train")
    assert np.array_equal(np.asarray(found[0]["face"]), pixels)
    (face,) = found.with_format("numpy")[:]["face"]
    assert face.dtype == np.uint16
    assert np.array_equal(face, pixels)


def test_a_sealed_split_has_the_same_columns_without_truth(load: Any, tmp_path: Path) -> None:
    secret = Secret(bytes(range(16)), 12345)
    build_corpus(tiny(sealed=secret.commitment), tmp_path / "corpus", secret=secret)
    found = load(tmp_path / "corpus")
    assert found["test"].features == found["train"].features
    (stack,) = stacks(tmp_path / "corpus", "test")
    for face, row in enumerate(found["test"]):
        assert (row["label"], row["solid_fraction"]) == (None, None)
        assert row["position_nm"] == row["nominal_position_nm"]
        assert np.array_equal(np.asarray(row[IMAGES[0]]), stack.images[0, face])
    (volume,) = load(tmp_path / "corpus", "volumes", split="test")
    assert (volume["seed_structure"], volume["solid_fraction"]) == (None, None)


def test_the_folder_of_corpora_does_not_hide_the_library(built: Path, tmp_path: Path) -> None:
    code = f"from datasets import load_dataset; print(load_dataset({str(built)!r}, split='test').num_rows)"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "HF_DATASETS_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "3\n"

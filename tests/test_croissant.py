"""croissant.json, read by the library of those who made the format."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.about import gather
from synthfib.corpus.build import build_corpus
from synthfib.corpus.croissant import croissant_text
from synthfib.corpus.editions import Edition
from synthfib.corpus.load import Corpus
from synthfib.corpus.recipe import resolve

RECIPE = CorpusRecipe(
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
    slices=3,
    pixels=(16, 12),
    splits=SplitSizes(train=2, validation=1, test=1),
    keep=("structures",),
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    out = tmp_path_factory.mktemp("croissant") / "corpus"
    build_corpus(RECIPE, out)
    return Corpus.open(out)


@pytest.fixture
def released(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    resolved = resolve(RECIPE)
    edition = Edition(recipe_digest=resolved.digest, released="2031-05-06")
    monkeypatch.setattr("synthfib.corpus.about.find_edition", lambda name, version: edition)
    document: dict[str, Any] = json.loads(croissant_text(gather(resolved, corpus.manifest, corpus.path), corpus.path))
    return document


def test_every_file_of_data_is_there_with_its_checksum(corpus: Corpus) -> None:
    document = json.loads((corpus.path / "croissant.json").read_text(encoding="utf-8"))
    files = {entry["contentUrl"]: entry["sha256"] for entry in document["distribution"] if entry["@type"] == "cr:FileObject"}
    assert files == {entry.file: entry.sha256 for entry in corpus.manifest.files}
    assert {name.split("/")[0] for name in files} == {"volumes", "structures", "tables"}


def test_it_says_what_to_use_it_for(released: dict[str, Any]) -> None:
    assert all(released[f"rai:{key}"] for key in ("dataCollection", "dataUseCases", "dataLimitations", "dataBiases", "personalSensitiveInformation"))
    assert released["datePublished"] == "2031-05-06"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_mlcroissant_finds_nothing_wrong_and_decodes_the_tables(
    corpus: Corpus, released: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mlc = pytest.importorskip("mlcroissant")
    shutil.copytree(corpus.path, tmp_path / "released")
    (tmp_path / "released/croissant.json").write_text(json.dumps(released), encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        dataset = mlc.Dataset(jsonld=tmp_path / "released/croissant.json")
        slices, volumes = list(dataset.records("slices")), list(dataset.records("volumes"))
    issues = dataset.metadata.ctx.issues
    assert (set(issues.errors), set(issues.warnings)) == (set(), set())
    assert [record.message for record in caplog.records] == []
    assert len(slices) == 12
    assert {row["volumes/split"] for row in volumes} == {b"train", b"validation", b"test"}
    row = next(row for row in slices if (row["slices/volume"], row["slices/slice"]) == (b"train-001", 2))
    stack = corpus.read("train-001")
    assert stack.labels is not None
    assert np.array_equal(np.asarray(row["slices/label"]), stack.labels[2])
    assert np.array_equal(np.asarray(row["slices/image_2kev_in_lens_bse"]), stack.images[1, 2])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_mlcroissant_finds_a_dangling_reference(released: dict[str, Any]) -> None:
    mlc = pytest.importorskip("mlcroissant")
    released["recordSet"][1]["field"][1]["source"]["fileSet"]["@id"] = "nowhere"
    with pytest.raises(mlc.ValidationError):
        mlc.Dataset(jsonld=released)

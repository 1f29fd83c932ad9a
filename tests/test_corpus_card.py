"""What stands beside the data of a corpus: card, pictures, datasheet, citation, metadata."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from synthfib.catalogue import CorpusRecipe, SliceThicknessRecipe, SplitSizes
from synthfib.corpus.about import gather, work_of
from synthfib.corpus.build import build_corpus
from synthfib.corpus.card import render_card
from synthfib.corpus.citation import Work, software
from synthfib.corpus.datacite import datacite_text
from synthfib.corpus.description import description
from synthfib.corpus.editions import Edition
from synthfib.corpus.example_faces import example_faces
from synthfib.corpus.licence import licence
from synthfib.corpus.load import Corpus
from synthfib.corpus.recipe import ResolvedRecipe, resolve
from synthfib.corpus.size import size_text
from synthfib.corpus.statistics import Chords
from synthfib.corpus.words import sections, words

ROOT = Path(__file__).parent.parent


def tiny(**changes: Any) -> CorpusRecipe:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny: 5 % & more",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        creators=("Curie, Marie", "A group"),
        materials=("npg", "hnpg-vacuum"),
        microscope="helios-g3-multi-voltage",
        energies_kev=(1.0, 2.0),
        voxel_size_nm=5.0,
        slices=3,
        pixels=(16, 12),
        splits=SplitSizes(train=2, validation=1, test=1),
    )
    return recipe.model_copy(update=changes)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    out = tmp_path_factory.mktemp("card") / "corpus"
    build_corpus(tiny(), out)
    return Corpus.open(out)


@pytest.fixture(scope="module")
def resolved() -> ResolvedRecipe:
    return resolve(tiny())


def test_the_card_has_the_real_figures(corpus: Corpus) -> None:
    card = (corpus.path / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: cc0-1.0\n")
    for text in (
        "4 volumes (2 train, 1 validation, 1 test), 12 slices of 16 x 12 pixels",
        "channels at 1, 2 keV",
        "slices 10.16 nm apart (gamma-distributed, standard deviation 3.12 nm)",
        "Seed: 7.",
        "10.1016/j.actamat.2018.01.005",
        f"content {corpus.digest}",
        "![Example faces with their truth](card/examples.png)",
        "![Slice thickness, porosity and straight runs](card/figures.png)",
    ):
        assert text in card
    labels = corpus.read("train-001").labels
    assert labels is not None
    assert f"| train | hierarchical-nanoporous-gold-vacuum | 1 | 1 | 3 | {100 * np.mean(labels == 0):.2f} % |" in card


def test_sizes_of_the_card_are_those_of_the_labels(corpus: Corpus) -> None:
    labels = corpus.read("train-001").labels
    assert labels is not None
    runs = [len(run) for lines in (labels, labels.swapaxes(1, 2)) for line in lines.reshape(-1, lines.shape[2]) for run in _runs_of_solid(line)]
    card = (corpus.path / "README.md").read_text(encoding="utf-8")
    assert f"| hierarchical-nanoporous-gold-vacuum | {5 * np.mean(runs):.1f} nm |" in card


def _runs_of_solid(line: np.ndarray[Any, Any]) -> Sequence[str]:
    return "".join("#" if label else " " for label in line).split()


def test_chords_of_known_runs() -> None:
    chords = Chords(np.array([0, 2, 0, 2]), 10.0)
    assert chords.mean_nm == 20
    assert chords.diameter_nm == (2 * 1 + 2 * 9) * 100 / (2 * (2 + 6) * 10)
    assert Chords(np.zeros(4, np.int64), 10.0).mean_nm == Chords(np.zeros(4, np.int64), 10.0).diameter_nm == 0


def test_pictures_show_every_material(corpus: Corpus) -> None:
    faces = example_faces(corpus.manifest.volumes, corpus.path)
    assert [face.volume for face in faces] == ["train-000", "train-001"]
    stack = corpus.read("train-001")
    assert np.array_equal(faces[1].images, stack.images[:, 1])
    for name in ("examples", "figures"):
        with Image.open(corpus.path / f"card/{name}.png") as picture:
            assert picture.size[0] > 800
            assert set(picture.info) <= {"dpi"}, "no time and no name of a program"
            assert len(np.unique(np.asarray(picture.convert("L")))) > 50


SCRIPT = """
import sys, hashlib
from pathlib import Path
import matplotlib
matplotlib.rcParams["font.size"] = 25
from synthfib.catalogue import load_corpus
from synthfib.corpus.description import description
from synthfib.corpus.manifest import read_manifest
from synthfib.corpus.recipe import resolve
folder = Path(sys.argv[1])
files = description(resolve(load_corpus(folder / "recipe.yaml")), read_manifest(folder), folder)
print(*(f"{hashlib.sha256(content).hexdigest()} {name}" for name, content in sorted(files.items())), sep="\\n")
"""


def test_another_process_with_other_settings_writes_the_same_bytes(corpus: Corpus, resolved: ResolvedRecipe) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(corpus.path)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    written = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert {name: hashlib.sha256((corpus.path / name).read_bytes()).hexdigest() for name in written} == written
    assert set(written) == set(description(resolved, corpus.manifest, corpus.path))


def test_sealed_truth_is_in_no_figure(corpus: Corpus, resolved: ResolvedRecipe) -> None:
    volumes = tuple(volume.model_copy(update={"solid_fraction": None}) for volume in corpus.manifest.volumes)
    manifest = corpus.manifest.model_copy(update={"volumes": volumes})
    files = description(resolved, manifest, corpus.path)
    assert "card/examples.png" not in files
    assert Image.open(io.BytesIO(files["card/figures.png"])).size[0] > 800
    card = files["README.md"].decode()
    assert "| sealed |" in card
    assert "examples.png" not in card
    assert "mean run" not in card


def test_citation_file_follows_the_format(corpus: Corpus) -> None:
    cff = yaml.safe_load((corpus.path / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= cff.keys()
    assert (cff["cff-version"], cff["type"], cff["version"], cff["license"]) == ("1.2.0", "dataset", "1.0.0", "CC0-1.0")
    assert cff["authors"] == [{"family-names": "Curie", "given-names": "Marie"}, {"name": "A group"}]
    assert cff["identifiers"][0]["value"] == f"sha256:{corpus.digest}"
    assert "date-released" not in cff, "what is not known is left out"


def test_software_is_cited_as_the_repository_says() -> None:
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert yaml.safe_load(software().to_cff()) == {**said, "message": "If you use this software, please cite it as below."}


def test_bibtex_survives_tex() -> None:
    work = Work("dataset", "x", "5 % of {a_b} & c", "1.0.0", ("Curie, Marie", "A group"), "MIT", "", (), "2031-05-06", "10.1/x")
    lines = work.to_bibtex().splitlines()
    assert lines[0] == "@misc{x-1.0.0,"
    assert "  author = {Curie, Marie and {A group}}," in lines
    assert r"  title = {{5 \% of {a\_b} \& c}}," in lines
    assert "  year = {2031}," in lines
    assert "  doi = {10.1/x}," in lines
    assert lines[-1] == "}"


def test_datacite_has_what_a_doi_needs(corpus: Corpus, resolved: ResolvedRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = json.loads((corpus.path / "datacite.json").read_text(encoding="utf-8"))
    assert "publicationYear" not in unknown
    edition = Edition(recipe_digest=resolved.digest, released="2031-05-06", doi="10.5281/zenodo.1")
    monkeypatch.setattr("synthfib.corpus.about.find_edition", lambda name, version: edition)
    known = json.loads(datacite_text(gather(resolved, corpus.manifest, corpus.path)))
    assert {"creators", "titles", "publisher", "publicationYear", "types", "schemaVersion"} <= known.keys()
    assert (known["publicationYear"], known["doi"], known["version"]) == ("2031", "10.5281/zenodo.1", "1.0.0")
    assert known["creators"][0] == {"name": "Curie, Marie", "nameType": "Personal", "familyName": "Curie", "givenName": "Marie"}
    assert known["creators"][1] == {"name": "A group", "nameType": "Organizational"}
    assert known["rightsList"][0]["rightsIdentifier"] == "CC0-1.0"
    assert all(related["relatedIdentifierType"] in ("DOI", "URL") for related in known["relatedIdentifiers"])


def test_another_recipe_does_not_get_the_date_of_a_registered_one(resolved: ResolvedRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = Edition(recipe_digest="0" * 64, released="2031-05-06", doi="10.5281/zenodo.1")
    monkeypatch.setattr("synthfib.corpus.about.find_edition", lambda name, version: edition)
    assert (work_of(resolved).released, work_of(resolved).doi) == (None, None)


def test_the_datasheet_answers_from_the_recipe(corpus: Corpus) -> None:
    sheet = (corpus.path / "DATASHEET.md").read_text(encoding="utf-8")
    assert "4 volumes (2 train, 1 validation, 1 test) of 4 structures, 12 slices of 16 x 12 pixels" in sheet
    assert "0 is epoxy, 1 gold; or 0 is vacuum, 1 gold" in sheet
    assert "{" not in sheet, "every place is filled in"
    assert sheet.count("\n**") > 30


@pytest.mark.parametrize("name", ["quickstart", "hnpg-multivoltage", "ec-hpc-film", "slice-thickness"])
def test_words_of_our_corpora_are_complete(name: str, resolved: ResolvedRecipe) -> None:
    general = words(resolved)
    corpus = resolved.corpus.model_copy(update={"name": f"{name}-small"})
    own = words(ResolvedRecipe(corpus, resolved.materials, resolved.microscope))
    for part in ("card", "purpose", "uses", "misuses", "limitations", "bias"):
        assert getattr(own, part) not in ("", getattr(general, part)), part
    assert "**" not in own.abstract
    assert f"\n## {resolved.corpus.version}\n" in own.changes


def test_sections_of_a_text() -> None:
    assert sections("# Title\n\n## One\n\na\nb\n\n## Two\nc") == {"One": "a b", "Two": "c"}
    assert sections("") == {}


def test_licences() -> None:
    assert licence("CC-BY-4.0").url == "https://creativecommons.org/licenses/by/4.0/legalcode"
    text = licence("Ask me").to_text("Title", "Somebody")
    assert "Ask me" in text
    assert "http" not in text


@pytest.mark.parametrize(("n_bytes", "text"), [(0, "0 bytes"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (3_400_000_000, "3.4 GB")])
def test_sizes(n_bytes: int, text: str) -> None:
    assert size_text(n_bytes) == text


@pytest.mark.parametrize(("grid_nm", "text"), [(5.0, "slices 10 nm apart, faces on multiples of 5 nm.\n"), (None, "slices 10 nm apart.\n")])
def test_the_card_says_where_faces_lie(corpus: Corpus, grid_nm: float | None, text: str) -> None:
    resolved = resolve(tiny(slice_thickness=SliceThicknessRecipe(mean_nm=10, grid_nm=grid_nm)))
    assert text in render_card(gather(resolved, corpus.manifest, corpus.path), n_examples=0)


def test_the_card_is_written_without_examples(corpus: Corpus, resolved: ResolvedRecipe) -> None:
    assert "examples.png" not in render_card(gather(resolved, corpus.manifest, corpus.path), n_examples=0)

"""Versions of corpora, and the register of editions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synthfib.catalogue import list_recipes, load_corpus, small_edition
from synthfib.corpus.build import build_corpus
from synthfib.corpus.editions import Edition, deviation, find_edition, load_editions
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import Manifest, StructureEntry, TableEntry, VolumeEntry
from synthfib.corpus.recipe import recipe_digest
from synthfib.corpus.versions import Bump, check_version, required_bump
from synthfib.errors import InputError, RecipeError

A, B = "a" * 64, "b" * 64


def volume(name: str = "train-000", **changes: Any) -> VolumeEntry:
    entry = VolumeEntry(
        name=name,
        split="train",
        structure=name,
        material="npg",
        file=f"volumes/{name}.h5",
        bytes=1,
        sha256=A,
        content_sha256={"images": A, "labels": A},
        shape=(1, 1, 1, 1),
        solid_fraction=0.5,
        seeds={},
        degradations={},
    )
    return entry.model_copy(update=changes)


STRUCTURE = StructureEntry(
    name="train-000",
    split="train",
    material="npg",
    file="structures/train-000.h5",
    bytes=1,
    sha256=A,
    content_sha256={"labels": A},
    shape=(1, 1, 1),
    solid_fraction=0.5,
)
TABLE = TableEntry(config="slices", split="train", file="tables/slices/train-00000-of-00001.parquet", bytes=1, sha256=A, rows=3)


def manifest(**changes: Any) -> Manifest:
    made = Manifest(name="tiny", version="1.2.3", synthfib="0.1.0", recipe_digest=A, content_digest=A, volumes=(volume(),), tables=(TABLE,))
    return made.model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"volumes": (volume(content_sha256={"images": B, "labels": A}),)}, "In the volume train-000 the array images is another one."),
        ({"volumes": (volume(content_sha256={"images": A}),)}, "In the volume train-000 the array labels is gone."),
        ({"volumes": (volume(content_sha256={"images": A, "labels": A, "yields": A}),)}, "In the volume train-000 the array yields is new."),
        ({"volumes": (volume(withheld_sha256={"labels": A}),)}, "The sealed truth of the volume train-000 is another one."),
        ({"volumes": (volume(), volume("train-001"))}, "The volume train-001 is new, so that the split train is another one."),
        ({"volumes": (volume("train-001"),)}, "The volume train-000 is gone."),
        ({"tables": ()}, "The table tables/slices/train-00000-of-00001.parquet is gone."),
        ({"tables": (TABLE.model_copy(update={"rows": 4}),)}, "The table tables/slices/train-00000-of-00001.parquet has another number of rows."),
    ],
)
def test_changed_data_is_a_major_version(changes: dict[str, Any], reason: str) -> None:
    assert required_bump(manifest(), manifest(**changes)) == Bump("major", reason)


def test_changed_structures_are_a_major_version() -> None:
    other = STRUCTURE.model_copy(update={"content_sha256": {"labels": B}})
    assert required_bump(manifest(structures=(STRUCTURE,)), manifest(structures=(other,))).kind == "major"
    assert required_bump(manifest(structures=(STRUCTURE,)), manifest()) == Bump("major", "The structure train-000 is gone.")


def test_additions_are_a_minor_version() -> None:
    assert required_bump(manifest(), manifest(structures=(STRUCTURE,))).kind == "minor"
    more = TABLE.model_copy(update={"config": "volumes", "file": "tables/volumes/train-00000-of-00001.parquet"})
    assert required_bump(manifest(), manifest(tables=(TABLE, more))) == Bump("minor", "The tables volumes are new, everything else is as it was.")


def test_words_and_compression_are_a_patch() -> None:
    assert required_bump(manifest(), manifest(recipe_digest=B, volumes=(volume(sha256=B, bytes=2),))).kind == "patch"


@pytest.mark.parametrize(("kind", "due"), [("patch", "1.2.4"), ("minor", "1.3.0"), ("major", "2.0.0")])
def test_the_version_that_is_due(kind: Any, due: str) -> None:
    assert Bump(kind, "").apply("1.2.3") == due


def test_a_version_that_is_too_low_is_refused() -> None:
    changed = {"volumes": (volume(content_sha256={"images": B}),)}
    check_version(manifest(), manifest(version="2.0.0", **changed))
    check_version(manifest(), manifest(version="1.2.4"))
    with pytest.raises(InputError, match=r"After tiny 1\.2\.3 version 2\.0\.0 or higher is required, got 1\.10\.0"):
        check_version(manifest(), manifest(version="1.10.0", **changed))


def test_two_corpora_do_not_compare() -> None:
    with pytest.raises(InputError, match="Two builds of one corpus"):
        required_bump(manifest(), manifest(name="other"))


def test_deviations_are_one_sentence() -> None:
    assert deviation(manifest(), Edition(recipe_digest=A, content_digest=A)) is None
    assert deviation(manifest(), Edition(recipe_digest=A)) is None
    assert "another recipe" in str(deviation(manifest(), Edition(recipe_digest=B)))
    different = str(deviation(manifest(), Edition(recipe_digest=A, content_digest=B)))
    assert "The content differs from that registered for tiny 1.2.3" in different
    assert different.count(". ") == 0


def test_every_corpus_is_registered_with_the_recipe_that_it_has() -> None:
    for listing in list_recipes("corpus"):
        recipe = load_corpus(listing.name)
        for edition in (recipe, small_edition(recipe)):
            registered = find_edition(edition.name, edition.version)
            assert registered is not None, f"{edition.name}@{edition.version} is not in datasets/registry.yaml"
            assert registered.recipe_digest == recipe_digest(edition), f"{edition.name} has changed: give it a new version and register that"


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "name",
    [
        "quickstart",
        pytest.param("hnpg-multivoltage", marks=SLOW),
        pytest.param("ec-hpc-film", marks=SLOW),
        pytest.param("slice-thickness", marks=SLOW),
    ],
)
def test_small_editions_have_the_registered_content(name: str, tmp_path: Path) -> None:
    if name == "ec-hpc-film":
        pytest.importorskip("torch")
    recipe = small_edition(load_corpus(name))
    build_corpus(recipe, tmp_path / name)
    digest = Corpus.open(tmp_path / name).digest
    registered = find_edition(recipe.name, recipe.version)
    assert registered is not None
    assert digest == registered.content_digest


def test_a_register_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "registry.yaml"
    path.write_text(f"schema: synthfib/editions@1\neditions:\n  tiny@1.0.0: {{recipe_digest: {A}, released: 2031-05-06}}\n")
    assert load_editions(path) == {"tiny@1.0.0": Edition(recipe_digest=A, released="2031-05-06")}
    for text, problem in (
        (f"schema: synthfib/editions@1\neditions: {{tiny: {{recipe_digest: {A}}}}}\n", "tiny"),
        ("schema: synthfib/editions@1\neditions: {tiny@1.0.0: {recipe_digest: 12}}\n", "must be text"),
        (f"schema: synthfib/editions@1\neditions: {{tiny@1.0.0: {{recipe_digest: {A}, day: 1}}}}\n", "day is not a known key"),
        ("schema: synthfib/editions@1\n", "editions is required"),
        ("editions: !!python/object:os.system {}\n", "tags"),
    ):
        path.write_text(text)
        with pytest.raises(RecipeError, match=problem):
            load_editions(path)

"""Corpora of strangers: whatever is in the folder, every command says one sentence, reads nothing outside and takes no memory for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synthfib as package
from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.checksums import SUMS, files_below, sums_text
from synthfib.corpus.contained import contained
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import MANIFEST, file_sha256
from synthfib.corpus.own_recipe import own_recipe
from synthfib.corpus.verify import verify_corpus
from synthfib.data.resources import peak_memory_bytes
from synthfib.errors import InputError

Run = Callable[..., Any]
Attack = Callable[[Path], None]
VOLUME = "volumes/train-000.h5"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.2.3",
        license="CC0-1.0",
        seed=7,
        materials=("npg",),
        microscope="helios-g3-multi-voltage",
        energies_kev=(2.0,),
        voxel_size_nm=5.0,
        slices=3,
        pixels=(16, 16),
        splits=SplitSizes(train=1, validation=1, test=1),
    )
    out = tmp_path_factory.mktemp("corpora") / "original"
    build_corpus(recipe, out)
    return out


@pytest.fixture
def corpus(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "corpus"))


def sign_again(corpus: Path) -> None:
    """Make checksums and manifest agree with whatever plain files are there, as an attacker would."""
    manifest = (corpus / MANIFEST).read_text() if (corpus / MANIFEST).stat().st_size < 1_000_000 else ""
    for entry in Corpus.open(corpus).manifest.files if manifest else ():
        if (corpus / entry.file).is_file():
            manifest = manifest.replace(entry.sha256, file_sha256(corpus / entry.file))
    if manifest:
        (corpus / MANIFEST).write_text(manifest)
    plain = [name for name in files_below(corpus) if (corpus / name).is_file() and not (corpus / name).is_symlink()]
    (corpus / SUMS).write_text(sums_text({name: file_sha256(corpus / name) for name in plain}))


def external_link(corpus: Path) -> None:
    shutil.copy(corpus / VOLUME, corpus.parent / "outside.h5")
    with h5py.File(corpus / VOLUME, "r+") as file:
        del file["images"]
        file["images"] = h5py.ExternalLink(str(corpus.parent / "outside.h5"), "/images")
    sign_again(corpus)


def external_storage(corpus: Path) -> None:
    (corpus.parent / "private.bin").write_bytes(bytes(768))
    with h5py.File(corpus / VOLUME, "r+") as file:
        del file["images"]
        file.create_dataset("images", shape=(1, 3, 16, 16), dtype="u1", external=[(str(corpus.parent / "private.bin"), 0, 768)])
    sign_again(corpus)


def gigantic(corpus: Path) -> None:
    with h5py.File(corpus / VOLUME, "r+") as file:
        del file["images"]
        file.create_dataset("images", shape=(1, 3, 600_000, 600_000), dtype="u1", chunks=(1, 1, 1000, 1000), compression="gzip")
    sign_again(corpus)


def objects(corpus: Path) -> None:
    with h5py.File(corpus / VOLUME, "r+") as file:
        del file["images"]
        file.create_dataset("images", shape=(1, 3, 16, 16), dtype=h5py.ref_dtype)
    sign_again(corpus)


def nan_positions(corpus: Path) -> None:
    with h5py.File(corpus / VOLUME, "r+") as file:
        positions: Any = file["positions_nm"]
        positions[1] = float("nan")
    sign_again(corpus)


def link_to_a_volume(corpus: Path) -> None:
    shutil.move(corpus / VOLUME, corpus.parent / "outside.h5")
    (corpus / VOLUME).symlink_to(corpus.parent / "outside.h5")


def link_to_a_folder(corpus: Path) -> None:
    shutil.move(corpus / "volumes", corpus.parent / "outside")
    (corpus / "volumes").symlink_to(corpus.parent / "outside")


def pipe(corpus: Path) -> None:
    (corpus / VOLUME).unlink()
    os.mkfifo(corpus / VOLUME)


def device(corpus: Path) -> None:
    (corpus / VOLUME).unlink()
    (corpus / VOLUME).symlink_to("/dev/zero")


VOLUME_ATTACKS = (external_link, external_storage, gigantic, objects, nan_positions, link_to_a_volume, link_to_a_folder, pipe, device)


def commands(corpus: Path) -> dict[str, tuple[object, ...]]:
    out = corpus.parent
    return {
        "verify": ("verify", corpus),
        "publish": ("publish", corpus, "--to", out / "published"),
        "train": ("train", corpus, "--out", out / "model.safetensors", "--max-seconds", 1),
        "benchmark": ("benchmark", corpus, "--models", "otsu", "--out", out / "benchmark.json"),
        "export": ("export", corpus, "--format", "imagej", "--out", out / "exported"),
    }


def check(synthfib: Run, corpus: Path, names: tuple[str, ...]) -> None:
    if "train" in names:
        pytest.importorskip("torch")
    for name in names:
        shown = synthfib(*commands(corpus)[name])
        assert shown.code in ((1,) if name in ("verify", "publish") else (2,)), (name, shown)
        errors = [line for line in shown.err.splitlines() if line.startswith("Error: ")]
        assert len(errors) == (shown.code == 2), (name, shown.err)
        assert "Traceback" not in shown.err
    assert not (corpus.parent / "published").exists()
    assert {file.name for file in corpus.parent.glob("exported/*")} <= {".synthfib-export.json"}  # by which an export goes on
    assert not list(corpus.parent.glob("model*"))


@pytest.mark.parametrize("attack", VOLUME_ATTACKS, ids=lambda attack: attack.__name__)
def test_hostile_volumes(corpus: Path, synthfib: Run, attack: Attack) -> None:
    attack(corpus)
    before = peak_memory_bytes()
    assert any(problem.startswith(f"{VOLUME}: ") for problem in verify_corpus(corpus).problems)
    with pytest.raises(InputError) as caught:
        Corpus.open(corpus).read("train-000")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        package.load(corpus)[0]
    if attack not in (link_to_a_volume, link_to_a_folder):  # a file of one's own may be a link
        assert synthfib("segment", corpus / VOLUME, "--model", "otsu", "--out", corpus.parent / "found.h5").code == 2
    check(synthfib, corpus, ("verify", "publish", "train", "export"))
    after = peak_memory_bytes()
    assert before is not None
    assert after is not None
    assert after - before < 400_000_000  # most of it is what training imports


def outside_name(corpus: Path) -> None:
    (corpus / MANIFEST).write_text((corpus / MANIFEST).read_text().replace(VOLUME, "volumes/../../outside-000.h5"))


def deep(corpus: Path) -> None:
    (corpus / MANIFEST).write_text("[" * 500_000 + "]" * 500_000)


def huge(corpus: Path) -> None:
    with (corpus / MANIFEST).open("r+b") as file:
        file.truncate(1 << 40)  # a hole: it takes no room on disk


def pipe_for_the_manifest(corpus: Path) -> None:
    (corpus / MANIFEST).unlink()
    os.mkfifo(corpus / MANIFEST)


def link_for_the_manifest(corpus: Path) -> None:
    (corpus / MANIFEST).rename(corpus.parent / "manifest.json")
    (corpus / MANIFEST).symlink_to(corpus.parent / "manifest.json")


def claims_of_size(corpus: Path) -> None:
    (corpus / MANIFEST).write_text((corpus / MANIFEST).read_text().replace('"shape": [\n        1,', '"shape": [\n        1000000000000,'))


@pytest.mark.parametrize(
    "attack", [outside_name, deep, pipe_for_the_manifest, link_for_the_manifest, claims_of_size], ids=lambda attack: attack.__name__
)
def test_hostile_manifests(corpus: Path, synthfib: Run, attack: Attack) -> None:
    attack(corpus)
    with pytest.raises(InputError) as caught:
        Corpus.open(corpus)
    assert "\n" not in str(caught.value)
    assert any(MANIFEST in problem for problem in verify_corpus(corpus).problems)
    check(synthfib, corpus, ("verify", "train", "benchmark", "export"))


def test_a_manifest_without_end_is_not_read(corpus: Path) -> None:
    huge(corpus)
    with pytest.raises(InputError, match="larger than 300 MB"):
        Corpus.open(corpus)


@pytest.mark.parametrize("reference", ["../private.yaml", "/etc/private.yaml", "materials/../../private.yaml", "nanoporous-gold"])
def test_recipes_name_nothing_outside(corpus: Path, reference: str) -> None:
    recipe = (corpus / "recipe.yaml").read_text()
    shutil.copy(corpus / "materials/nanoporous-gold.yaml", corpus.parent / "private.yaml")
    (corpus / "recipe.yaml").write_text(recipe.replace("materials/nanoporous-gold.yaml", reference))
    sign_again(corpus)
    (problem,) = verify_corpus(corpus).problems
    assert "must name recipes inside its corpus" in problem


@pytest.mark.parametrize("text", ["a: &a [x]\nb: *a\n", "!!python/object/apply:os.system ['true']\n", "[" * 1000, "\x00", "- x\n" * 100_000])
def test_hostile_recipes(corpus: Path, text: str) -> None:
    (corpus / "recipe.yaml").write_text(text)
    sign_again(corpus)
    (problem,) = verify_corpus(corpus).problems
    assert "\n" not in problem
    with pytest.raises(InputError):
        own_recipe(corpus)


def test_links_and_pipes_for_recipes(corpus: Path) -> None:
    material = corpus / "materials/nanoporous-gold.yaml"
    material.rename(corpus.parent / "private.yaml")
    material.symlink_to(corpus.parent / "private.yaml")
    with pytest.raises(InputError, match="is a link or no plain file"):
        own_recipe(corpus)
    material.unlink()
    os.mkfifo(material)
    with pytest.raises(InputError, match="is a link or no plain file"):
        own_recipe(corpus)
    assert any("not a plain file" in problem for problem in verify_corpus(corpus).problems)


@pytest.mark.parametrize("line", ["../outside", "/etc/hostname", "volumes/../../outside"])
def test_checksums_lead_nowhere(corpus: Path, line: str) -> None:
    (corpus.parent / "outside").write_text("x")
    (corpus / SUMS).write_text((corpus / SUMS).read_text() + f"{'0' * 64}  {line}\n")
    assert any("is not a checksum line" in problem for problem in verify_corpus(corpus).problems)


def test_pipes_and_links_for_checksums(corpus: Path) -> None:
    (corpus / SUMS).rename(corpus.parent / "sums")
    os.mkfifo(corpus / SUMS)
    assert verify_corpus(corpus).problems[0] == "SHA256SUMS: cannot be read as text."
    (corpus / SUMS).unlink()
    (corpus / SUMS).symlink_to(corpus.parent / "sums")
    assert verify_corpus(corpus).problems[0] == "SHA256SUMS: cannot be read as text."


def test_packed_tables_are_refused(corpus: Path) -> None:
    """64 rows that share one long value take little on disk and much in memory."""
    path = corpus / "tables/slices/train-00000-of-00001.parquet"
    schema = pq.read_schema(path)
    rows = pq.read_table(path).to_pylist()
    for options in ({"compression": "zstd", "use_dictionary": False}, {"compression": "none", "use_dictionary": True}):
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, **options)
        sign_again(corpus)
        (problem,) = verify_corpus(corpus).problems
        assert "packed in another way" in problem


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "volumes", "missing"])
def test_only_plain_files_inside_are_found(corpus: Path, name: str) -> None:
    with pytest.raises(InputError):
        contained(corpus, name)
    assert contained(corpus, VOLUME) == corpus / VOLUME

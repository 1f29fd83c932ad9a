"""Repair: damaged files come back byte for byte, everything else stays untouched, and nothing is claimed that is not proven."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus import part, repair
from synthfib.corpus.build import build_corpus
from synthfib.corpus.checksums import SUMS, files_below, parse_sums, sums_text
from synthfib.corpus.lock import locked
from synthfib.corpus.manifest import MANIFEST, file_sha256
from synthfib.corpus.repair import WORKSHOP, RepairReport, repair_corpus
from synthfib.corpus.secret import Secret
from synthfib.corpus.verify import verify_corpus
from synthfib.errors import InputError

Damage = Callable[[Path], None]
State = dict[str, tuple[str, int, int]]
RECIPE = CorpusRecipe(
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
    splits=SplitSizes(train=1, validation=0, test=1),
    thickness_draws=2,
    keep=("structures",),
)
VOLUME, STRUCTURE, SLICES = "volumes/train-001.h5", "structures/train-000.h5", "tables/slices/train-00000-of-00002.parquet"
VOLUMES = "tables/volumes/train-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpora") / "original"
    build_corpus(RECIPE, out)
    return out


@pytest.fixture
def corpus(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "corpus"))


def state(corpus: Path) -> State:
    """Digest, time and inode of every file."""
    files = (*files_below(corpus), *([SUMS] if (corpus / SUMS).exists() else []))
    return {name: (file_sha256(corpus / name), (corpus / name).stat().st_mtime_ns, (corpus / name).stat().st_ino) for name in files}


def flip(file: Path, position: int | None = None, mask: int = 1) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2 if position is None else position] ^= mask
    file.write_bytes(content)


def repaired(corpus: Path, original: Path, *damaged: str) -> RepairReport:
    """Repair, and check that exactly these files were written, as they had been."""
    before = state(corpus)
    report = repair_corpus(corpus)
    after = state(corpus)
    assert report.problems == ()
    assert set(report.repaired) == set(damaged)
    assert {name: entry[0] for name, entry in after.items()} == {name: entry[0] for name, entry in state(original).items()}
    assert {name for name, entry in after.items() if before.get(name) != entry} == set(damaged)
    assert verify_corpus(corpus).problems == ()
    return report


def test_an_intact_corpus_is_left_alone(corpus: Path, original: Path) -> None:
    repaired(corpus, original)


@pytest.mark.parametrize("name", [VOLUME, STRUCTURE, SLICES, VOLUMES, "README.md", "recipe.yaml", "materials/nanoporous-gold.yaml", MANIFEST, SUMS])
def test_one_flipped_bit(corpus: Path, original: Path, name: str) -> None:
    flip(corpus / name)
    repaired(corpus, original, name)


@pytest.mark.slow
def test_one_flipped_bit_in_every_file(corpus: Path, original: Path) -> None:
    rng = np.random.default_rng(1)
    for name in (*files_below(corpus), SUMS):
        flip(corpus / name, int(rng.integers((corpus / name).stat().st_size)), 1 << int(rng.integers(8)))
        repaired(corpus, original, name)


@pytest.mark.parametrize("name", [VOLUME, SLICES, VOLUMES, "README.md", "microscope.yaml", MANIFEST, SUMS])
def test_a_missing_file(corpus: Path, original: Path, name: str) -> None:
    (corpus / name).unlink()
    repaired(corpus, original, name)


def test_missing_folders(corpus: Path, original: Path) -> None:
    lost = [name for name in files_below(corpus) if name.startswith(("volumes/", "tables/", "structures/"))]
    for name in ("volumes", "tables", "structures"):
        shutil.rmtree(corpus / name)
    repaired(corpus, original, *lost)


def test_much_at_once(corpus: Path, original: Path) -> None:
    (corpus / VOLUME).write_bytes(b"")
    (corpus / SLICES).unlink()
    flip(corpus / "recipe.yaml")
    flip(corpus / MANIFEST)
    repaired(corpus, original, VOLUME, SLICES, "recipe.yaml", MANIFEST)


def test_a_recipe_of_the_catalogue_comes_back(corpus: Path, original: Path) -> None:
    (corpus / "microscope.yaml").write_text("nonsense")
    (corpus / "materials/nanoporous-gold.yaml").write_text("nonsense")
    repaired(corpus, original, "microscope.yaml", "materials/nanoporous-gold.yaml")


def test_a_name_in_the_checksums(corpus: Path, original: Path) -> None:
    text = (corpus / SUMS).read_text()
    (corpus / SUMS).write_text(text.replace("README.md", "REAEME.md").replace("volumes/train-001.h5", "volumes/train-003.h5"))
    repaired(corpus, original, SUMS)


def test_a_digit_of_the_checksums_and_the_file_itself(corpus: Path, original: Path) -> None:
    """The manifest still says what the volume was."""
    flip(corpus / SUMS, (corpus / SUMS).read_bytes().index(VOLUME.encode()) - 10)
    flip(corpus / VOLUME)
    repaired(corpus, original, SUMS, VOLUME)


def test_a_link_in_place_of_a_file_is_replaced(corpus: Path, original: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    for name in (VOLUME, "README.md"):
        (corpus / name).unlink()
        (corpus / name).symlink_to(tmp_path / "precious")
    repair_corpus(corpus)
    assert (tmp_path / "precious").read_text() == "precious"
    assert verify_corpus(corpus).problems == ()


def test_nothing_is_written_through_a_link(corpus: Path, tmp_path: Path) -> None:
    shutil.move(corpus / "volumes", tmp_path / "elsewhere")
    (corpus / "volumes").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/train-001.h5").unlink()
    assert any("is a link" in problem for problem in repair_corpus(corpus).problems)
    assert not (tmp_path / "elsewhere/train-001.h5").exists()


def test_both_records_damaged(corpus: Path) -> None:
    (corpus / SUMS).write_bytes(b"\xff")
    (corpus / MANIFEST).write_text("{")
    with pytest.raises(InputError, match="nothing says what the corpus was"):
        repair_corpus(corpus)


def test_a_recipe_that_nobody_knows(corpus: Path) -> None:
    (corpus / "recipe.yaml").write_text("nonsense")
    before = state(corpus)
    with pytest.raises(InputError, match=r"put recipe\.yaml"):
        repair_corpus(corpus)
    assert state(corpus) == before


def test_a_manifest_that_was_signed_again_is_not_believed(corpus: Path) -> None:
    """Both records agree with each other but not with the recipe: what is made does not have the digest that they ask for."""
    flip(corpus / VOLUME)
    sums, _ = parse_sums((corpus / SUMS).read_text())
    (corpus / MANIFEST).write_text((corpus / MANIFEST).read_text().replace(sums[VOLUME], "0" * 64))
    (corpus / SUMS).write_text(sums_text(sums | {VOLUME: "0" * 64, MANIFEST: file_sha256(corpus / MANIFEST)}))
    before = state(corpus)
    assert any(problem.startswith(f"{VOLUME}: cannot be repaired, the bytes made now are not") for problem in repair_corpus(corpus).problems)
    assert state(corpus) == before


def test_other_libraries_are_told_from_other_content(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_as_ever = part.make_part

    def packed_otherwise(resolved: object, out: Path, place: object) -> object:
        made = made_as_ever(resolved, out, place)  # type: ignore[arg-type]
        with (out / VOLUME).open("ab") as file:
            file.write(b"\0")
        return made

    (corpus / VOLUME).unlink()
    monkeypatch.setattr(repair, "make_part", packed_otherwise)
    assert repair_corpus(corpus) == RepairReport(
        (),
        (
            f"{VOLUME}: cannot be repaired, the bytes made now are not those recorded, though what they hold is the same: "
            "the libraries that pack them have other versions here.",
        ),
    )
    assert not (corpus / VOLUME).exists()


def test_another_version_is_named(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (corpus / VOLUME).unlink()
    monkeypatch.setattr(repair, "__version__", "99.0.0")
    monkeypatch.setattr(repair, "file_sha256", lambda path: "0" * 64 if WORKSHOP in str(path) else file_sha256(path))
    (problem,) = repair_corpus(corpus).problems
    assert "synthfib 99.0.0 makes other bytes than synthfib 0." in problem


def test_what_a_killed_repair_left_is_swept(corpus: Path, original: Path) -> None:
    (corpus / WORKSHOP / "volumes").mkdir(parents=True)
    (corpus / WORKSHOP / "volumes/train-001.h5").write_bytes(b"half")
    flip(corpus / VOLUME)
    assert any("extra" in problem for problem in verify_corpus(corpus).problems)
    repair_corpus(corpus)
    assert not (corpus / WORKSHOP).exists()
    assert verify_corpus(corpus).problems == ()


def test_two_repairs_at_once(corpus: Path) -> None:
    (corpus / WORKSHOP).mkdir()
    (corpus / WORKSHOP / "lock").touch()
    with locked(corpus / WORKSHOP / "lock"), pytest.raises(InputError, match="Another process is repairing"):
        repair_corpus(corpus)


def test_sealed_volumes_need_their_secret(tmp_path: Path) -> None:
    secret = Secret(bytes(range(16)), 12345)
    sealed = RECIPE.model_copy(update={"sealed": secret.commitment, "thickness_draws": 1, "keep": ()})
    corpus = tmp_path / "sealed"
    build_corpus(sealed, corpus, secret=secret)
    before = state(corpus)
    flip(corpus / "volumes/test-000.h5")
    (problem,) = repair_corpus(corpus).problems
    assert problem == "volumes/test-000.h5: The test split of 'tiny' is sealed; give the secret that its recipe was sealed with."
    assert repair_corpus(corpus, secret=secret) == RepairReport(("volumes/test-000.h5",), ())
    assert {name: entry[0] for name, entry in state(corpus).items()} == {name: entry[0] for name, entry in before.items()}
    with pytest.raises(InputError, match="not the one that 'tiny' was sealed with"):
        repair_corpus(corpus, secret=Secret(bytes(16), 1))

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.checksums import SUMS, files_below, parse_sums
from synthfib.corpus.folder import MARKER
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import MANIFEST, array_sha256, file_sha256, stack_arrays
from synthfib.corpus.verify import verify_corpus
from synthfib.data.readers import read_stack
from synthfib.errors import InputError, UnknownNameError

#: One file of every kind.
FILES = (
    "README.md",
    "SHA256SUMS",
    "manifest.json",
    "materials/nanoporous-gold.yaml",
    "microscope.yaml",
    "recipe.yaml",
    "tables/slices/test-00000-of-00001.parquet",
    "tables/volumes/train-00000-of-00001.parquet",
    "volumes/train-000.h5",
)


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
        slices=2,
        pixels=(8, 8),
        splits=SplitSizes(train=1, validation=0, test=1),
    )
    out = tmp_path_factory.mktemp("corpora") / "original"
    build_corpus(recipe, out)
    return out


@pytest.fixture
def corpus(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "corpus"))


def problems(path: Path) -> tuple[str, ...]:
    found = verify_corpus(path).problems
    assert all(problem and "\n" not in problem for problem in found)
    return found


def test_an_intact_corpus(corpus: Path) -> None:
    report = verify_corpus(corpus)
    assert report.problems == ()
    assert report.n_files == len(files_below(corpus)) > len(FILES)


def flip_bits(corpus: Path, n_per_file: int) -> None:
    """Flip one random bit of every file in turn, and demand that the file is named; where the checksums are damaged, others may be."""
    rng = np.random.default_rng(0)
    for name in (*files_below(corpus), SUMS):
        file = corpus / name
        intact = file.read_bytes()
        for position in rng.integers(len(intact), size=n_per_file):
            damaged = bytearray(intact)
            damaged[position] ^= 1 << int(rng.integers(8))
            file.write_bytes(damaged)
            found = problems(corpus)
            assert found if name == SUMS else any(problem.startswith(f"{name}: ") for problem in found), (name, position)
        file.write_bytes(intact)
    assert problems(corpus) == ()


def test_one_flipped_bit_anywhere_is_found(corpus: Path) -> None:
    flip_bits(corpus, 1)


@pytest.mark.slow
def test_any_flipped_bit_is_found(corpus: Path) -> None:
    flip_bits(corpus, 8)


def describe(file: Path) -> dict[str, str] | None:
    try:
        return {name: array_sha256(array) for name, array in stack_arrays(read_stack(file)).items()}
    except InputError:
        return None


def test_bytes_that_no_reader_of_hdf5_looks_at_count_too(corpus: Path) -> None:
    file = corpus / "volumes/train-000.h5"
    intact = file.read_bytes()
    content = describe(file)
    for unread in (match.start() + 8 for match in re.finditer(bytes(16), intact)):  # room that HDF5 left between its parts
        file.write_bytes(intact[:unread] + b"\x10" + intact[unread + 1 :])
        if describe(file) == content:
            break
    else:
        pytest.fail("no byte that HDF5 does not read")
    assert problems(corpus) == ("volumes/train-000.h5: its bytes have changed.",)
    file.write_bytes(intact + b"appended")
    assert problems(corpus) == ("volumes/train-000.h5: its bytes have changed.",)


def test_every_bit_of_a_checksum_line_counts(corpus: Path) -> None:
    file = corpus / SUMS
    intact = file.read_bytes()
    for position in (*range(0, 64, 9), *range(64, intact.index(b"\n") + 1, 3), intact.index(b"\n")):
        damaged = bytearray(intact)
        damaged[position] ^= 0x20  # turns a into A, and a line end into an asterisk
        file.write_bytes(damaged)
        assert problems(corpus), position


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(corpus: Path, name: str) -> None:
    (corpus / name).unlink()
    assert any(problem.startswith(name) for problem in problems(corpus))


@pytest.mark.parametrize("name", ["notes.txt", "volumes/train-001.h5", ".hidden", "a\nb", "volumes/.tmp-abc.h5", "materials/SHA256SUMS"])
def test_an_extra_file_is_named(corpus: Path, name: str) -> None:
    (corpus / name).write_text("x")
    assert [problem for problem in problems(corpus) if "extra" in problem]


def test_links_are_not_followed(corpus: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.h5"
    shutil.move(corpus / "volumes/train-000.h5", moved)
    (corpus / "volumes/train-000.h5").symlink_to(moved)
    (corpus / "link").symlink_to("/")
    assert problems(corpus) == ("link: extra, not in SHA256SUMS.", "volumes/train-000.h5: not a plain file.")


def test_a_truncated_volume(corpus: Path) -> None:
    volume = corpus / "volumes/train-000.h5"
    volume.write_bytes(volume.read_bytes()[:-1])
    assert problems(corpus) == ("volumes/train-000.h5: its bytes have changed.",)


def _sign_again(corpus: Path) -> None:
    sums, _ = parse_sums((corpus / SUMS).read_text())
    (corpus / SUMS).write_text("".join(f"{file_sha256(corpus / name)}  {name}\n" for name in sorted(sums)))


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("recipe.yaml", "seed: 7", "seed: 8", "recipe digest"),
        ("materials/nanoporous-gold.yaml", "0.3", "0.4", "recipe digest"),
        ("recipe.yaml", "version: 1.2.3", "version: 1.2.4", "name and version"),
        ("recipe.yaml", "train: 1", "train: 2", "its volumes are not those"),
        ("manifest.json", '"images": "', '"images": "0', "damaged"),
        ("manifest.json", "volumes/train-000.h5", "../outside/train-000.h5", "damaged"),
        ("manifest.json", "{", "[", "damaged"),
        ("recipe.yaml", "seed: 7", "sede: 7", "did you mean seed"),
    ],
)
def test_what_was_changed_and_signed_again_is_found(corpus: Path, name: str, old: str, new: str, problem: str) -> None:
    text = (corpus / name).read_text()
    assert old in text
    (corpus / name).write_text(text.replace(old, new, 1))
    _sign_again(corpus)
    assert any(problem in found for found in problems(corpus)), problems(corpus)


def test_a_volume_changed_and_signed_again_is_found(corpus: Path) -> None:
    shutil.copy(corpus / "volumes/test-000.h5", corpus / "volumes/train-000.h5")
    _sign_again(corpus)
    assert problems(corpus) == ("volumes/train-000.h5: SHA256SUMS and manifest.json disagree.",)


def test_content_hash_changed_and_signed_again_is_found(corpus: Path) -> None:
    manifest = (corpus / MANIFEST).read_text()
    position = manifest.index('"labels": "') + len('"labels": "')
    (corpus / MANIFEST).write_text(manifest[:position] + ("1" if manifest[position] == "0" else "0") + manifest[position + 1 :])
    _sign_again(corpus)
    assert problems(corpus) == ("manifest.json: its content digest is not that of its content.",)


@pytest.mark.parametrize("line", ["0" * 64 + "  ../outside\n", "0" * 64 + "  /etc/passwd\n", "0" * 64 + " *README.md\n", "nonsense\n", "\n"])
def test_checksum_lines_cannot_lead_outside(line: str) -> None:
    assert parse_sums(line) == ({}, (1,))


def test_checksum_lines_are_sorted_and_unique() -> None:
    a, b = "0" * 64 + "  a\n", "0" * 64 + "  b\n"
    assert parse_sums(a + b)[1] == ()
    assert parse_sums(b + a)[1] == (2,)
    assert parse_sums(a + a)[1] == (2,)


@pytest.mark.parametrize("function", [verify_corpus, Corpus.open])
def test_what_is_no_corpus(function: object, corpus: Path, tmp_path: Path) -> None:
    assert callable(function)
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "missing", tmp_path / "empty", corpus / "README.md"):
        with pytest.raises(InputError) as caught:
            function(path)
        assert "\n" not in str(caught.value)
    (corpus / MARKER).write_text("{}")
    with pytest.raises(InputError, match="is unfinished; run the same synthfib build again"):
        function(corpus)


def test_a_corpus_is_opened_and_read(corpus: Path) -> None:
    opened = Corpus.open(str(corpus))
    assert (opened.name, opened.version, opened.path) == ("tiny", "1.2.3", corpus)
    assert opened.splits == ("train", "test")
    assert opened.names("test") == ("test-000",)
    assert opened.read("test-000").shape == (1, 2, 8, 8)
    assert len(opened.digest) == 64


def test_unknown_splits_and_volumes(corpus: Path) -> None:
    opened = Corpus.open(corpus)
    with pytest.raises(UnknownNameError, match="Unknown split 'tset': did you mean test"):
        opened.names("tset")
    with pytest.raises(UnknownNameError, match="Unknown split 'validation'"):
        opened.names("validation")
    for name in ("train-001", "../train-000", "/etc/passwd"):
        with pytest.raises(UnknownNameError, match="Unknown volume"):
            opened.read(name)


@pytest.mark.parametrize("file", ["../outside.h5", "/etc/passwd", "volumes/../../x-000.h5", "volumes/x.npy"])
def test_a_manifest_that_leads_outside_is_refused(corpus: Path, file: str) -> None:
    manifest = (corpus / MANIFEST).read_text()
    (corpus / MANIFEST).write_text(manifest.replace("volumes/train-000.h5", file))
    with pytest.raises(InputError, match=r"is damaged \(volumes.0.file"):
        Corpus.open(corpus)


def test_a_lost_volume_is_one_sentence(corpus: Path) -> None:
    (corpus / "volumes/train-000.h5").unlink()
    with pytest.raises(InputError, match="there is none"):
        Corpus.open(corpus).read("train-000")

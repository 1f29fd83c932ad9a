"""Sealed test splits: nothing that is published tells the truth or the seed, and the reveal proves both."""

from __future__ import annotations

import itertools
import json
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.catalogue.recipes import SliceThicknessRecipe
from synthfib.corpus.build import build_corpus, build_volume
from synthfib.corpus.checksums import SUMS, files_below, parse_sums
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import MANIFEST, array_sha256, file_sha256, stack_arrays
from synthfib.corpus.plan import plan_corpus
from synthfib.corpus.recipe import resolve
from synthfib.corpus.reveal import STATEMENT, reveal_corpus
from synthfib.corpus.secret import Secret, read_secret, write_secret
from synthfib.corpus.verify import verify_corpus
from synthfib.corpus.volume import STAGES
from synthfib.data.readers import read_stack
from synthfib.errors import InputError

Run = Callable[..., Any]
SECRET = Secret(bytes(range(100, 116)), 5_123_456_789_012_345_678)
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
    slice_thickness=SliceThicknessRecipe(mean_nm=10.0, std_nm=3.0),
    voxel_size_nm=2.5,
    slices=5,
    pixels=(32, 32),
    splits=SplitSizes(train=1, validation=1, test=2),
    keep=("yields", "structures"),
    sealed=SECRET.commitment,
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpora") / "original"
    build_corpus(RECIPE, out, secret=SECRET)
    return out


@pytest.fixture
def corpus(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "corpus"))


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    write_secret(tmp_path / "secret.json", SECRET)
    return tmp_path / "secret.json"


def arrays_of(corpus: Path) -> Iterator[tuple[str, Any]]:
    """Every array of every HDF5 file."""
    for path in sorted(corpus.rglob("*.h5")):
        found: list[tuple[str, Any]] = []
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.append((name, item[...])) if isinstance(item, h5py.Dataset) else None)  # noqa: B023
        yield from ((f"{path.name}/{name}", array) for name, array in found)


def test_a_test_volume_shows_what_a_microscope_would_know(original: Path) -> None:
    stack = Corpus.open(original).read("test-000")
    truth = build_volume(RECIPE, 2, secret=SECRET)
    assert np.array_equal(stack.images, truth.images)
    assert np.array_equal(stack.plan.positions_nm, [0, 10, 20, 30, 40])
    assert not np.allclose(truth.plan.positions_nm, stack.plan.positions_nm)
    assert (stack.labels, stack.depth_to_solid_nm, stack.shine_through, stack.yields, stack.displacement_nm) == (None,) * 5
    with h5py.File(original / "volumes/test-000.h5") as file:
        assert set(file) == {"images", "positions_nm", "thickness_nm", "measured_positions_nm"}
    entry = Corpus.open(original).manifest.volumes[2]
    assert (entry.solid_fraction, entry.seeds, entry.degradations) == (None, {}, {})
    assert set(entry.withheld_sha256) == {"labels", "depth_to_solid_nm", "shine_through", "yields", "positions_nm", "structure"}
    assert not (original / "structures/test-000.h5").exists()


def test_the_other_splits_keep_their_truth_and_do_not_depend_on_the_secret(original: Path) -> None:
    stack = Corpus.open(original).read("train-000")
    open_recipe = RECIPE.model_copy(update={"sealed": None})
    assert stack_arrays(stack).keys() == stack_arrays(build_volume(open_recipe, 0)).keys()
    assert array_sha256(stack.labels) == array_sha256(build_volume(open_recipe, 0).labels)  # type: ignore[arg-type]
    assert not np.array_equal(build_volume(open_recipe, 2).images, build_volume(RECIPE, 2, secret=SECRET).images)


def test_no_file_holds_seeds_or_salt(original: Path) -> None:
    resolved = resolve(RECIPE, SECRET)
    seeds = [SECRET.seed, *(resolved.seed(place, stage) for place in resolved.places if resolved.seals(place) for stage in STAGES)]
    needles = [SECRET.salt, SECRET.salt.hex().encode(), SECRET.salt[::-1]]
    for seed in seeds:
        needles += [str(seed).encode(), f"{seed:x}".encode(), f"{seed:X}".encode(), seed.to_bytes(8, "big"), seed.to_bytes(8, "little")]
    for name in (*files_below(original), SUMS):
        content = (original / name).read_bytes()
        assert not [needle for needle in needles if needle in content], name
    known = json.loads((original / MANIFEST).read_text())["volumes"][0]["seeds"]["structure"]
    assert str(known).encode() in (original / MANIFEST).read_bytes()  # the search would find one


def test_no_file_holds_the_truth(original: Path) -> None:
    """Neither as an array, under whatever name, nor as its plain digest."""
    for index, name in ((2, "test-000"), (3, "test-001")):
        truth = build_volume(RECIPE, index, secret=SECRET)
        hidden = {key: array for key, array in stack_arrays(truth).items() if key not in ("images", "measured_positions_nm/nominal")}
        held = {array_sha256(array) for _, array in arrays_of(original)}
        assert not held & {array_sha256(array) for array in hidden.values()}, name
        texts = b"".join((original / file).read_bytes() for file in (*files_below(original), SUMS))
        assert not [key for key, array in hidden.items() if array_sha256(array).encode() in texts or array.tobytes() in texts]
        assert truth.labels is not None
        assert f"{np.count_nonzero(truth.labels) / truth.labels.size:.6f}".encode() not in texts


def test_tables_hold_no_truth_of_the_test_split(original: Path) -> None:
    for file in ("slices/test-00000-of-00002", "slices/test-00001-of-00002", "volumes/test-00000-of-00001"):
        columns = pq.read_table(original / f"tables/{file}.parquet").to_pydict()
        empty = {name for name, values in columns.items() if all(value is None for value in values)}
        assert empty >= {"solid_fraction"} | ({"label"} if "label" in columns else {"seed_structure", "seed_milling", "seed_acquisition"})
        assert columns.get("position_nm", [0, 10, 20, 30, 40]) == [0, 10, 20, 30, 40]
    assert all(value is not None for value in pq.read_table(original / "tables/slices/train-00000-of-00001.parquet").to_pydict()["label"])


def test_short_arrays_cannot_be_guessed_by_their_digest(original: Path) -> None:
    """Without the salt a few positions on a grid could be tried one after the other."""
    truth = build_volume(RECIPE, 2, secret=SECRET)
    digest, name = array_sha256(truth.plan.positions_nm), "test-000/positions_nm"
    published = Corpus.open(original).manifest.volumes[2].withheld_sha256["positions_nm"]
    assert published == SECRET.conceal(name, digest)
    assert published not in (digest, Secret(bytes(16), SECRET.seed).conceal(name, digest), SECRET.conceal("test-001/positions_nm", digest))


def test_same_bytes_again_with_the_same_secret_and_none_without(original: Path, tmp_path: Path) -> None:
    build_corpus(RECIPE, tmp_path / "again", secret=SECRET)
    assert (tmp_path / "again" / SUMS).read_bytes() == (original / SUMS).read_bytes()
    for secret, match in ((None, "is sealed; give the secret"), (Secret(bytes(16), 1), "not the one that 'tiny' was sealed with")):
        with pytest.raises(InputError, match=match):
            build_corpus(RECIPE, tmp_path / "none", secret=secret)
    assert not (tmp_path / "none").exists()
    with pytest.raises(InputError, match="has no sealed test split"):
        build_corpus(RECIPE.model_copy(update={"sealed": None}), tmp_path / "none", secret=SECRET)
    with pytest.raises(InputError, match="is sealed"):
        build_volume(RECIPE, 2)
    assert build_volume(RECIPE, 0).labels is not None
    assert plan_corpus(RECIPE).n_volumes == 4


def test_the_rest_works_without_the_secret(corpus: Path, synthfib: Run, tmp_path: Path) -> None:
    assert verify_corpus(corpus).problems == ()
    assert synthfib("verify", corpus).code == 0
    assert synthfib("publish", corpus, "--to", tmp_path / "out", "--accept-otsu", "--dry-run").code == 0
    found = tmp_path / "found.h5"
    assert synthfib("segment", corpus / "volumes/test-000.h5", "--model", "otsu", "--out", found).code == 0
    shown = synthfib("evaluate", found, "--truth", corpus / "volumes/test-000.h5")
    assert shown.code == 2
    assert "is sealed; wait until it is revealed" in shown.err
    shown = synthfib("benchmark", corpus, "--models", "otsu", "--out", tmp_path / "benchmark.json")
    assert shown.code == 2
    assert "The truth of 'test-000' is sealed" in shown.err


def test_seal_build_reveal(synthfib: Run, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    text = Path(__file__).with_name("test_cli_commands.py").read_text().split('TINY = """')[1].split('"""')[0]
    recipe.write_text(text)
    sealed = synthfib("seal", recipe, "--out", tmp_path / "secret.json")
    assert sealed.code == 0
    recipe.write_text(text + sealed.out)
    assert synthfib("build", recipe, "--out", tmp_path / "corpus").code == 2
    assert synthfib("build", recipe, "--out", tmp_path / "corpus", "--secret", tmp_path / "secret.json").code == 0
    shown = synthfib("reveal", tmp_path / "corpus", "--secret", tmp_path / "secret.json", "--out", tmp_path / "revealed")
    assert shown.code == 0
    assert "1 volume(s)" in shown.out
    assert read_stack(tmp_path / "revealed/volumes/test-000.h5").labels is not None
    again = synthfib("seal", recipe, "--out", tmp_path / "other.json")
    assert again.code == 2
    assert "sealed already" in again.err


def test_a_reveal_proves_and_publishes_everything(corpus: Path, tmp_path: Path) -> None:
    done = reveal_corpus(corpus, SECRET, tmp_path / "revealed")
    assert done.volumes == ("test-000", "test-001")
    assert done.n_digests == 2 * (3 + 6)
    truth = build_volume(RECIPE, 3, secret=SECRET)
    shown = read_stack(tmp_path / "revealed/volumes/test-001.h5")
    assert {name: array_sha256(a) for name, a in stack_arrays(shown).items()} == {name: array_sha256(a) for name, a in stack_arrays(truth).items()}
    statement = json.loads((tmp_path / "revealed" / STATEMENT).read_text())
    assert Secret(bytes.fromhex(statement["salt"]), statement["seed"]).commitment == RECIPE.sealed == statement["commitment"]
    sums, bad = parse_sums((tmp_path / "revealed" / SUMS).read_text())
    assert not bad
    assert all(file_sha256(tmp_path / "revealed" / name) == digest for name, digest in sums.items())


@pytest.mark.parametrize("kind", ["labels", "images"])
def test_a_reveal_of_something_else_fails(corpus: Path, tmp_path: Path, kind: str) -> None:
    text = (corpus / MANIFEST).read_text()
    volume = next(volume for volume in Corpus.open(corpus).manifest.volumes if volume.name == "test-000")
    digest = volume.withheld_sha256["labels"] if kind == "labels" else volume.content_sha256["images"]
    (corpus / MANIFEST).write_text(text.replace(digest, "0" * 64))
    with pytest.raises(InputError, match=rf"test-000 is not what was sealed: the (withheld|published) {kind}"):
        reveal_corpus(corpus, SECRET, tmp_path / "revealed")
    assert not (tmp_path / "revealed").exists()
    assert not list(tmp_path.glob(".tmp-*"))


def test_a_wrong_secret_and_a_taken_folder(corpus: Path, tmp_path: Path, synthfib: Run, secret_file: Path) -> None:
    write_secret(tmp_path / "other.json", Secret(bytes(16), 1))
    shown = synthfib("reveal", corpus, "--secret", tmp_path / "other.json", "--out", tmp_path / "revealed")
    assert shown.code == 2
    assert "The secret is not the one that 'tiny' was sealed with" in shown.err
    assert "\n" not in shown.err.strip()
    (tmp_path / "taken").mkdir()
    assert "must not exist yet" in synthfib("reveal", corpus, "--secret", secret_file, "--out", tmp_path / "taken").err


def test_truth_in_a_sealed_volume_is_found(corpus: Path) -> None:
    """As when someone signs a folder again after adding labels."""
    with h5py.File(corpus / "volumes/test-000.h5", "r+") as file:
        file["labels"] = np.zeros((5, 32, 32), np.uint8)
        file.attrs["phases"] = '[{"name":"vacuum","composition":[],"density_g_cm3":0.0}]'
    sums, _ = parse_sums((corpus / SUMS).read_text())
    text = (corpus / MANIFEST).read_text().replace(sums["volumes/test-000.h5"], file_sha256(corpus / "volumes/test-000.h5"))
    (corpus / MANIFEST).write_text(text)
    lines = {**sums, "volumes/test-000.h5": file_sha256(corpus / "volumes/test-000.h5"), MANIFEST: file_sha256(corpus / MANIFEST)}
    (corpus / SUMS).write_text("".join(f"{lines[name]}  {name}\n" for name in sorted(lines)))
    (problem,) = verify_corpus(corpus).problems
    assert problem.startswith("volumes/test-000.h5: ")


def test_secret_files(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"
    write_secret(path, SECRET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == SECRET
    with pytest.raises(InputError, match="exists, and a secret that was published"):
        write_secret(path, Secret.draw())
    assert read_secret(path) == SECRET
    with pytest.raises(InputError, match="cannot be written"):
        write_secret(tmp_path / "none/secret.json", SECRET)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.json"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "[" * 5000, "{}", '{"format":"synthfib/secret@1","salt":"00","seed":1}', '{"format":"synthfib/secret@1","salt":3,"seed":true}'],
)
def test_what_is_no_secret(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.json").write_text(text)
    with pytest.raises(InputError, match="is no secret"):
        read_secret(tmp_path / "secret.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_secret(tmp_path / "missing.json")


def test_secrets_are_drawn_and_never_shown() -> None:
    drawn = [Secret.draw() for _ in range(20)]
    assert len({secret.commitment for secret in drawn}) == 20
    assert max(secret.seed for secret in drawn) > 2**60
    assert all(0 <= secret.seed < 2**63 for secret in drawn)
    assert str(SECRET.seed) not in repr(resolve(RECIPE, SECRET))
    assert SECRET.salt.hex() not in f"{SECRET} {SECRET!r}"
    pairs = itertools.pairwise([SECRET, Secret(SECRET.salt, 1), Secret(bytes(16), 1)])
    assert all(one.commitment != other.commitment for one, other in pairs)
    for salt, seed in ((bytes(15), 1), (bytes(16), -1), (bytes(16), 2**63)):
        with pytest.raises(InputError, match="A secret needs"):
            Secret(salt, seed)

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import synthfib
from synthfib.catalogue import CorpusRecipe, SplitSizes, dump_recipe
from synthfib.corpus import lock
from synthfib.corpus.build import build_corpus
from synthfib.corpus.folder import MARKER, claim
from synthfib.corpus.lock import BusyError
from synthfib.corpus.recipe import resolve
from synthfib.corpus.shards import Shard, read_shard
from synthfib.data.atomic import TEMPORARY_PREFIX
from synthfib.errors import InputError

ROOT = Path(synthfib.__file__).parents[1]


def recipe(name: str = "tiny") -> CorpusRecipe:
    return CorpusRecipe(
        schema="synthfib/corpus@1",
        name=name,
        title="Tiny",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        materials=("npg",),
        microscope="helios-g3-multi-voltage",
        energies_kev=(2.0,),
        voxel_size_nm=5.0,
        slices=3,
        pixels=(16, 12),
        splits=SplitSizes(train=2, validation=1, test=0),
        thickness_draws=2,
        keep=("structures",),
    )


def contents(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("plain") / "corpus"
    build_corpus(recipe(), out)
    return contents(out)


def test_shares_are_disjoint_and_complete() -> None:
    items = list(range(11))
    shares = [list(Shard(index, 4).of(items)) for index in range(4)]
    assert sorted(item for share in shares for item in share) == items
    assert {len(share) for share in shares} == {2, 3}


ARRAY = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_STEP": "2"}


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        ("0/1", {}, Shard(0, 1)),
        ("7/8", ARRAY, Shard(7, 8)),
        ("auto", {}, None),
        ("auto", ARRAY, Shard(3, 4)),
        ("slurm", ARRAY, Shard(3, 4)),
        ("slurm", {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "3"}, Shard(2, 3)),
        ("slurm", {"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_MIN": "5"}, Shard(0, 1)),
    ],
)
def test_shards_are_read(text: str, environment: Mapping[str, str], shard: Shard | None) -> None:
    assert read_shard(text, environment) == shard


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("8/8", {}),
        ("1", {}),
        ("-1/2", {}),
        ("0/0", {}),
        ("slurm", {}),
        ("auto", {"SLURM_ARRAY_TASK_ID": "1"}),
        ("auto", {**ARRAY, "SLURM_ARRAY_TASK_COUNT": "many"}),
        ("slurm", {**ARRAY, "SLURM_ARRAY_TASK_ID": "4"}),  # --array=1,4,...: no step
        ("slurm", {**ARRAY, "SLURM_ARRAY_TASK_ID": "9"}),
    ],
)
def test_what_is_no_shard_is_refused(text: str, environment: Mapping[str, str]) -> None:
    with pytest.raises(InputError, match=r"^A shard (is|i/n|from SLURM) "):
        read_shard(text, environment)


def test_the_last_share_finishes_in_the_same_bytes(plain: dict[str, bytes], tmp_path: Path) -> None:
    reports = [build_corpus(recipe(), tmp_path / "corpus", shard=Shard(index, 3)) for index in (2, 0, 1)]
    assert [(report.n_volumes, report.n_built, report.finished) for report in reports] == [(2, 2, False), (2, 2, False), (2, 2, True)]
    assert contents(tmp_path / "corpus") == plain
    again = build_corpus(recipe(), tmp_path / "corpus", shard=Shard(0, 3))
    assert (again.n_volumes, again.n_built, again.finished) == (2, 0, True)


def test_a_plain_build_finishes_what_shares_began(plain: dict[str, bytes], tmp_path: Path) -> None:
    assert not build_corpus(recipe(), tmp_path / "corpus", shard=Shard(1, 2)).finished
    with pytest.raises(InputError, match="cannot be read there"):
        assert build_corpus(recipe(), tmp_path / "corpus", shard=Shard(1, 2)).manifest
    assert build_corpus(recipe(), tmp_path / "corpus").n_built == 3
    assert contents(tmp_path / "corpus") == plain


def test_more_shares_than_volumes(plain: dict[str, bytes], tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))

    reports = [build_corpus(recipe(), tmp_path / "corpus", shard=Shard(index, 10), on_progress=progress) for index in (9, *range(9))]
    assert reports[-1].finished
    assert all(total > 0 for _, total in seen)
    assert contents(tmp_path / "corpus") == plain


def test_shares_share_and_a_whole_build_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl")
    monkeypatch.setattr("synthfib.corpus.folder._SECONDS_FOR_A_FINISH", 0.2)
    digest = resolve(recipe()).digest
    with claim(tmp_path, digest, shared=True):
        with claim(tmp_path, digest, shared=True), pytest.raises(BusyError, match="Another process is building"), claim(tmp_path, digest):
            pass
        (tmp_path / "volumes" / f"{TEMPORARY_PREFIX}of-another").touch()
        with claim(tmp_path, digest, shared=True):
            assert (tmp_path / "volumes" / f"{TEMPORARY_PREFIX}of-another").exists()
    with claim(tmp_path, digest):
        assert not (tmp_path / "volumes" / f"{TEMPORARY_PREFIX}of-another").exists()
        with pytest.raises(BusyError), claim(tmp_path, digest, shared=True):
            pass
    with pytest.raises(InputError, match="another recipe"), claim(tmp_path, "0" * 64, shared=True):
        pass


def test_the_last_volume_beside_a_share_that_still_works_leaves_the_finish_to_it(plain: dict[str, bytes], tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    out, digest = tmp_path / "corpus", resolve(recipe()).digest
    with claim(out, digest, shared=True):
        assert not build_corpus(recipe(), out, shard=Shard(0, 1)).finished
    assert build_corpus(recipe(), out, shard=Shard(0, 1)).finished
    assert contents(out) == plain


def test_without_locks_shares_leave_the_finish_to_a_plain_build(plain: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_take", lambda handle, shared, deadline: False)
    assert not build_corpus(recipe(), tmp_path / "corpus", shard=Shard(0, 1)).finished
    assert build_corpus(recipe(), tmp_path / "corpus").finished
    assert contents(tmp_path / "corpus") == plain


def test_a_folder_that_was_finished_while_waiting_is_recognised(plain: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest, out, taken = resolve(recipe()).digest, tmp_path / "corpus", lock._take

    def overtaken(handle: int, shared: bool, deadline: float) -> bool:
        monkeypatch.setattr(lock, "_take", taken)
        build_corpus(recipe(), out)
        return True

    monkeypatch.setattr(lock, "_take", overtaken)
    with claim(out, digest, shared=True) as state:
        assert state.value == "finished"
    assert contents(out) == plain
    assert not (out / MARKER).exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="without locks shares leave the finish to another build")
def test_shares_at_the_same_time_in_the_same_folder(plain: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(dump_recipe(recipe()))
    arguments = ["build", tmp_path / "recipe.yaml", "--out", tmp_path / "corpus", "--shard", "auto"]
    command = [sys.executable, "-c", "from synthfib.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1"}
    processes = [
        subprocess.Popen(command, env={**environment, "SLURM_ARRAY_TASK_ID": str(index + 1)}, stdout=subprocess.DEVNULL) for index in range(3)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    assert contents(tmp_path / "corpus") == plain

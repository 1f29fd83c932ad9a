from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synthfib
from synthfib.catalogue import CorpusRecipe, SplitSizes, dump_recipe, load_corpus
from synthfib.corpus import folder
from synthfib.corpus.build import build_corpus, build_volume
from synthfib.corpus.folder import MARKER
from synthfib.corpus.load import Corpus
from synthfib.corpus.plan import plan_corpus
from synthfib.corpus.verify import verify_corpus
from synthfib.data.atomic import TEMPORARY_PREFIX
from synthfib.data.readers import read_volume
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, ResourceError, UnknownNameError

ROOT = Path(synthfib.__file__).parents[1]


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
        splits=SplitSizes(train=2, validation=1, test=1),
    )
    return recipe.model_copy(update=changes)


def contents(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "corpus"
    assert build_corpus(tiny(), out).n_built == 4
    return out


def test_a_corpus_is_complete_in_itself(undisturbed: Path) -> None:
    assert sorted(contents(undisturbed)) == [
        "CHANGELOG.md",
        "CITATION.cff",
        "DATASHEET.md",
        "LICENSE",
        "README.md",
        "SHA256SUMS",
        "card/examples.png",
        "card/figures.png",
        "croissant.json",
        "datacite.json",
        "manifest.json",
        "materials/hierarchical-nanoporous-gold-vacuum.yaml",
        "materials/nanoporous-gold.yaml",
        "microscope.yaml",
        "recipe.yaml",
        "tables/slices/test-00000-of-00001.parquet",
        "tables/slices/train-00000-of-00002.parquet",
        "tables/slices/train-00001-of-00002.parquet",
        "tables/slices/validation-00000-of-00001.parquet",
        "tables/volumes/test-00000-of-00001.parquet",
        "tables/volumes/train-00000-of-00001.parquet",
        "tables/volumes/validation-00000-of-00001.parquet",
        "volumes/test-000.h5",
        "volumes/train-000.h5",
        "volumes/train-001.h5",
        "volumes/validation-000.h5",
    ]
    assert verify_corpus(undisturbed).problems == ()
    assert not any(path.stat().st_mode & 0o077 == 0 for path in undisturbed.rglob("*.h5")), "others may read a corpus"


def test_gnu_sha256sum_agrees(undisturbed: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=undisturbed, check=True, timeout=60)


def test_volumes_are_those_of_build_volume(undisturbed: Path) -> None:
    corpus = Corpus.open(undisturbed)
    names = [name for split in corpus.splits for name in corpus.names(split)]
    for index, name in enumerate(names):
        stack, again = corpus.read(name), build_volume(tiny(), index)
        assert np.array_equal(stack.images, again.images)
        assert stack.labels is not None
        assert again.labels is not None
        assert np.array_equal(stack.labels, again.labels)
        entry = corpus.manifest.volumes[index]
        assert entry.solid_fraction == np.mean(again.labels > 0)
        assert entry.material == ("hierarchical-nanoporous-gold-vacuum" if name == "train-001" else "nanoporous-gold")


def test_a_corpus_can_be_built_from_itself(undisturbed: Path, tmp_path: Path) -> None:
    build_corpus(load_corpus(undisturbed / "recipe.yaml"), tmp_path / "again")
    assert contents(tmp_path / "again") == contents(undisturbed)


def test_a_finished_corpus_is_recognised(undisturbed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*")}
    report = build_corpus(tiny(), undisturbed)
    assert report.n_built == 0
    assert len(report.manifest.volumes) == 4
    assert {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*")} == before


class _Killed(BaseException):
    """Stands for a sudden death at a chosen moment."""


def _die_before_the(monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    count = 0
    replace, unlink = Path.replace, Path.unlink

    def tick() -> None:
        nonlocal count
        count += 1
        if count == moment:
            raise _Killed

    def dying_replace(self: Path, target: Path) -> Path:
        tick()
        return replace(self, target)

    def dying_unlink(self: Path, missing_ok: bool = False) -> None:
        if self.name == MARKER:
            tick()
        elif count < moment:  # the dead do not tidy up
            unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "replace", dying_replace)
    monkeypatch.setattr(Path, "unlink", dying_unlink)


@pytest.mark.parametrize("moment", [*range(1, 14), 20, 27, 28])
def test_death_before_any_step_changes_nothing(moment: int, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 1 marker, 4 volumes with a table each, 3 tables, 4 recipes, 10 other files, checksums, removal of the marker.
    out = tmp_path / "corpus"
    with monkeypatch.context() as patch:
        _die_before_the(patch, moment)
        with pytest.raises(_Killed):
            build_corpus(tiny(), out)
    assert any(path.name.startswith(TEMPORARY_PREFIX) for path in out.rglob("*")) == (moment < 28)
    built = max(0, min((moment - 2) // 2, 4))
    if moment > 1:
        with pytest.raises(InputError, match="unfinished"):
            Corpus.open(out)
    assert build_corpus(tiny(), out).n_built == 4 - built
    assert contents(out) == contents(undisturbed)


SCRIPT = """
import sys
from pathlib import Path
from synthfib.catalogue import load_corpus
from synthfib.corpus.build import build_corpus
if __name__ == "__main__":
    build_corpus(load_corpus(sys.argv[1]), Path(sys.argv[2]), workers=int(sys.argv[3]))
"""


def _children(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL") or not Path("/proc/self/task").exists(), reason="needs kill -9 and /proc")
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_twice_ends_in_the_same_bytes(workers: int, tmp_path: Path) -> None:
    recipe = tiny(splits=SplitSizes(train=6, validation=1, test=1), pixels=(48, 48), slices=16)
    recipe_file, script = tmp_path / "recipe.yaml", tmp_path / "script.py"
    recipe_file.write_text(dump_recipe(recipe))
    script.write_text(SCRIPT)
    build_corpus(recipe, tmp_path / "undisturbed")
    command = [sys.executable, str(script), str(recipe_file), str(tmp_path / "killed"), str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for n_volumes in (1, 4):
        process = subprocess.Popen(command, env=environment)
        deadline = time.monotonic() + 120
        while len(list((tmp_path / "killed" / "volumes").glob("[a-z]*.h5"))) < n_volumes:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.002)
        children = _children(process.pid)
        assert len(children) >= (workers if workers > 1 else 0)
        process.kill()
        process.wait()
        assert (tmp_path / "killed" / MARKER).exists(), "killed too late to mean anything"
        while any(_alive(child) for child in children):
            assert time.monotonic() < deadline, "workers outlive their parent"
            time.sleep(0.01)
    subprocess.run(command, env=environment, check=True, timeout=120)
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")


def test_a_damaged_volume_of_an_unfinished_build_is_made_again(undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "corpus"
    with monkeypatch.context() as patch:
        _die_before_the(patch, 6)
        with pytest.raises(_Killed):
            build_corpus(tiny(), out)
    volume = out / "volumes/train-000.h5"
    volume.write_bytes(volume.read_bytes()[:1000])
    assert build_corpus(tiny(), out).n_built == 3
    assert contents(out) == contents(undisturbed)


def test_other_folders_are_refused_and_left_alone(undisturbed: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x")
    (tmp_path / "file").write_text("x")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="holds something that is not this corpus"):
        build_corpus(tiny(), tmp_path / "thesis")
    with pytest.raises(InputError, match="must be a folder"):
        build_corpus(tiny(), tmp_path / "file")
    with pytest.raises(InputError, match="cannot be created"):
        build_corpus(tiny(), tmp_path / "file" / "below")
    assert contents(tmp_path) == before
    with pytest.raises(InputError, match="a corpus of another recipe"):
        build_corpus(tiny(seed=8), undisturbed)
    assert verify_corpus(undisturbed).problems == ()


def test_an_unfinished_build_of_another_recipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _die_before_the(patch, 3)
        with pytest.raises(_Killed):
            build_corpus(tiny(), tmp_path)
    before = contents(tmp_path)
    with pytest.raises(InputError, match="unfinished build of another recipe"):
        build_corpus(tiny(seed=8), tmp_path)
    assert contents(tmp_path) == before


def test_a_finished_corpus_that_lost_a_volume_is_refused(tmp_path: Path) -> None:
    build_corpus(tiny(), tmp_path)
    (tmp_path / "volumes/test-000.h5").unlink()
    with pytest.raises(InputError, match=r"volumes/test-000.h5 is missing or damaged"):
        build_corpus(tiny(), tmp_path)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"materials": ("npgg",)}, UnknownNameError),
        ({"voxel_size_nm": 60.0}, InputError),
        ({"energies_kev": (0.5, 10.0), "simulator": "mokc"}, InputError),
    ],
)
def test_a_recipe_that_cannot_work_leaves_nothing(changes: dict[str, Any], error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        build_corpus(tiny(**changes), tmp_path / "corpus")
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_stays_after_a_recipe_that_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wavelength must span two voxels"):
        build_corpus(tiny(voxel_size_nm=60.0), tmp_path)
    assert tmp_path.is_dir()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, stack: ImageStack) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("synthfib.corpus.part.write_stack", full)
        with pytest.raises(ResourceError, match=r"cannot be written .*; make room and start the same build again"):
            build_corpus(tiny(), tmp_path / "corpus")
    assert build_corpus(tiny(), tmp_path / "corpus").n_built == 4


def test_at_least_one_worker(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one worker, got 0"):
        build_corpus(tiny(), tmp_path / "corpus", workers=0)
    with pytest.raises(InputError, match="at least one worker, got 0"):
        plan_corpus(tiny(), workers=0)


def test_two_builds_in_one_folder_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with folder.claim(tmp_path, "0" * 64), pytest.raises(InputError, match="Another process is building"), folder.claim(tmp_path, "0" * 64):
        pass


def test_progress_counts_volumes(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    build_corpus(tiny(), tmp_path / "corpus", on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_does_not_fit_is_refused_with_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ResourceError, match=r"needs [\d.]+ GB of memory, [\d.]+ GB are available"):
        build_corpus(tiny(slices=4000, pixels=(20_000, 20_000)), tmp_path / "corpus")
    monkeypatch.setattr("synthfib.corpus.plan.free_disk_bytes", lambda path: 10_000)
    with pytest.raises(ResourceError, match=r"needs [\d.]+ GB on disk, [\d.]+ GB are free"):
        build_corpus(tiny(), tmp_path / "corpus")
    assert not list(tmp_path.iterdir())


def test_a_corpus_keeps_what_its_recipe_asks_for(tmp_path: Path) -> None:
    recipe = tiny(keep=("yields", "structures"), thickness_draws=2, splits=SplitSizes(train=1, validation=0, test=1))
    manifest = build_corpus(recipe, tmp_path / "kept", workers=2).manifest
    assert [entry.file for entry in manifest.structures] == ["structures/train-000.h5", "structures/test-000.h5"]
    assert [entry.structure for entry in manifest.volumes] == ["train-000", "train-000", "test-000", "test-000"]
    assert verify_corpus(tmp_path / "kept").problems == ()
    structure = read_volume(tmp_path / "kept" / "structures" / "train-000.h5")
    for name in ("train-000", "train-001"):
        stack = Corpus.open(tmp_path / "kept").read(name)
        assert stack.yields is not None
        assert stack.labels is not None
        assert np.array_equal(stack.labels, structure.labels[stack.plan.voxel_index(5.0)])
    assert not (tmp_path / "kept" / "structures" / "validation-000.h5").exists()

"""A file that must not grow stands for a disk that is full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import synthfib
from synthfib.catalogue import dump_recipe, load_corpus, small_edition
from synthfib.corpus.build import build_corpus
from synthfib.data.atomic import TEMPORARY_PREFIX
from synthfib.errors import ResourceError

pytest.importorskip("resource", reason="needs a limit on the size of files")
ROOT = Path(synthfib.__file__).parents[1]
COMMAND = """
import resource, sys
from synthfib.cli import main
if sys.argv[1] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main(sys.argv[2:])
"""


def build(recipe: Path, out: Path, limit: int) -> subprocess.CompletedProcess[str]:
    arguments = [str(limit), "build", str(recipe), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", COMMAND, *arguments], env=environment, check=False, timeout=120, capture_output=True, text=True)


@pytest.mark.slow
def test_no_room_is_one_sentence_and_the_build_goes_on_when_there_is_some(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(dump_recipe(small_edition(load_corpus("quickstart"))))
    full = build(tmp_path / "recipe.yaml", tmp_path / "corpus", 50)
    assert full.returncode == 2
    [error] = [line for line in full.stderr.splitlines() if not line.startswith("Building")]
    assert error.startswith(f"Error: {tmp_path / 'corpus'} cannot be written (")
    assert error.endswith("); make room and start the same build again.")
    assert not list(tmp_path.rglob(f"{TEMPORARY_PREFIX}*"))
    assert not list(tmp_path.rglob("*.h5"))
    again = build(tmp_path / "recipe.yaml", tmp_path / "corpus", 0)
    assert again.returncode == 0, again.stderr


def test_a_volume_without_room_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = small_edition(load_corpus("quickstart")).model_copy(update={"pixels": (16, 16), "slices": 3})
    with monkeypatch.context() as patch:
        patch.setattr("synthfib.data.hdf5.free_disk_bytes", lambda path: 100)
        with pytest.raises(ResourceError, match=r"cannot be written \(No space left on device\); make room and start the same build again"):
            build_corpus(recipe, tmp_path / "corpus")
    assert not list(tmp_path.rglob(f"{TEMPORARY_PREFIX}*"))
    assert build_corpus(recipe, tmp_path / "corpus").n_built == 4


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes into every folder")
def test_a_folder_that_must_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(dump_recipe(small_edition(load_corpus("quickstart"))))
    (tmp_path / "locked").mkdir(mode=0o500)
    for out in (tmp_path / "locked", tmp_path / "locked" / "below"):
        done = build(tmp_path / "recipe.yaml", out, 0)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
    assert not list((tmp_path / "locked").iterdir())

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import synthfib
from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.errors import InputError

pytest.importorskip("distributed")
ROOT = Path(synthfib.__file__).parents[1]

# A cluster of two workers on this machine; it prints its address and the processes of its workers, and ends with its standard input.
CLUSTER = """
import os, sys
import distributed
if __name__ == "__main__":
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1") as cluster:
        with distributed.Client(cluster) as client:
            print(cluster.scheduler_address, *client.run(os.getpid).values(), flush=True)
        sys.stdin.read()
"""


def recipe() -> CorpusRecipe:
    return CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        materials=("npg", "hnpg-vacuum"),
        microscope="helios-g3-multi-voltage",
        energies_kev=(2.0,),
        voxel_size_nm=5.0,
        slices=8,
        pixels=(32, 32),
        splits=SplitSizes(train=6, validation=1, test=1),
    )


def contents(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[int]]]:
    script = tmp_path_factory.mktemp("cluster") / "cluster.py"
    script.write_text(CLUSTER)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        address, *workers = process.stdout.readline().split()
        yield address, [int(worker) for worker in workers]
        process.stdin.close()
        process.wait(timeout=60)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_worker_of_the_cluster_is_killed_and_the_bytes_are_the_same(cluster: tuple[str, list[int]], tmp_path: Path) -> None:
    address, workers = cluster
    build_corpus(recipe(), tmp_path / "alone")
    seen: list[tuple[int, int]] = []

    def kill_one(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            os.kill(workers[0], signal.SIGKILL)

    report = build_corpus(recipe(), tmp_path / "cluster", scheduler=address, on_progress=kill_one)
    assert report.finished
    assert seen == [(done, 8) for done in range(9)]
    assert contents(tmp_path / "cluster") == contents(tmp_path / "alone")


@pytest.mark.slow
def test_a_build_that_cannot_work_says_so_from_afar(cluster: tuple[str, list[int]], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wavelength must span two voxels"):
        build_corpus(recipe().model_copy(update={"voxel_size_nm": 60.0}), tmp_path / "corpus", scheduler=cluster[0])
    assert not (tmp_path / "corpus").exists()


@pytest.mark.slow
def test_interrupted_builds_leave_the_cluster_idle(cluster: tuple[str, list[int]], tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_corpus(recipe(), tmp_path / "corpus", scheduler=cluster[0], on_progress=stop)
    time.sleep(0.5)
    n_volumes = len(list((tmp_path / "corpus" / "volumes").glob("*.h5")))
    assert n_volumes < 8
    assert build_corpus(recipe(), tmp_path / "corpus", scheduler=cluster[0]).finished


@pytest.mark.parametrize(("address", "message"), [("tcp://127.0.0.1:1", "No Dask scheduler answers at 'tcp:.*:1'"), ("x y", "answers at 'x y'")])
def test_no_scheduler_is_one_sentence_and_leaves_nothing(address: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.corpus.cluster._SECONDS_TO_ANSWER", 0.5)
    with pytest.raises(InputError, match=message):
        build_corpus(recipe(), tmp_path / "corpus", scheduler=address)
    assert not (tmp_path / "corpus").exists()


def test_workers_with_another_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from synthfib.corpus.cluster import _work

    order: Any = ("0.0.0", len, "task")
    with pytest.raises(InputError, match=r"this build is of 0\.0\.0; install the same"):
        _work(order)

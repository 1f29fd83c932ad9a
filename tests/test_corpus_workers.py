from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from synthfib.corpus.workers import n_cpus, run
from synthfib.errors import ResourceError, UnknownNameError

TASKS = """
import os, signal
from synthfib.errors import UnknownNameError

def square(number):
    return number**2, os.getpid()

def threads(number):
    import numba, threadpoolctl
    return numba.get_num_threads(), [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]

def fail(number):
    raise UnknownNameError("material", "glod", ["gold"])

def die(number):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Functions in a module that spawned processes can import."""
    (tmp_path / "worker_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "worker_tasks", raising=False)
    return importlib.import_module("worker_tasks")


def test_one_worker_is_this_process_and_in_order(tasks: ModuleType) -> None:
    assert list(run(tasks.square, range(4), workers=1)) == [(n**2, os.getpid()) for n in range(4)]


@pytest.mark.slow
def test_two_workers_are_other_processes(tasks: ModuleType) -> None:
    results = list(run(tasks.square, range(6), workers=2))
    assert sorted(square for square, _ in results) == [n**2 for n in range(6)]
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.slow
def test_workers_share_the_processors(tasks: ModuleType) -> None:
    share = max(1, n_cpus() // 2)
    for numba_threads, blas_threads in run(tasks.threads, range(2), workers=2):
        assert numba_threads == share
        assert blas_threads
        assert max(blas_threads) <= share


@pytest.mark.slow
def test_errors_of_workers_arrive_as_they_are(tasks: ModuleType) -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown material 'glod': did you mean gold\?$"):
        list(run(tasks.fail, range(2), workers=2))


@pytest.mark.slow
def test_a_killed_worker_is_one_sentence(tasks: ModuleType) -> None:
    with pytest.raises(ResourceError, match="A worker process was killed, most likely because memory ran out; start again with fewer workers"):
        list(run(tasks.die, range(2), workers=2))

"""Run independent tasks on several processes that neither outlive nor crowd their parent."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from typing import TypeVar

from synthfib.errors import ResourceError

Task = TypeVar("Task")
Result = TypeVar("Result")


def n_cpus() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(function: Callable[[Task], Result], tasks: Sequence[Task], *, workers: int) -> Iterator[Result]:
    """Yield the result of each task as it is ready; with one worker, in this process and in order.

    Processes are spawned, share the processors evenly, and die when their parent is killed.

    Raises
    ------
    ResourceError
        If a worker was killed, which mostly means that memory ran out.
    """
    if workers == 1 or len(tasks) < 2:
        yield from map(function, tasks)
        return
    workers = min(workers, len(tasks))
    pool = _pool(workers, threads=max(1, n_cpus() // workers))
    try:
        for future in as_completed([pool.submit(function, task) for task in tasks]):
            yield future.result()
    except BrokenProcessPool as error:
        raise ResourceError("A worker process was killed, most likely because memory ran out; start again with fewer workers.") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def run_fresh(function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """Return the result of each task, done at the same time as the others in a new process that does nothing else.

    Raises
    ------
    ResourceError
        If a process was killed, which mostly means that memory ran out.
    """
    pools = [_pool(1, threads=max(1, n_cpus() // len(tasks))) for _ in tasks]
    try:
        futures = [pool.submit(function, task) for pool, task in zip(pools, tasks, strict=True)]
        return [future.result() for future in futures]
    except BrokenProcessPool as error:
        raise ResourceError("A process was killed, most likely because memory ran out.") from error
    finally:
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)


def _pool(workers: int, *, threads: int) -> ProcessPoolExecutor:
    # No max_tasks_per_child: it can hang for ever (CPython issue 115634).
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start_worker, initargs=(threads,))


def _start_worker(threads: int) -> None:
    _die_with_parent()
    limit_threads(threads)


def _die_with_parent() -> None:
    """End this process as soon as its parent is gone, even after kill -9."""
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def wait() -> None:
        connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def limit_threads(threads: int) -> None:
    """Give every library that threads its share of the processors; results do not depend on it."""
    import numba
    import scipy.linalg  # noqa: F401  (its BLAS must be loaded to be limited)
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=threads)
    numba.set_num_threads(min(threads, numba.get_num_threads()))

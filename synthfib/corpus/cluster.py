"""Run independent tasks on a Dask cluster that is already there."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from synthfib._optional import require
from synthfib._version import __version__
from synthfib.corpus.workers import limit_threads, n_cpus
from synthfib.errors import InputError, ResourceError

Task = TypeVar("Task")
Result = TypeVar("Result")

_SECONDS_TO_ANSWER = 5
# Numba's threads and HDF5 serve one task of a process at a time.
_ONE_AT_A_TIME = threading.Lock()


def run_on_cluster(function: Callable[[Task], Result], tasks: Sequence[Task], *, scheduler: str) -> Iterator[Result]:
    """Yield the result of each task as it is ready; tasks of workers that die are given to others.

    Parameters
    ----------
    function : callable
        What to do; it and the tasks travel by pickle.
    tasks : sequence
        What to do it with.
    scheduler : str
        Address, for example ``tcp://node01:8786``.

    Raises
    ------
    MissingDependencyError
        If Dask is not installed.
    InputError
        If no scheduler answers there, or its workers have another version of synthfib.
    ResourceError
        If the same task killed several workers, or the cluster went away.
    """
    distributed = require("distributed", attribute="Client", extra="cluster")
    client = _connect(distributed, scheduler)
    futures = client.map(_work, [(__version__, function, task) for task in tasks], pure=False)
    try:
        for future in distributed.as_completed(futures, loop=client.loop):
            yield future.result()
            future.release()
    except distributed.KilledWorker as error:
        raise ResourceError("Several workers of the cluster died of the same task, most likely for want of memory; give them more.") from error
    except distributed.CancelledError as error:
        raise ResourceError(f"The cluster at {scheduler} went away; start the same build again when it is back.") from error
    finally:  # also when interrupted: what was not begun never will be
        client.cancel(futures)
        client.close()


def _connect(distributed: Any, scheduler: str) -> Any:
    try:
        return distributed.Client(scheduler, timeout=_SECONDS_TO_ANSWER, set_as_default=False, name="synthfib")
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"No Dask scheduler answers at {scheduler!r}; start one with `dask scheduler` and give its address.") from error


def _work(order: tuple[str, Callable[[Task], Result], Task]) -> Result:
    """Do one task on a worker, on as many threads as the worker was given."""
    version, function, task = order
    if version != __version__:
        raise InputError(f"A worker of the cluster (process {os.getpid()}) has synthfib {__version__}, this build is of {version}; install the same.")
    from distributed import get_worker

    with _ONE_AT_A_TIME:
        limit_threads(min(get_worker().state.nthreads, n_cpus()))
        return function(task)

"""How the writer of corpora compares with simulating and with plain h5py, and whether builds survive being killed.

Run ``python benchmarks/corpus_build.py [--json] [--scaling | --kills 100 [--seed 1]]``. Writing is measured in seconds of processor on one
thread, so that others on the machine matter little: least, and most beside it. ``--scaling`` instead compares one worker with two, which
needs a machine that does nothing else. ``--kills`` instead kills builds at random moments, parents and workers, until so many were killed,
and compares every corpus with one that was left in peace.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import h5py

from synthfib.catalogue import CorpusRecipe, SplitSizes, load_corpus
from synthfib.corpus.build import build_corpus
from synthfib.corpus.checksums import SUMS
from synthfib.corpus.folder import MARKER
from synthfib.corpus.manifest import FOLDERS, volume_file
from synthfib.corpus.part import make_part
from synthfib.corpus.recipe import resolve
from synthfib.corpus.volume import make_stack, make_structure
from synthfib.corpus.workers import limit_threads, n_cpus
from synthfib.data.hdf5 import TRUTH_AXES
from synthfib.data.stack import ImageStack
from synthfib.data.writers import write_stack
from synthfib.errors import SynthfibError


def corpus(**changes: Any) -> CorpusRecipe:
    """Nanoporous gold, many small volumes."""
    splits = SplitSizes(train=6, validation=1, test=1)
    return load_corpus("quickstart").model_copy(update={"slices": 6, "pixels": (48, 48), "splits": splits, **changes})


def digest(folder: Path) -> str:
    """Digest of the names and bytes of all files."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    content = [(file.relative_to(folder).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def children(process: int) -> list[int]:
    """Processes that a process has started, on Linux."""
    try:
        return [int(child) for task in Path(f"/proc/{process}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return []


def alive(process: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def pool(process: int) -> list[int]:
    """Workers of a build: what it has started, but for the tracker of resources."""

    def is_worker(child: int) -> bool:
        try:
            return b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            return False

    return [child for child in children(process) if is_worker(child)]


def build_quietly(recipe: CorpusRecipe, out: Path, workers: int) -> None:
    """Build as the command does: exit code 0, or 2 after an error that is one sentence."""
    try:
        build_corpus(recipe, out, workers=workers)
    except SynthfibError as error:
        os._exit(error.exit_code)


KINDS = ("parent starting", "parent building", "parent finishing", "worker")


class Killer:
    """Kills builds of one corpus and counts; builds are forked, so that time goes into building and not into imports."""

    def __init__(self, folder: Path, seed: int, n_volumes: int = 8) -> None:
        self.folder, self.random, self.n_volumes, self.counts = folder, random.Random(seed), n_volumes, Counter[str]()
        self.recipe = corpus(splits=SplitSizes(train=n_volumes - 2, validation=1, test=1))
        self.seconds, self.expected = {}, ""
        for workers in (1, 2):
            start = time.perf_counter()
            process = self._start(folder / f"peace-{workers}", workers)
            process.join()
            self.seconds[workers] = time.perf_counter() - start
            assert process.exitcode == 0
            assert self.expected in ("", digest(folder / f"peace-{workers}"))
            self.expected = digest(folder / f"peace-{workers}")

    def _start(self, out: Path, workers: int) -> BaseProcess:
        process = get_context("fork").Process(target=build_quietly, args=(self.recipe, out, workers))
        process.start()
        return process

    def run(self, n_kills: int) -> dict[str, Any]:
        """Build and kill until `n_kills` were killed; every corpus is let finish and compared."""
        while sum(self.counts[kind] for kind in KINDS) < n_kills:
            out = self.folder / f"round-{self.counts['corpora finished']}"
            for _ in range(self.random.randint(3, 8)):
                self._disturb(out)
                if (out / SUMS).exists() and not (out / MARKER).exists():
                    break
            process = self._start(out, self.random.choice((1, 2)))
            process.join()
            assert process.exitcode == 0
            self.counts["corpora finished"] += 1
            self.counts["corpora equal"] += digest(out) == self.expected
            self.counts["stray files"] += sum(1 for _ in out.rglob(".*"))
        return dict(self.counts)

    def _disturb(self, out: Path) -> None:
        kind = self.random.choice(KINDS)
        workers = 2 if kind == "worker" else self.random.choice((1, 2))
        process = self._start(out, workers)
        assert process.pid is not None
        self._wait_for_the_moment(kind, process, out, workers)
        victims = pool(process.pid)
        if kind == "worker" and victims:
            os.kill(self.random.choice(victims), signal.SIGKILL)
            process.join()
            self.counts[f"exit code {process.exitcode} after a worker was killed"] += 1
            self.counts[kind] += 1
        else:
            process.kill()
            process.join()
            self.counts["too late" if process.exitcode == 0 else kind if kind != "worker" else "parent building"] += 1
        self.counts[f"of builds on {workers} workers"] += 1
        gone = time.monotonic()
        while any(alive(victim) for victim in victims):
            assert time.monotonic() < gone + 60, "workers outlive their parent"
            time.sleep(0.01)
        self.counts["left temporary files"] += any(out.rglob(".tmp-*"))

    def _wait_for_the_moment(self, kind: str, process: BaseProcess, out: Path, workers: int) -> None:
        assert process.pid is not None
        if kind == "parent starting":
            time.sleep(self.random.uniform(0, 0.3 * self.seconds[workers]))
            return

        def n_there() -> int:
            return sum(1 for file in (out / "tables" / "slices").glob("[a-z]*.parquet"))

        n_wanted = self.n_volumes if kind == "parent finishing" else min(self.n_volumes, n_there() + self.random.randint(0, 2))
        while process.is_alive() and (n_there() < n_wanted or (workers > 1 and len(pool(process.pid)) < workers)):
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, 0.3 * self.seconds[1] * (1 if kind == "parent finishing" else 1 / self.n_volumes)))


def processor_seconds(function: Callable[[], object], repeats: int = 3) -> list[float]:
    """Least and most seconds of processor."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return [min(seconds), max(seconds)]


def write_plain(path: Path, stack: ImageStack) -> None:
    """Write the same arrays with the same chunks and compression, and nothing else."""
    with h5py.File(path, "w") as file:
        for name in ("images", *TRUTH_AXES):
            if (array := getattr(stack, name)) is not None:
                chunks = (1,) * (array.ndim - 2) + array.shape[-2:]
                file.create_dataset(name, data=array, chunks=chunks, compression="gzip", compression_opts=4)


def writing(simulator: str, folder: Path, **changes: Any) -> dict[str, Any]:
    """What one volume takes to make and to write."""
    resolved = resolve(corpus(simulator=simulator, splits=SplitSizes(train=1, validation=0, test=0), **changes))
    [place] = resolved.places
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    make_stack(resolved, place, make_structure(resolved, place))  # compiled
    structure = make_structure(resolved, place)
    simulating = processor_seconds(lambda: make_stack(resolved, place, make_structure(resolved, place)), 2)
    stack, file = make_stack(resolved, place, structure), folder / volume_file(place)
    ours, plain = processor_seconds(lambda: write_stack(file, stack)), processor_seconds(lambda: write_plain(folder / "plain.h5", stack))
    rest = processor_seconds(lambda: make_part(resolved, folder, place), 1)  # table, and reading all back
    return {
        "simulating_s": simulating,
        "hdf5_s": ours,
        "plain_h5py_s": plain,
        "hdf5_over_plain_h5py": [ours[0] / plain[0], ours[1] / plain[0]],
        "table_and_checks_s": rest[0],
        "hdf5_percent_of_simulating": 100 * ours[0] / simulating[0],
        "all_writing_percent_of_simulating": 100 * (ours[0] + rest[0]) / simulating[0],
    }


def scaling(folder: Path) -> dict[str, Any]:
    """Time of one build with one worker on one thread, with two such workers, and with one worker that has all processors to itself.

    Two workers also have to start, which takes seconds; what they would do without is estimated from the time of half as many volumes.
    """

    def seconds(workers: int, threads: int, n_volumes: int) -> float:
        limit_threads(threads)
        splits = SplitSizes(train=n_volumes, validation=0, test=0)
        recipe = load_corpus("hnpg-multivoltage").model_copy(update={"slices": 24, "pixels": (192, 192), "splits": splits})
        start = time.perf_counter()
        build_corpus(recipe, folder / f"{workers}-{threads}-{n_volumes}", workers=workers)
        return time.perf_counter() - start

    seconds(1, 1, 1)  # compiled
    one, half = seconds(1, 1, 16), seconds(1, 1, 8)
    two, two_half = seconds(2, 1, 16), seconds(2, 1, 8)
    everything = seconds(1, n_cpus(), 16)
    return {
        "one_worker_one_thread_s": one,
        "two_workers_one_thread_each_s": two,
        "one_worker_all_threads_s": everything,
        "share_of_perfect_scaling": one / (2 * two),
        "share_of_perfect_scaling_without_start": (one - half) / (2 * (two - two_half)),
        "two_workers_over_one_with_all_threads": everything / two,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.kills:
            document = Killer(folder, arguments.seed).run(arguments.kills)
        elif arguments.scaling:
            document = scaling(folder)
        else:
            limit_threads(1)
            size = {"slices": 24, "pixels": (192, 192)}
            document = {simulator: writing(simulator, folder / simulator, **size) for simulator in ("depth-weighted", "surrogate")}
            document["monte-carlo"] = writing("monte-carlo", folder / "monte-carlo", slices=2, pixels=(24, 24))
    lines = "\n".join(f"{key}: {value}" for key, value in document.items())
    print(json.dumps(document, indent=1) if arguments.json else lines)


if __name__ == "__main__":
    main()

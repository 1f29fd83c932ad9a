from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import synthfib
from synthfib.catalogue import SplitSizes, load_corpus
from synthfib.corpus.plan import CorpusPlan, check_fits, plan_corpus
from synthfib.data import resources
from synthfib.errors import ResourceError

ROOT = Path(synthfib.__file__).parents[1]
PLAN = CorpusPlan(
    memory_bytes=10**9,
    disk_bytes=10**9,
    seconds=1.0,
    n_volumes=1,
    n_slices=1,
    largest_shape=(1, 1, 1),
    workers=1,
    simulator="mock",
    reason="",
)

# Peak memory of a fresh process that builds the quickstart with larger images, and the size of what it wrote. VmHWM starts anew with
# the process; ru_maxrss would inherit the size of the process that started it.
MEASURE = """
import re, sys
from pathlib import Path
from synthfib.catalogue import SplitSizes, load_corpus
from synthfib.corpus.build import build_corpus
changes = {"pixels": (256, 256), "energies_kev": (1.0, 2.0, 4.0), "splits": SplitSizes(train=1, validation=0, test=0)}
recipe = load_corpus("quickstart").model_copy(update=changes)
report = build_corpus(recipe, Path(sys.argv[1]))
peak_kib = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)
print(int(peak_kib) * 1024, sum(volume.bytes for volume in report.manifest.volumes))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/self/status")
def test_prediction_is_near_reality(tmp_path: Path) -> None:
    changes = {"pixels": (256, 256), "energies_kev": (1.0, 2.0, 4.0), "splits": SplitSizes(train=1, validation=0, test=0)}
    plan = plan_corpus(load_corpus("quickstart").model_copy(update=changes))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "c")], env=environment, check=True, timeout=300, capture_output=True, text=True
    )
    memory_bytes, disk_bytes = map(int, done.stdout.split())
    assert memory_bytes / 1.3 < plan.memory_bytes < memory_bytes * 2
    assert disk_bytes / 1.3 < plan.disk_bytes < disk_bytes * 2


def test_plan_counts_volumes_and_slices() -> None:
    plan = plan_corpus(load_corpus("hnpg-multivoltage"))
    assert (plan.n_volumes, plan.n_slices) == (10, 640)
    assert plan.largest_shape[1:] == (512, 512)
    assert 64 * 10.16 / 2.5 * 0.9 < plan.largest_shape[0] < 64 * 10.16 / 2.5 * 1.3


def test_more_workers_need_more_memory_and_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.corpus.plan.n_cpus", lambda: 8)
    one, two, many = (plan_corpus(load_corpus("quickstart"), workers=workers) for workers in (1, 2, 64))
    assert one.memory_bytes < two.memory_bytes < many.memory_bytes
    assert one.seconds > two.seconds > many.seconds
    assert one.disk_bytes == many.disk_bytes
    assert many.workers == 5


def test_a_huge_corpus_is_planned_quickly() -> None:
    recipe = load_corpus("quickstart")
    splits = recipe.splits.model_copy(update={"train": 100_000})
    plan = plan_corpus(recipe.model_copy(update={"splits": splits}))
    assert plan.n_volumes == 100_002
    assert plan.seconds > 10_000


@pytest.mark.parametrize(("memory", "disk"), [(10**9, 10**9), (None, 10**9)])
def test_what_fits_passes(memory: int | None, disk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.corpus.plan.available_memory_bytes", lambda: memory)
    monkeypatch.setattr("synthfib.corpus.plan.free_disk_bytes", lambda path: disk)
    check_fits(PLAN, tmp_path)


def test_what_does_not_fit_names_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.corpus.plan.available_memory_bytes", lambda: 5 * 10**8)
    with pytest.raises(ResourceError, match=r"^The build needs 1.00 GB of memory, 0.50 GB are available; ask for fewer slices or pixels.$"):
        check_fits(PLAN, tmp_path)
    with pytest.raises(ResourceError, match="ask for fewer workers"):
        check_fits(replace(PLAN, workers=2), tmp_path)
    monkeypatch.setattr("synthfib.corpus.plan.available_memory_bytes", lambda: None)
    monkeypatch.setattr("synthfib.corpus.plan.free_disk_bytes", lambda path: 999_999_999 - 500)
    with pytest.raises(ResourceError, match=r"^The build needs 1.00 GB on disk, 1.00 GB are free"):
        check_fits(PLAN, tmp_path)
    (tmp_path / "volumes").mkdir()
    (tmp_path / "volumes/train-000.h5").write_bytes(b"x" * 1000)
    check_fits(PLAN, tmp_path)


def test_this_machine_has_memory_and_disk(tmp_path: Path) -> None:
    available = resources.available_memory_bytes()
    assert available is None or 10**7 < available < 10**15
    assert resources.free_disk_bytes(tmp_path / "not" / "there") > 0


def test_a_container_limits_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("900\n")
    unlimited = resources.available_memory_bytes()
    assert unlimited is None or unlimited > 10**7
    (tmp_path / "memory.max").write_text("1000\n")
    assert resources.available_memory_bytes() == 100

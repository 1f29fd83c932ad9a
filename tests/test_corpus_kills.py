"""Builds that are killed again and again, by benchmarks/corpus_build.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import synthfib

SCRIPT = Path(synthfib.__file__).parents[1] / "benchmarks" / "corpus_build.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.skipif(not SCRIPT.exists(), reason="needs the benchmarks of the repository")
def test_ten_random_kills_change_nothing() -> None:
    """In a process of its own, because builds are forked, which threads of other tests would not survive."""
    done = subprocess.run([sys.executable, str(SCRIPT), "--kills", "10", "--seed", "0", "--json"], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["corpora equal"] == counts["corpora finished"] > 1
    assert counts["stray files"] == 0
    assert sum(counts.get(kind, 0) for kind in ("parent starting", "parent building", "parent finishing", "worker")) >= 10

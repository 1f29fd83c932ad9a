"""Builds that are killed again and again, by benchmarks/corpus_build.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import synthfib

SCRIPT = Path(synthfib.__file__).parents[1] / "benchmarks" / "corpus_build.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.skipif(not SCRIPT.exists(), reason="needs the benchmarks of the repository")
def test_ten_random_kills_change_nothing(tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("corpus_build", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    counts = script.Killer(tmp_path, seed=0, n_volumes=5).run(10)
    assert counts["corpora equal"] == counts["corpora finished"] > 1
    assert counts["stray files"] == 0
    assert sum(counts.get(kind, 0) for kind in script.KINDS) >= 10

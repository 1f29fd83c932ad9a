"""Every line of Python in docs/how-to/load-a-corpus.md runs, in order, and that of the card of a corpus."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib._optional import require
from synthfib.catalogue import load_corpus, small_edition
from synthfib.corpus.build import build_corpus
from synthfib.errors import MissingDependencyError

PAGE = Path(__file__).parent.parent / "docs" / "how-to" / "load-a-corpus.md"


def run_python_of(page: Path, seen: dict[str, Any]) -> int:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for block in blocks:
        exec(compile(block, page.name, "exec"), seen)
    return len(blocks)


@pytest.mark.slow
def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        datasets: Any = require("datasets", attribute="load_dataset", extra="publish")
    except MissingDependencyError:
        pytest.skip("needs datasets")
    pytest.importorskip("monai")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    build_corpus(small_edition(load_corpus("quickstart")), tmp_path / "corpus")
    seen: dict[str, Any] = {}
    assert run_python_of(PAGE, seen) == 9
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("12 (1, 48, 48) (48, 48) ")
    assert "face=3" in printed[0]
    assert printed[1] == "(3, 32, 32) (32, 32)"
    assert seen["batch"]["image"].shape == (4, 1, 48, 48)
    assert (seen["image"].shape, seen["label"].shape) == ((8, 1, 32, 32), (48, 48))
    assert seen["arrays"].shape == (4, 48, 48)
    assert np.array_equal(seen["slices"][3]["label"], seen["label"])
    assert np.array_equal(seen["slices"][3]["image_2kev_in_lens_bse"], seen["face"])

    card = (tmp_path / "corpus").rename(tmp_path / "quickstart-small") / "README.md"
    assert run_python_of(card, seen) == 2
    assert capsys.readouterr().out == "(1, 48, 48) (48, 48)\n"
    assert len(seen["slices"]) == 12

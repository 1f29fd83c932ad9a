"""`synthfib export`: a corpus or a stack for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack

Run = Callable[..., Any]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    plan = MillingPlan(np.array([0.0, 8.0, 20.32]), (2.5, 3.0))
    write_stack(tmp_path / "s.h5", ImageStack(np.ones((1, 3, 4, 5), np.uint8), (Channel(2.0),), plan))
    return tmp_path / "s.h5"


def test_a_stack_goes_to_imagej(synthfib: Run, stack: Path, tmp_path: Path) -> None:
    done = synthfib("export", stack, "--format", "imagej", "--out", tmp_path / "out", "--json")
    assert done.code == 0
    assert done.json == {"source": str(stack), "format": "imagej", "out": str(tmp_path / "out"), "volumes": ["s"], "files_now": 2}
    assert "100%" in done.err
    assert tifffile.imread(tmp_path / "out/s.tif").shape == (3, 4, 5)


def test_it_says_what_it_wrote(synthfib: Run, stack: Path, tmp_path: Path) -> None:
    assert (
        synthfib("export", stack, "--format", "imagej", "--out", tmp_path / "v.tif").out
        == f"1 volume(s) as imagej in {tmp_path}, 2 files written now\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--format", "nifty"), "Unknown export format 'nifty': did you mean nifti?"),
        (("--format", "imagej", "--volumes", "train-000,test-000"), "are chosen from a corpus"),
        (("--format", "nnunet"), "DatasetNNN_Name, got 'out'"),
    ],
)
def test_bad_input_is_one_sentence(synthfib: Run, stack: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    refused = synthfib("export", stack, "--out", tmp_path / "out", *arguments)
    assert refused.code == 2
    assert sentence in refused.err
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_package_is_exit_code_3(synthfib: Run, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zarr", None)
    refused = synthfib("export", stack, "--format", "ome-zarr", "--out", tmp_path / "out")
    assert refused.code == 3
    assert "pip install 'synthfib[export]'" in refused.err

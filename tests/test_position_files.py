"""Tables of slice positions, as people and as exports write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.position_files import ONLY_SERIES, read_positions
from synthfib.data.positions import positions_table
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack
from synthfib.errors import InputError

PLAN = MillingPlan(np.array([0.0, 9.0, 21.0]), (2.0, 2.0), measured_positions_nm={"ruler": np.array([0.0, 9.5, 20.0])})
STACK = ImageStack(np.zeros((1, 3, 4, 4), np.uint8), (Channel(2.0),), PLAN, displacement_nm=np.ones((1, 3, 2), np.float32))


def read(tmp_path: Path, text: str) -> dict[str, list[float]]:
    path = tmp_path / "positions.csv"
    path.write_text(text, encoding="utf-8")
    return {name: values.tolist() for name, values in read_positions(path).items()}


def test_one_column_with_and_without_a_name(tmp_path: Path) -> None:
    assert read(tmp_path, "0\n9.5\n\n21\n") == {ONLY_SERIES: [0, 9.5, 21]}
    assert read(tmp_path, "\ufeffdepth in nm\n0\n9.5\n") == {ONLY_SERIES: [0, 9.5]}
    assert read(tmp_path, "ruler_nm\n0\n9.5\n") == {"ruler": [0, 9.5]}


def test_the_table_of_exports(tmp_path: Path) -> None:
    assert read(tmp_path, positions_table(STACK)) == {"true": [0, 9, 21], "ruler": [0, 9.5, 20]}


def test_the_stack_itself(tmp_path: Path) -> None:
    write_stack(tmp_path / "stack.h5", STACK)
    assert {name: values.tolist() for name, values in read_positions(tmp_path / "stack.h5").items()} == {"true": [0, 9, 21], "ruler": [0, 9.5, 20]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("0\nnine\n", "row 2 of .* 'nine'"),
        ("slice,depth\n0,1\n", "named <method>_nm"),
        ("0,1\n2,3\n", "no names"),
        ("slice,ruler_nm\n0,1\n1\n", "row 3"),
    ],
)
def test_what_is_no_table_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, text)


def test_bytes_and_missing_files_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="write it as CSV"):
        read_positions(tmp_path / "bytes.csv")
    with pytest.raises(InputError, match="there is none"):
        read_positions(tmp_path / "missing.csv")

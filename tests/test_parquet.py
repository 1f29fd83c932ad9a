from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from synthfib.data.parquet import Column, Row, check_table, open_table, png, table_schema, write_table
from synthfib.errors import InputError

COLUMNS = (
    Column("name", "string"),
    Column("count", "int32"),
    Column("seed", "int64"),
    Column("depth_nm", "float64"),
    Column("face", "image"),
)
SCHEMA = table_schema(COLUMNS, {"corpus": "tiny"})


def rows(n: int) -> list[Row]:
    return [{"name": f"{i}", "count": i, "seed": 2**62 + i, "depth_nm": i / 3, "face": png(np.full((4, 5), i, np.uint8))} for i in range(n)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    write_table(tmp_path / "table.parquet", SCHEMA, iter(rows(7)), bytes_per_row=20)
    return tmp_path / "table.parquet"


def test_rows_come_back(table: Path) -> None:
    assert check_table(table, SCHEMA) == 7
    assert pq.read_table(table).to_pylist() == rows(7)


def test_the_metadata_is_what_the_library_datasets_writes() -> None:
    try:
        from datasets import Features, Image, Value
    except ImportError:
        pytest.skip("needs datasets")
    kinds = {"image": Image()} | {kind: Value(kind) for kind in ("string", "int32", "int64", "float64")}
    theirs = Features({column.name: kinds[column.kind] for column in COLUMNS}).arrow_schema
    assert theirs.equals(SCHEMA)
    assert theirs.metadata[b"huggingface"] == SCHEMA.metadata[b"huggingface"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_images_keep_every_bit(dtype: Any) -> None:
    pixels = np.random.default_rng(0).integers(np.iinfo(dtype).max, size=(6, 9), endpoint=True, dtype=dtype)
    with Image.open(io.BytesIO(png(pixels)["bytes"])) as image:
        assert image.mode == ("L" if dtype is np.uint8 else "I;16")
        assert np.array_equal(np.asarray(image), pixels)


def test_equal_rows_give_equal_bytes(table: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "again.parquet", SCHEMA, iter(rows(7)), bytes_per_row=20)
    assert (tmp_path / "again.parquet").read_bytes() == table.read_bytes()


@pytest.mark.parametrize(("bytes_per_row", "n_groups"), [(20, 2), (10**7, 7), (10**9, 70)])
def test_large_rows_are_kept_in_small_groups(bytes_per_row: int, n_groups: int, tmp_path: Path) -> None:
    write_table(tmp_path / "table.parquet", SCHEMA, iter(rows(70)), bytes_per_row=bytes_per_row)
    with open_table(tmp_path / "table.parquet") as table:
        assert table.metadata.num_row_groups == n_groups
        group = table.metadata.row_group(0)
        assert group.column(0).compression == "UNCOMPRESSED"
        assert [group.column(index).is_stats_set for index in range(5)] == [True, True, True, True, False]


def test_damage_is_found_and_is_one_sentence(table: Path) -> None:
    intact = table.read_bytes()
    position = intact.index(b"IDAT")
    for damaged in (intact[:-1], intact[: len(intact) // 2], b"", b"PAR1", intact[:position] + b"jdat" + intact[position + 4 :]):
        table.write_bytes(damaged)
        with pytest.raises(InputError, match="cannot be read as Parquet") as caught:
            check_table(table, SCHEMA)
        assert "\n" not in str(caught.value)
    table.unlink()
    with pytest.raises(InputError, match="there is none"):
        check_table(table, SCHEMA)


def test_other_columns_are_refused(table: Path) -> None:
    for other in (table_schema(COLUMNS[:-1], {"corpus": "tiny"}), table_schema(COLUMNS, {"corpus": "other"})):
        with pytest.raises(InputError, match="other columns"):
            check_table(table, other)


def test_a_table_is_complete_or_absent(tmp_path: Path) -> None:
    broken = [*rows(1), {"name": "x", "count": "many", "seed": 0, "depth_nm": 0.0, "face": None}]
    with pytest.raises(Exception, match="many"):
        write_table(tmp_path / "table.parquet", SCHEMA, iter(broken), bytes_per_row=10**9)
    assert not list(tmp_path.iterdir())

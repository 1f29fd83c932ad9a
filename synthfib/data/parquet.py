"""Parquet tables of numbers, texts and images, with the metadata by which the Hugging Face library ``datasets`` knows images again."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from synthfib.data.atomic import atomic_path
from synthfib.data.untrusted import check_plain_file
from synthfib.errors import InputError

#: What a column may hold; an image is a PNG.
Kind: TypeAlias = Literal["string", "int32", "int64", "float64", "image"]
Row: TypeAlias = dict[str, Any]

_TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "image": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
}
#: Rows that are read together; fewer if they are large.
_ROWS_PER_GROUP = 64
_BYTES_PER_GROUP = 100_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """Name of a column, and what it holds."""

    name: str
    kind: Kind


def table_schema(columns: Sequence[Column], about: Mapping[str, Any] | None = None) -> pa.Schema:
    """Return the schema of a table; `about` is kept in its metadata as JSON."""
    features = {column.name: {"_type": "Image"} if column.kind == "image" else {"dtype": column.kind, "_type": "Value"} for column in columns}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    if about is not None:
        metadata["synthfib"] = json.dumps(about)
    return pa.schema([pa.field(column.name, _TYPES[column.kind]) for column in columns], metadata)


def png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Row:
    """Return an image ``(y, x)`` as the value of an image column; noise does not compress further with more effort."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return {"bytes": buffer.getvalue(), "path": None}


def write_table(path: Path, schema: pa.Schema, rows: Iterator[Row], *, bytes_per_row: int) -> None:
    """Write rows as they come; the file is complete or absent, and equal rows give equal bytes with equal libraries.

    Parameters
    ----------
    path : path
        The file.
    schema : pyarrow.Schema
        From `table_schema`.
    rows : iterator of dict
        One value per column.
    bytes_per_row : int
        About how large a row is; it decides how many are kept together.
    """
    n_together = max(1, min(_ROWS_PER_GROUP, _BYTES_PER_GROUP // max(1, bytes_per_row)))
    options: dict[str, Any] = {
        "compression": "none",  # images are compressed already
        "use_dictionary": False,
        "write_page_index": True,
        "write_page_checksum": True,  # so that damage is found when they are read
        "write_statistics": [field.name for field in schema if not pa.types.is_struct(field.type)],  # an image has no order
    }
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema, **options) as writer:
        while group := list(islice(rows, n_together)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


@contextmanager
def open_table(path: Path) -> Iterator[Any]:
    """Open a table; anything that is wrong with it inside the block becomes one sentence.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    try:
        check_plain_file(path)
        with pq.ParquetFile(path, page_checksum_verification=True) as table:
            _check_plain_pages(path, table.metadata)
            yield table
    except FileNotFoundError as error:
        raise InputError(f"A table is required at {str(path)!r}, there is none.") from error
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{str(path)!r} cannot be read as Parquet (truncated or damaged); build or copy it again.") from error


def _check_plain_pages(path: Path, metadata: Any) -> None:
    """Refuse tables that could unpack to much more than they take on disk; `write_table` packs nothing."""
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            if chunk.compression != "UNCOMPRESSED" or chunk.has_dictionary_page:
                raise InputError(f"{str(path)!r} is packed in another way than synthfib packs tables; refused.")


def check_table(path: Path, schema: pa.Schema) -> int:
    """Read the whole of a table and return its number of rows.

    Raises
    ------
    InputError
        If it is missing or damaged, or does not have this schema.
    """
    with open_table(path) as table:
        if not table.schema_arrow.equals(schema, check_metadata=True):
            raise InputError(f"{str(path)!r} has other columns than it should; build it again.")
        return sum(batch.num_rows for batch in table.iter_batches(batch_size=_ROWS_PER_GROUP))

"""Files of strangers: what may be opened at all, and what an HDF5 file may claim before anything is allocated for it."""

from __future__ import annotations

import math
import os
import stat
import zlib
from pathlib import Path
from typing import Any

import h5py

from synthfib.data.resources import available_memory_bytes
from synthfib.errors import InputError, ResourceError

#: Deflate makes nothing more than 1032 times smaller; a little more for the headers of small chunks.
_MOST_COMPRESSION = 1100
_MOST_OBJECTS = 1000
_MOST_DEPTH = 4
_MOST_AXES = 4
_MOST_NUMBERS = 100_000  # of one attribute
_MOST_TEXTS = 64
#: A chunk that cannot unpack to more than this is not worth a look.
_HARMLESS_BYTES = 1 << 28
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_LZF}


def check_plain_file(path: Path) -> None:
    """Refuse what is no file, such as a pipe or a device, on which reading might never end.

    Raises
    ------
    InputError
        If there is nothing at `path`, or no plain file.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise InputError(f"A file is required at {str(path)!r}, there is none.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"A plain file is required, {str(path)!r} is none.")


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a plain file that is no link and not larger than `most_bytes`.

    Raises
    ------
    InputError
        If it is anything else.
    OSError
        If it is missing or cannot be read.
    """
    # A pipe would block for ever without O_NONBLOCK; a link is refused when it is opened.
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"A plain file is required, {str(path)!r} is none.")
        content = file.read(most_bytes + 1) if status.st_size <= most_bytes else None
    if content is None or len(content) > most_bytes:
        raise InputError(f"{str(path)!r} is larger than {most_bytes // 1_000_000} MB, which no such file is.")
    return content


def check_own_layout(file: Any) -> None:
    """Refuse an HDF5 file that says synthfib wrote it, but holds what synthfib never writes: links, pointers to other files, false sizes.

    Raises
    ------
    InputError
        If there is any such thing in it.
    """
    _check_attributes(file, "the file")
    left = _MOST_OBJECTS
    groups: list[tuple[Any, str, int]] = [(file, "", 0)]
    while groups:
        group, where, depth = groups.pop()
        for name in group:
            left -= 1
            if left < 0 or depth >= _MOST_DEPTH:
                raise InputError(f"{_name(file)} holds too many or too deeply nested parts for a file of synthfib; refused.")
            path = f"{where}/{name}" if where else name
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise InputError(f"{_name(file)} links {path!r} to another place, which a file of synthfib never does; refused.")
            item = group[name]
            if isinstance(item, h5py.Dataset):
                check_dataset(item)
                _check_storage(item, Path(file.filename).stat().st_size)
            elif isinstance(item, h5py.Group):
                groups.append((item, path, depth + 1))
            else:
                raise InputError(f"{_name(file)} holds {path!r}, which is neither data nor a group; refused.")
            _check_attributes(item, repr(path))


def check_dataset(dataset: Any) -> None:
    """Refuse a dataset that is not plain numbers inside its own file.

    Raises
    ------
    InputError
        If it has its data elsewhere, or other values than numbers.
    """
    what = f"{_name(dataset.file)}: {dataset.name!r}"
    if dataset.is_virtual or dataset.external:
        raise InputError(f"{what} takes its data from other files; copy the data into one file.")
    if dataset.dtype.kind not in "biuf" or dataset.dtype.itemsize > 8 or dataset.shape is None:
        raise InputError(f"{what} must hold plain numbers, got {dataset.dtype}.")


def check_fits_memory(file: Any, names: list[str]) -> None:
    """Refuse to read datasets that would not fit in memory together.

    Raises
    ------
    ResourceError
        If they would not.
    """
    needed, available = sum(file[name].nbytes for name in names), available_memory_bytes()
    if available is not None and needed > available:
        raise ResourceError(f"{_name(file)} needs {needed / 1e9:.2f} GB of memory, {available / 1e9:.2f} GB are available; take a smaller one.")


def _check_storage(dataset: Any, file_bytes: int) -> None:
    """Compare the size that a dataset claims with what there is of it on disk."""
    what = f"{_name(dataset.file)}: {dataset.name!r}"
    stored, claimed = dataset.id.get_storage_size(), dataset.nbytes
    if dataset.ndim > _MOST_AXES or stored > file_bytes or claimed > _MOST_COMPRESSION * stored + (1 << 12):
        shape = " x ".join(map(str, dataset.shape))
        raise InputError(f"{what} claims {shape} values, but only {min(stored, file_bytes)} bytes are there; refused.")
    properties = dataset.id.get_create_plist()
    filters = [properties.get_filter(index)[0] for index in range(properties.get_nfilters())]
    if len(filters) != len(set(filters)) or not _FILTERS.issuperset(filters):
        raise InputError(f"{what} is packed in another way than synthfib packs; refused.")
    if dataset.chunks is not None and stored * _MOST_COMPRESSION > _HARMLESS_BYTES:
        _check_chunks(dataset, what, packed=h5py.h5z.FILTER_DEFLATE in filters)


def _check_chunks(dataset: Any, what: str, *, packed: bool) -> None:
    """Refuse chunks that would unpack to more than a chunk, which HDF5 itself finds out only afterwards."""
    chunk_bytes = math.prod(dataset.chunks) * dataset.dtype.itemsize
    suspects: list[tuple[int, ...]] = []
    too_large = chunk_bytes > max(dataset.nbytes, 1 << 12)

    def look(chunk: Any) -> None:
        nonlocal too_large
        too_large |= chunk.size > chunk_bytes + chunk_bytes // 100 + 1024
        if packed and chunk.size * _MOST_COMPRESSION > max(_HARMLESS_BYTES, 8 * chunk_bytes) and not chunk.filter_mask:
            suspects.append(chunk.chunk_offset)

    dataset.id.chunk_iter(look)
    if too_large or any(_unpacks_beyond(dataset.id.read_direct_chunk(offset)[1], chunk_bytes + 4) for offset in suspects):
        raise InputError(f"{what} would unpack to more than it claims; refused.")


def _unpacks_beyond(packed: bytes, limit: int) -> bool:
    unpacker, size = zlib.decompressobj(), 0
    while packed and not unpacker.eof:
        try:
            size += len(unpacker.decompress(packed, 1 << 22))
        except zlib.error:
            return False  # damaged, which HDF5 says itself
        if size > limit:
            return True
        packed = unpacker.unconsumed_tail
    return False


def _check_attributes(item: Any, where: str) -> None:
    for name in item.attrs:
        attribute = h5py.h5a.open(item.id, name.encode())
        n_values, dtype = math.prod(attribute.shape or ()), attribute.dtype
        is_text = h5py.check_string_dtype(dtype) is not None
        if (not is_text and dtype.kind not in "biuf") or n_values > (_MOST_TEXTS if is_text else _MOST_NUMBERS):
            raise InputError(f"{_name(item.file)}: the attribute {name!r} of {where} must be a few plain numbers or texts; refused.")


def _name(file: Any) -> str:
    return repr(str(file.filename))

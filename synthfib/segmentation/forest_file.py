"""A random forest on disk: one ``.npz`` of plain arrays, with a card in JSON among them. Reading executes no code."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from synthfib._version import __version__
from synthfib.data.atomic import write_bytes
from synthfib.errors import InputError
from synthfib.segmentation.forest import Forest

_CARD = "card"
_MOST_BYTES = 8 * 2**30


class ForestCard(BaseModel):
    """Everything needed to use a forest, and to say how it came about.

    ``channels`` are pairs of landing energy in keV and detector; ``corpus`` is name, version and digest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["synthfib/random-forest@1"] = "synthfib/random-forest@1"
    synthfib_version: str = __version__
    channels: tuple[tuple[float, str], ...]
    pixel_size_nm: tuple[float, float]
    corpus: tuple[str, str, str]
    settings: dict[str, Any]


def write_forest(path: Path, forest: Forest, card: ForestCard) -> Path:
    """Write the file, complete or not at all, with the ending ``.npz``.

    Raises
    ------
    InputError
        If the folder does not exist.
    """
    path = path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
    content = io.BytesIO()
    text = np.frombuffer(card.model_dump_json().encode(), np.uint8)
    np.savez_compressed(content, allow_pickle=False, **{_CARD: text, **forest.arrays()})
    write_bytes(path, content.getvalue())
    return path


def read_forest(path: Path) -> tuple[Forest, ForestCard]:
    """Return what `write_forest` wrote.

    Raises
    ------
    InputError
        If the file is missing, damaged, or no forest.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > _MOST_BYTES:
            raise InputError(f"A random forest of at most {_MOST_BYTES / 2**30:g} GB is required, {path} unpacks to {size / 2**30:.0f} GB.")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return Forest.of_arrays(arrays), ForestCard.model_validate_json(arrays.pop(_CARD, np.zeros(0, np.uint8)).tobytes())
    except InputError as error:
        raise InputError(f"The random forest in {path} cannot be used: {error}") from error
    except OSError as error:
        raise InputError(f"A trained random forest (.npz) is required, {path} cannot be read ({error.strerror or error}).") from error
    except ValidationError as error:
        raise InputError(f"A random forest that synthfib wrote is required, the card in {path} is wrong: {error.errors()[0]['msg']}.") from error
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, zlib.error, MemoryError) as error:
        raise InputError(f"A random forest that synthfib wrote is required, {path} is damaged or something else; train it again.") from error

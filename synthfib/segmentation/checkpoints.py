"""Open trained methods by their files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from synthfib.errors import InputError
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.registry import SEGMENTERS

#: What a card without a name is of: before there were others.
_FIRST = "unet"
_SUFFIXES = (".safetensors", ".json")


def load_checkpoint(path: Path | str, *, threads: int | None = None) -> Segmenter:
    """Return the trained method that a checkpoint holds, whichever it is.

    Its card names a registered model, and the class of that name reads the rest; no code in the files is executed.

    Raises
    ------
    InputError
        If a file is missing or damaged, or of a model that cannot be loaded; UnknownNameError if nobody registered the model.
    """
    path = Path(path)
    name = _model(path.with_name((path.stem if path.suffix in _SUFFIXES else path.name) + ".json"))
    load = getattr(SEGMENTERS.load(name), "load", None)
    if load is None:
        raise InputError(f"The model {name!r} that {path} names needs no training and has no checkpoints; give its name instead of a file.")
    return cast(Segmenter, load(path, threads=threads))


def _model(card: Path) -> str:
    try:
        content: Any = json.loads(card.read_bytes())
    except OSError as error:
        raise InputError(f"A trained model is two files, .safetensors and .json; {card} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"A model card that synthfib wrote is required, {card} is not JSON.") from error
    name = content.get("model", _FIRST) if isinstance(content, dict) else None
    if not isinstance(name, str):
        raise InputError(f"A model card that synthfib wrote is required, {card} names no model.")
    return name

"""From what a user types to a method that is ready to predict."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from synthfib.errors import InputError
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.checkpoints import load_checkpoint
from synthfib.segmentation.registry import SEGMENTERS

_CHECKPOINT_ENDINGS = (".safetensors", ".json")
_FOREST_ENDING = ".npz"


def ready_segmenter(name_or_checkpoint: str, *, threads: int = 2) -> Segmenter:
    """Return a method that needs no training by name, or a trained one by the file of its checkpoint.

    Raises
    ------
    InputError
        If the checkpoint is missing or damaged, or a method is named that must be trained first; UnknownNameError for an unknown name.
    """
    if Path(name_or_checkpoint).suffix in _CHECKPOINT_ENDINGS:
        return load_checkpoint(name_or_checkpoint, threads=threads)
    if Path(name_or_checkpoint).suffix == _FOREST_ENDING:
        return cast(Segmenter, SEGMENTERS.load("random-forest").load(name_or_checkpoint, threads=threads))
    method = SEGMENTERS.load(name_or_checkpoint)
    if hasattr(method, "load"):
        raise InputError(f"{name_or_checkpoint!r} must be trained first; run `synthfib train` and give the file that it writes.")
    return cast(Segmenter, method())

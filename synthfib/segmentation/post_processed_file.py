"""Tuned post-processing on disk: a card in JSON beside the files of the method that it follows. Reading executes no code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synthfib._version import __version__
from synthfib.data.atomic import write_text
from synthfib.errors import InputError
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.choosing import ready_segmenter
from synthfib.segmentation.post_processing import PostProcessing


class PostProcessingCard(BaseModel):
    """What was tuned, for which method; ``method`` is a registered name if ``method_file_ending`` is None."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal["synthfib/post-processed@1"] = "synthfib/post-processed@1"
    model: Literal["post-processed"] = "post-processed"
    synthfib_version: str = __version__
    method: str
    method_file_ending: Literal[".npz", ".safetensors"] | None
    sigma_nm: float
    threshold: float
    smallest_voxels: int
    dimensions: Literal[2, 3]
    validation_mean_iou: Annotated[float, Field(ge=0, le=1)]

    def post_processing(self) -> PostProcessing:
        """Return the settings."""
        return PostProcessing(self.sigma_nm, self.threshold, self.smallest_voxels, self.dimensions)


def write_post_processed(path: Path, segmenter: Segmenter, name: str | None, settings: PostProcessing, validation_mean_iou: float) -> Path:
    """Write ``<stem>.json``, and the files ``<stem>-method`` of a method that learns, and return the former.

    Raises
    ------
    InputError
        If the method can neither be saved nor be made by its name, or the folder does not exist.
    """
    card_file = _card_file(path)
    save: Any = getattr(segmenter, "save", None)
    if save is None and name is None:
        raise InputError("Post-processing can be saved if its method can, or is known by name; give a registered name instead of an object.")
    ending = None if save is None else Path(save(_method_stem(card_file))).suffix
    card = PostProcessingCard(
        method=name or type(segmenter).__name__,
        method_file_ending=ending,  # type: ignore[arg-type]  # checked by the card
        sigma_nm=settings.sigma_nm,
        threshold=settings.threshold,
        smallest_voxels=settings.smallest_voxels,
        dimensions=settings.dimensions,
        validation_mean_iou=validation_mean_iou,
    )
    write_text(card_file, card.model_dump_json(indent=2) + "\n")
    return card_file


def read_post_processed(path: Path, *, threads: int) -> tuple[Segmenter, PostProcessingCard]:
    """Return the method and the card that `write_post_processed` wrote.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """
    card_file = _card_file(path)
    try:
        card = PostProcessingCard.model_validate_json(card_file.read_bytes())
        card.post_processing()
    except OSError as error:
        raise InputError(f"Tuned post-processing (.json) is required, {card_file} cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise InputError(f"Tuned post-processing that synthfib wrote is required, {card_file} is wrong: {error.errors()[0]['msg']}.") from error
    if card.method_file_ending is None:
        return ready_segmenter(card.method, threads=threads), card
    stem = _method_stem(card_file)  # a longer name each time, so that no card can lead back to itself
    return ready_segmenter(str(stem.with_name(stem.name + card.method_file_ending)), threads=threads), card


def _card_file(path: Path) -> Path:
    return path if path.suffix == ".json" else path.with_name(path.name + ".json")


def _method_stem(card_file: Path) -> Path:
    return card_file.with_name(card_file.stem + "-method")

"""Any method, followed by smoothing and thresholds that were tuned on the validation split."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, Self, cast

import numpy as np
from numpy.typing import NDArray

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.post_processed_file import read_post_processed, write_post_processed
from synthfib.segmentation.post_processing import PostProcessing, post_process
from synthfib.segmentation.registry import SEGMENTERS
from synthfib.segmentation.tuning import Candidates, ScoredVolume, tuned
from synthfib.training.progress import FitProgress, OnProgress
from synthfib.training.stacks import LabelledStacks

_OWN_NAME = "post-processed"
_SHARE_OF_FIT = 0.8


class PostProcessed:
    """Smooths and thresholds the probabilities of another method, and removes small objects.

    Widths, threshold and size are tuned after the method has learned, for the best mean IoU on the validation split: the right ones
    depend on the pixel, on the structure, and on how the method was trained.

    Parameters
    ----------
    segmenter : Segmenter or str
        The method, or its registered name.
    options : mapping, optional
        Further arguments of a method that is named.
    settings : object, optional
        Given to a method that is named and takes it.
    threads : int
        Given to a method that is named and takes it.
    dimensions : {2, 3}
        Whether the Gaussian lies in the face or reaches into neighbouring faces.
    candidates : Candidates, optional
        What is tried.

    Raises
    ------
    InputError
        If the method would post-process itself or does not take the settings; UnknownNameError if it is not known.
    """

    def __init__(
        self,
        segmenter: Segmenter | str = "random-forest",
        *,
        options: Mapping[str, Any] | None = None,
        settings: Any = None,
        threads: int = 2,
        dimensions: Literal[2, 3] = 2,
        candidates: Candidates | None = None,
    ) -> None:
        self.segmenter = _made(segmenter, options or {}, settings, threads) if isinstance(segmenter, str) else segmenter
        self._name = segmenter if isinstance(segmenter, str) else None
        self.candidates = candidates or Candidates()
        self._start = PostProcessing(dimensions=dimensions)
        self._tuned: PostProcessing | None = None
        self._validation_iou = 0.0

    @property
    def settings(self) -> Any:
        """Settings of the method itself, None if it has none."""
        return getattr(self.segmenter, "settings", None)

    @property
    def post_processing(self) -> PostProcessing:
        """The settings that were found.

        Raises
        ------
        InputError
            If nothing was tuned yet.
        """
        if self._tuned is None:
            raise InputError("This post-processing has not been tuned yet; call fit with a corpus that has a split 'validation'.")
        return self._tuned

    def fit(
        self,
        corpus: LabelledStacks,
        /,
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
        state_file: Path | None = None,
    ) -> None:
        """Let the method learn, then tune on the split "validation".

        Parameters
        ----------
        corpus : LabelledStacks
            Labelled volumes.
        rng : Generator or int
            Given to the method.
        on_progress : callable, optional
            Told the share of the work done.
        state_file : Path, optional
            Given to a method that goes on learning from it after a break.

        Raises
        ------
        InputError
            If the method cannot learn from the corpus, or the split has no labelled volume.
        """
        report = on_progress or (lambda _: None)
        names = corpus.names("validation")
        if not names:
            raise InputError(f"Tuning needs at least one volume in the split 'validation', corpus {corpus.name!r} has none.")
        resumable = state_file is not None and "state_file" in inspect.signature(self.segmenter.fit).parameters
        extra: dict[str, Any] = {"state_file": state_file} if resumable else {}
        self.segmenter.fit(corpus, rng=rng, on_progress=lambda p: report(FitProgress(_SHARE_OF_FIT * p.fraction, p.epoch, *_losses(p))), **extra)
        volumes = [self._scored(corpus.read(name)) for name in names]
        self._tuned, self._validation_iou = tuned(
            volumes, self.candidates, self._start, on_fraction=lambda f: report(FitProgress(_SHARE_OF_FIT + (1 - _SHARE_OF_FIT) * f))
        )
        report(FitProgress(1.0))

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return 1 on solid and 0 on pore, ``(slice, y, x)``.

        Raises
        ------
        InputError
            If nothing was tuned yet, or the method cannot serve the stack.
        """
        settings = self.post_processing
        return post_process(self.segmenter.predict(stack), _voxel_size_nm(stack), settings).astype(np.float32)

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return what the method does and what happens afterwards."""
        return {
            **self.segmenter.describe(stack),
            "post_processing": asdict(self.post_processing),
            "validation_mean_iou": self._validation_iou,
        }

    def save(self, path: Path | str) -> Path:
        """Write ``<stem>.json``, and ``<stem>-method`` of a method that learns, and return the former.

        Raises
        ------
        InputError
            If nothing was tuned yet, the method can neither be saved nor be made by its name, or the folder does not exist.
        """
        return write_post_processed(Path(path), self.segmenter, self._name, self.post_processing, self._validation_iou)

    @classmethod
    def load(cls, path: Path | str, *, threads: int | None = None) -> Self:
        """Return what `save` wrote.

        Raises
        ------
        InputError
            If a file is missing or damaged.
        """
        segmenter, card = read_post_processed(Path(path), threads=threads or 2)
        model = cls(segmenter, dimensions=card.dimensions)
        model._name = card.method if card.method_file_ending is None else None
        model._tuned, model._validation_iou = card.post_processing(), card.validation_mean_iou
        return model

    def _scored(self, stack: ImageStack) -> ScoredVolume:
        if stack.labels is None:
            raise InputError("Tuning of post-processing needs volumes with labels in the split 'validation', got one without.")
        return ScoredVolume(self.segmenter.predict(stack.without_truth()), stack.labels != 0, _voxel_size_nm(stack))


def _made(name: str, own: Mapping[str, Any], settings: Any, threads: int) -> Segmenter:
    if name == _OWN_NAME:
        raise InputError("Post-processing follows another method, got itself; name a method that segments.")
    constructor = SEGMENTERS.load(name)
    taken = inspect.signature(constructor).parameters
    if settings is not None and "settings" not in taken:
        raise InputError(f"The model {name!r} takes no settings; leave them out.")
    unknown = sorted(set(own) - set(taken))
    if unknown:
        raise InputError(f"The model {name!r} takes the options {', '.join(taken) or 'none'}, got {', '.join(unknown)}.")
    options = {"settings": settings, "threads": threads}
    return cast(Segmenter, constructor(**own, **{key: value for key, value in options.items() if key in taken and value is not None}))


def _losses(progress: FitProgress) -> tuple[float | None, float | None]:
    return progress.training_loss, progress.validation_loss


def _voxel_size_nm(stack: ImageStack) -> tuple[float, float, float]:
    """Return the mean thickness of slices and the size of pixels; a single face has the thickness of a pixel."""
    thickness, pixel = stack.plan.thickness_nm, stack.plan.pixel_size_nm
    return (float(thickness.mean()) if thickness.size else max(pixel), *pixel)

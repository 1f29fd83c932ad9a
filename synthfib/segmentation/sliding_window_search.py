"""Random search of training settings for sliding-window networks, as published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from synthfib.errors import InputError
from synthfib.segmentation.sliding_window import SlidingWindow
from synthfib.training.determinism import seed_from
from synthfib.training.progress import FitProgress, OnProgress
from synthfib.training.sliding_window_settings import SLIDING_WINDOW_PRESETS, SlidingWindowSettings
from synthfib.training.stacks import LabelledStacks


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings that were tried, the trained model, and its least loss on the validation split."""

    settings: SlidingWindowSettings
    segmenter: SlidingWindow
    validation_loss: float


def draw_settings(base: SlidingWindowSettings, *, rng: np.random.Generator) -> SlidingWindowSettings:
    """Return settings with augmentation, learning rate and regularisation drawn from the ranges of Skärberg et al. (2021), the rest from `base`."""
    return replace(
        base,
        mean_spread=float(rng.uniform(0.025, 0.1)),
        deviation_spread=float(rng.uniform(0.025, 0.1)),
        learning_rate=float(10 ** rng.choice([-2.5, -2.25, -2.0])),
        decay_factor=10**-0.25,
        decay_epochs=int(rng.choice(np.arange(4, 21, 2))),
        weight_decay=float(10 ** rng.uniform(-7, -5)),
        dropout=float(rng.uniform(0, 0.6)),
        spatial_dropout=float(rng.uniform(0, 0.6)),
    )


def random_search(
    make_segmenter: Callable[[SlidingWindowSettings], SlidingWindow],
    corpus: LabelledStacks,
    *,
    n_trials: int,
    rng: np.random.Generator | int,
    base: SlidingWindowSettings = SLIDING_WINDOW_PRESETS["paper"],
    folder: Path | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Trial, ...]:
    """Train with random settings and return the trials, the best one first.

    Parameters
    ----------
    make_segmenter : callable
        Returns a segmenter that has not learned, for example ``lambda settings: CNN2D(81, 3, settings=settings)``.
    corpus : LabelledStacks
        The split "train" is learned from, the split "validation" decides.
    n_trials : int
        How many; published are 100.
    rng : Generator or int
        Decides settings, first weights and tiles of every trial.
    base : SlidingWindowSettings
        What is not drawn: momentum, tiles, steps, epochs.
    folder : Path, optional
        Keeps the state of each trial, so that a search that was stopped goes on.
    on_progress : callable, optional
        Called after every step.

    Raises
    ------
    InputError
        If there is no trial, or the corpus cannot be learned from.
    """
    if n_trials < 1:
        raise InputError(f"A search needs 1 trial or more, got {n_trials}.")
    trials = []
    for number, seeds in enumerate(np.random.SeedSequence(seed_from(rng)).spawn(n_trials)):
        drawn = np.random.default_rng(seeds)
        segmenter = make_segmenter(draw_settings(base, rng=drawn))
        state_file = None if folder is None else folder / f"trial-{number:03d}.pt"
        segmenter.fit(corpus, rng=drawn, on_progress=_share(on_progress, number, n_trials), state_file=state_file)
        best = min(epoch["validation_loss"] for epoch in segmenter.card.history)
        trials.append(Trial(segmenter.settings, segmenter, best))
    return tuple(sorted(trials, key=lambda trial: trial.validation_loss))


def _share(on_progress: OnProgress | None, number: int, n_trials: int) -> OnProgress | None:
    if on_progress is None:
        return None
    return lambda fit: on_progress(FitProgress((number + fit.fraction) / n_trials, fit.epoch, fit.training_loss, fit.validation_loss))

"""The contract of every segmenter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synthfib.data.stack import ImageStack
from synthfib.training.progress import OnProgress
from synthfib.training.stacks import LabelledStacks


class Segmenter(Protocol):
    """Learns from a corpus, if it learns at all, and predicts where solid is.

    Contract: `predict` never looks at ``stack.labels`` and returns the probability of solid, float32 in [0, 1] of
    shape ``(slice, y, x)``; 0.5 and above counts as solid. The same `rng` gives the same bytes. Classical methods have an
    empty `fit`. A stack that cannot be served raises InputError.
    """

    def fit(self, corpus: LabelledStacks, /, *, rng: np.random.Generator | int, on_progress: OnProgress | None = None) -> None:
        """Learn from the training split, watching the validation split."""
        ...

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return the probability of solid of every pixel of every face."""
        ...

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return what `predict` does with `stack` as plain JSON types: ``channels``, parameters, thresholds."""
        ...

"""The contract of every segmenter."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synthfib.corpus.load import Corpus
from synthfib.data.stack import ImageStack


class Segmenter(Protocol):
    """Learns from a corpus, if it learns at all, and predicts where solid is.

    Contract: `predict` never looks at ``stack.labels`` and returns the probability of solid, float32 in [0, 1] of
    shape ``(slice, y, x)``; 0.5 and above counts as solid. Classical methods have an empty `fit`.
    """

    def fit(self, corpus: Corpus, /, *, rng: np.random.Generator | int) -> None:
        """Learn from the training split, watching the validation split."""
        ...

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return the probability of solid of every pixel of every face."""
        ...

"""A random forest on the Gaussian scale space of a face and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError, UnknownNameError
from synthfib.segmentation.balanced_sampling import balanced_pixels
from synthfib.segmentation.forest import Forest
from synthfib.segmentation.forest_file import ForestCard, read_forest, write_forest
from synthfib.segmentation.scale_space import scale_space_faces
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.progress import FitProgress, OnProgress
from synthfib.training.stacks import InputStack, LabelledStacks


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """What a forest looks at, and how it grows.

    Parameters
    ----------
    adjacent_slices : int
        Faces seen together, an odd number from 1 to 99.
    sigmas_px : tuple of float
        Standard deviations of the Gaussians in pixels, increasing; 0 is the face as it is.
    n_trees : int
        Number of trees.
    n_pixels : int
        Pixels learned from, half of them solid.
    smallest_leaf : int
        Fewest pixels of a leaf.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    adjacent_slices: int = 5
    sigmas_px: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0, 8.0)
    n_trees: int = 30
    n_pixels: int = 40_000
    smallest_leaf: int = 5

    def __post_init__(self) -> None:
        if self.adjacent_slices not in range(1, 100, 2):
            raise InputError(f"A forest sees an odd number of adjacent slices from 1 to 99, got {self.adjacent_slices!r}.")
        sigmas = np.asarray(self.sigmas_px, np.float64)
        if sigmas.size == 0 or not bool(np.all((sigmas >= 0) & (sigmas <= 1000))) or bool(np.any(np.diff(sigmas) <= 0)):
            raise InputError(f"A scale space needs increasing standard deviations of 0 to 1000 pixels, got {self.sigmas_px!r}.")
        if min(self.n_trees, self.smallest_leaf) < 1 or self.n_pixels < 2:
            raise InputError(f"A forest needs trees, leaves of at least 1 pixel and at least 2 pixels to learn from, got {self}.")


#: "paper" has the method and the sampling of M. Röding et al., J. Microsc. 281 (2021) 76, doi 10.1111/jmi.12950, with as many pixels and
#: trees as bring nothing more here; the sizes of the published forest are not restated in the works that compare with it.
PRESETS: Mapping[str, ForestSettings] = {
    "fast": ForestSettings(),
    "paper": ForestSettings(sigmas_px=(0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0), adjacent_slices=11, n_trees=100, n_pixels=500_000, smallest_leaf=1),
}


class RandomForest:
    """Classifies each pixel by a random forest, from all channels of a face and its neighbours, smoothed by Gaussians.

    Learns from as many pixels of solid as of pore, each with the weight of the pixels that it stands for.

    Parameters
    ----------
    settings : ForestSettings or str
        What to look at and how to grow, or the name of a preset.
    threads : int
        Threads at work; the result does not depend on it.

    Raises
    ------
    InputError
        If a number is out of range; UnknownNameError if there is no such preset.
    """

    def __init__(self, *, settings: ForestSettings | str = "fast", threads: int = 2) -> None:
        if isinstance(settings, str) and settings not in PRESETS:
            raise UnknownNameError("preset of the random forest", settings, PRESETS)
        if threads < 1:
            raise InputError(f"The number of threads must be 1 or more, got {threads!r}.")
        self.settings = PRESETS[settings] if isinstance(settings, str) else settings
        self.threads = threads
        self._forest: Forest | None = None
        self._card: ForestCard | None = None

    def fit(self, corpus: LabelledStacks, /, *, rng: np.random.Generator | int, on_progress: OnProgress | None = None) -> None:
        """Learn from the split "train"; nothing is watched meanwhile.

        Raises
        ------
        InputError
            If the corpus cannot be learned from.
        """
        report = on_progress or (lambda _: None)
        generator = np.random.default_rng(rng)
        names = corpus.names("train")
        if not names:
            raise InputError(f"Training needs at least one volume in the split 'train', corpus {corpus.name!r} has none.")
        first = corpus.read(names[0])
        features, is_solid, weights = balanced_pixels(
            corpus,
            first.channels,
            sigmas_px=self.settings.sigmas_px,
            adjacent_slices=self.settings.adjacent_slices,
            n_pixels=self.settings.n_pixels,
            rng=generator,
            on_volume=lambda fraction: report(FitProgress(fraction / 2)),
        )
        grown = RandomForestClassifier(
            n_estimators=self.settings.n_trees,
            min_samples_leaf=self.settings.smallest_leaf,
            n_jobs=self.threads,
            random_state=int(generator.integers(2**31)),
        ).fit(features, is_solid, sample_weight=weights)
        self._forest = Forest.of_sklearn(grown)
        self._card = ForestCard(
            channels=tuple((channel.energy_kev, channel.detector) for channel in first.channels),
            pixel_size_nm=first.plan.pixel_size_nm,
            corpus=(corpus.name, corpus.version, corpus.digest),
            settings=asdict(self.settings),
        )
        report(FitProgress(1.0))

    def predict(self, stack: ImageStack, /) -> NDArray[np.float32]:
        """Return the share of solid in the leaves that a pixel ends in, mean over all trees, ``(slice, y, x)``.

        Raises
        ------
        InputError
            If there is no forest yet, or the stack lacks a channel that it was trained on.
        """
        forest, card = self._trained()
        inputs = InputStack.of(stack, _channels(card), PercentileScaling())
        found = np.empty(stack.shape[1:], np.float32)
        for face, features in enumerate(scale_space_faces(inputs, self.settings.sigmas_px, self.settings.adjacent_slices)):
            found[face] = forest.probability(features.reshape(len(features), -1), threads=self.threads).reshape(found.shape[1:])
        return found

    def describe(self, stack: ImageStack, /) -> Mapping[str, Any]:
        """Return what the forest looks at and its size; a parameter is a threshold or the probability of a leaf."""
        forest, card = self._trained()
        settings = {**asdict(self.settings), "sigmas_px": list(self.settings.sigmas_px)}
        return {"channels": [str(channel) for channel in _channels(card)], **settings, "parameters": forest.feature.size}

    def save(self, path: Path | str) -> Path:
        """Write ``<stem>.npz``, numbers alone, and return its path.

        Raises
        ------
        InputError
            If there is no forest yet, or the folder does not exist.
        """
        return write_forest(Path(path), *self._trained())

    @classmethod
    def load(cls, path: Path | str, *, threads: int = 2) -> Self:
        """Return the forest that `save` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged, or no forest.
        """
        forest, card = read_forest(Path(path))
        try:
            settings = ForestSettings(**{**card.settings, "sigmas_px": tuple(card.settings["sigmas_px"])})
            channels = _channels(card)
            n_features = len(channels) * len(settings.sigmas_px) * settings.adjacent_slices
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"The random forest in {path} cannot be used: {error}") from error
        if int(forest.feature.max()) >= n_features:
            raise InputError(f"The random forest in {path} looks at more than its {n_features} features; train it again.")
        model = cls(settings=settings, threads=threads)
        model._forest, model._card = forest, card
        return model

    def _trained(self) -> tuple[Forest, ForestCard]:
        if self._forest is None or self._card is None:
            raise InputError("This random forest has not learned yet; train it with fit, or load a file.")
        return self._forest, self._card


def _channels(card: ForestCard) -> tuple[Channel, ...]:
    return tuple(Channel(energy_kev, detector) for energy_kev, detector in card.channels)

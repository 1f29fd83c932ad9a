"""Can a classifier tell the patches of two stacks apart? If it cannot, they look alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError
from synthfib.evaluation.noise import noise_residual, noise_sd
from synthfib.evaluation.power_spectrum import radial_power_spectrum
from synthfib.evaluation.realism import grey_levels

#: What `patch_features` returns, in this order.
FEATURES = (
    "mean",
    "sd",
    "percentile_5",
    "percentile_25",
    "percentile_75",
    "percentile_95",
    "noise_sd",
    "noise_correlation_y",
    "noise_correlation_x",
    "column_sd",
    "row_sd",
    *(f"log_power_{octave}" for octave in range(8)),
)
_FOLDS = 5
_TILES_ACROSS = 4


@dataclass(frozen=True, slots=True)
class TwoSampleTest:
    """How well a classifier tells two stacks apart, in cross-validation.

    Parameters
    ----------
    accuracy : float
        Share of patches recognised, of equally many from both: 0.5 is guessing, 1 is certainty.
    auc : float
        Chance that a patch of the second stack is ranked above one of the first.
    accuracy_se : float
        Standard error of the accuracy if patches are independent; neighbouring ones are not quite, so that it is a lower bound.
    n_patches : int
        Number of patches from each stack.
    """

    accuracy: float
    auc: float
    accuracy_se: float
    n_patches: int


def two_sample_test(
    first: ArrayLike, second: ArrayLike, *, rng: np.random.Generator | int, patch_pixels: int = 32, most_patches: int = 400
) -> TwoSampleTest:
    """Train a classifier to tell patches of two stacks apart, and return how well it does on patches it has not seen.

    Both stacks are cut into patches without overlap, equally many are drawn from each, described by `FEATURES`, and given to a random
    forest in five-fold cross-validation. All patches from one sixteenth of the field of view, of all slices, fall into one fold: adjacent
    slices nearly repeat each other, and none must be learnt by heart. Test and classifier follow D. Lopez-Paz and M. Oquab, Revisiting
    classifier two-sample tests (2017), arXiv 1610.06545, with features and a forest instead of a network, as labelled real stacks are small.

    Parameters
    ----------
    first, second : array_like of uint8 or uint16, shape (slice, y, x)
        Grey values.
    rng : Generator or int
        Draws the patches and grows the forest.
    patch_pixels : int
        Edge of a patch, 16 pixels or more.
    most_patches : int
        Greatest number of patches from each stack.

    Raises
    ------
    InputError
        If a stack is too small for 20 patches in five parts of its field of view, or has no 8- or 16-bit grey values.
    """
    if patch_pixels < 16 or most_patches < 20:
        raise InputError(f"Patches must have 16 pixels or more and be 20 or more, got {patch_pixels} pixels and {most_patches} patches.")
    generator = np.random.default_rng(rng)
    stacks = [_Patches.of(grey_levels(images), patch_pixels) for images in (first, second)]
    return _told_apart(stacks[0], stacks[1], most_patches, generator)


def floor_test(real: ArrayLike, *, rng: np.random.Generator | int, patch_pixels: int = 32, most_patches: int = 400) -> TwoSampleTest:
    """Run `two_sample_test` on two halves of one stack: what it finds in two places of one thing.

    Slices are halved by number; a single image is halved by a line along y. What comes out above 0.5 is the unevenness of the stack itself,
    and no synthetic stack needs to come below.

    Parameters
    ----------
    real : array_like of uint8 or uint16, shape (slice, y, x)
        Grey values.
    rng, patch_pixels, most_patches
        As in `two_sample_test`.

    Raises
    ------
    InputError
        As in `two_sample_test`, for each half.
    """
    images = np.asarray(real)
    half = images.shape[-1] // 2 if images.shape[0] == 1 else images.shape[0] // 2
    halves = (images[..., :half], images[..., half:]) if images.shape[0] == 1 else (images[:half], images[half:])
    return two_sample_test(*halves, rng=rng, patch_pixels=patch_pixels, most_patches=most_patches)


def patch_features(patch: NDArray[np.float64]) -> list[float]:
    """Return the `FEATURES` of a patch in grey levels of 256.

    Mean, standard deviation and percentiles of the grey levels; standard deviation of the noise and its correlation between neighbours;
    standard deviations of the means of columns and of rows; logarithm of the power in eight bands of spatial frequency.
    """
    residual = noise_residual(patch)
    spectrum = radial_power_spectrum(patch, n_bins=8)
    return [
        float(patch.mean()),
        float(patch.std()),
        *(float(value) for value in np.percentile(patch, (5, 25, 75, 95))),
        noise_sd(patch) or 0.0,
        _correlation(residual[:-1], residual[1:]),
        _correlation(residual[:, :-1], residual[:, 1:]),
        float(patch.mean(axis=0).std()),
        float(patch.mean(axis=1).std()),
        *(float(value) for value in np.log10(spectrum.power + 1e-6)),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Patches:
    """All patches of a stack and the part of the field of view each comes from."""

    pixels: NDArray[np.float64]
    part: NDArray[np.intp]

    @classmethod
    def of(cls, images: NDArray[np.float64], edge: int) -> _Patches:
        n, y, x = images.shape[0], images.shape[1] // edge, images.shape[2] // edge
        tiles = images[:, : y * edge, : x * edge].reshape(n, y, edge, x, edge).swapaxes(2, 3).reshape(-1, edge, edge)
        row, column = np.arange(y) * _TILES_ACROSS // max(y, 1), np.arange(x) * _TILES_ACROSS // max(x, 1)
        part = np.broadcast_to(row[:, None] * _TILES_ACROSS + column, (n, y, x)).reshape(-1)
        if part.size < 20 or np.unique(part).size < _FOLDS:
            raise InputError(
                f"A stack must hold 20 patches of {edge} x {edge} pixels in five parts of its faces, got {part.size} in {np.unique(part).size}; "
                "take larger images or smaller patches."
            )
        return cls(tiles, part)

    def drawn(self, count: int, rng: np.random.Generator) -> _Patches:
        chosen = np.sort(rng.permutation(self.part.size)[:count])
        return _Patches(self.pixels[chosen], self.part[chosen])


def _told_apart(first: _Patches, second: _Patches, most: int, rng: np.random.Generator) -> TwoSampleTest:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    count = min(most, first.part.size, second.part.size)
    drawn = [stack.drawn(count, rng) for stack in (first, second)]
    features = np.array([patch_features(patch) for stack in drawn for patch in stack.pixels])
    origin = np.repeat([0, 1], count)
    part = np.concatenate([stack.part for stack in drawn])
    seed = int(rng.integers(2**31))
    forest = RandomForestClassifier(n_estimators=200, min_samples_leaf=3, random_state=seed)
    folds = StratifiedGroupKFold(n_splits=_FOLDS, shuffle=True, random_state=seed)
    chance = np.asarray(cross_val_predict(forest, features, origin, groups=part, cv=folds, method="predict_proba"))[:, 1]
    accuracy = float(np.mean((chance >= 0.5) == (origin == 1)))
    se = float(np.sqrt(max(accuracy * (1 - accuracy), 1 / (8 * count)) / (2 * count)))
    return TwoSampleTest(accuracy, float(roc_auc_score(origin, chance)), se, count)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])

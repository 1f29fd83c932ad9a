"""Decision trees as plain arrays: what a random forest is once it has been grown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numba
import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.segmentation._forest_kernels import mean_leaf

_DTYPES = {"feature": np.int32, "threshold": np.float32, "below": np.int32, "above": np.int32, "value": np.float32, "roots": np.int32}


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """The nodes of all trees, one after another.

    Parameters
    ----------
    feature : ndarray of int32, shape (node,)
        Feature that a node looks at, -1 on leaves.
    threshold : ndarray of float32, shape (node,)
        Greatest value of the feature for which the walk goes on at `below`; 0 on leaves.
    below, above : ndarray of int32, shape (node,)
        Next nodes, further down the arrays; -1 on leaves.
    value : ndarray of float32, shape (node,)
        Probability of solid on leaves.
    roots : ndarray of int32, shape (tree,)
        First node of each tree.

    Raises
    ------
    InputError
        If a walk could leave the arrays or not end, or numbers are not finite.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    below: NDArray[np.int32]
    above: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            array = getattr(self, name)
            if array.dtype != dtype or array.ndim != 1 or array.size == 0 or (name != "roots" and array.shape != self.feature.shape):
                raise InputError(f"A forest needs one-dimensional arrays of its nodes, {name} is {array.dtype} of shape {array.shape}.")
        # Children further down than their parents: no walk leaves the arrays, and every walk ends.
        nodes = np.flatnonzero(self.feature >= 0)
        n = self.feature.size
        sound = all(bool(np.all((child[nodes] > nodes) & (child[nodes] < n))) for child in (self.below, self.above))
        sound &= bool(np.all((self.roots >= 0) & (self.roots < n)) and np.isfinite(self.threshold).all())
        if not sound or not bool(np.all((self.value >= 0) & (self.value <= 1))):
            raise InputError("The nodes of this forest do not make trees that end in probabilities; train it again.")

    @classmethod
    def of_sklearn(cls, model: Any) -> Self:
        """Take the trees out of a fitted two-class ``RandomForestClassifier``; class 1 is solid."""
        trees = [estimator.tree_ for estimator in model.estimators_]
        starts = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
        leaf = np.concatenate([tree.children_left < 0 for tree in trees])
        below, above = (
            np.concatenate([getattr(tree, side) + start for tree, start in zip(trees, starts, strict=True)])
            for side in ("children_left", "children_right")
        )
        weight = np.concatenate([tree.value[:, 0, :] for tree in trees])
        return cls(
            feature=np.where(leaf, -1, np.concatenate([tree.feature for tree in trees])).astype(np.int32),
            threshold=np.where(leaf, 0, _rounded_down(np.concatenate([tree.threshold for tree in trees]))).astype(np.float32),
            below=np.where(leaf, -1, below).astype(np.int32),
            above=np.where(leaf, -1, above).astype(np.int32),
            value=np.where(leaf, weight[:, 1] / weight.sum(axis=1), 0).astype(np.float32),
            roots=starts.astype(np.int32),
        )

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the forest whose arrays these are; others are not looked at.

        Raises
        ------
        InputError
            If an array is missing or unfit.
        """
        missing = sorted(set(_DTYPES) - set(arrays))
        if missing:
            raise InputError(f"A forest needs the arrays {', '.join(_DTYPES)}, {', '.join(missing)} is missing.")
        return cls(**{name: arrays[name] for name in _DTYPES})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def probability(self, features: NDArray[np.float32], *, threads: int) -> NDArray[np.float32]:
        """Return the probability of solid of pixels.

        Parameters
        ----------
        features : ndarray of float32, shape (feature, pixel)
            Features in the order of the training.
        threads : int
            Has no influence on the result.

        Raises
        ------
        InputError
            If the trees look at more features.
        """
        if int(self.feature.max()) >= features.shape[0]:
            raise InputError(
                f"The forest looks at feature {int(self.feature.max())}, got {features.shape[0]} features; use the settings of its training."
            )
        before = numba.get_num_threads()
        numba.set_num_threads(min(threads, before))
        try:
            nodes = (self.feature, self.threshold, self.below, self.above, self.value, self.roots)
            return np.asarray(mean_leaf(np.ascontiguousarray(features), *nodes), np.float32)
        finally:
            numba.set_num_threads(before)


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the next smaller float32: features are float32, so that they compare with it as with the float64."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float32)

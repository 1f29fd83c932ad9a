"""Kernel that walks every pixel through every tree."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

_TOGETHER = 4096


@nb.njit(parallel=True, cache=True)
def mean_leaf(features: Any, feature: Any, threshold: Any, below: Any, above: Any, value: Any, roots: Any) -> Any:
    """Return the mean over trees of the value of the leaf where each pixel ends.

    Nodes of all trees lie in one array each; the sum is taken in the order of the trees, whatever the number of threads.

    Parameters
    ----------
    features : float32 (feature, pixel)
        What is compared with thresholds.
    feature : int32 (node,)
        Which one; negative on leaves.
    threshold, value : float32 (node,)
        Up to this the walk goes on at `below`, else at `above`; value of leaves.
    below, above : int32 (node,)
        Next nodes.
    roots : int32 (tree,)
        First nodes.
    """
    n = features.shape[1]
    mean = np.empty(n, np.float32)
    n_chunks = (n + _TOGETHER - 1) // _TOGETHER
    for chunk in nb.prange(n_chunks):
        first, last = chunk * _TOGETHER, min(n, (chunk + 1) * _TOGETHER)
        total = np.zeros(last - first)
        for root in roots:
            for pixel in range(first, last):
                node = root
                while feature[node] >= 0:
                    node = below[node] if features[feature[node], pixel] <= threshold[node] else above[node]
                total[pixel - first] += value[node]
        mean[first:last] = total / roots.size
    return mean

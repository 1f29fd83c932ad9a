"""Fits the depth-weighted model to Monte Carlo images: linear least squares."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib._version import __version__
from synthfib.calibration.pairs import Pair
from synthfib.data.atomic import write_text
from synthfib.data.milling import MillingPlan
from synthfib.errors import InputError
from synthfib.simulators.base import OnProgress
from synthfib.simulators.conditions import Conditions, conditions_of
from synthfib.simulators.depth_sums import N_SUMS, DepthSums
from synthfib.simulators.depth_weighted import blurred_sums
from synthfib.simulators.depth_weights import KINDS, TABLE_FILE, WIDTHS, flat_terms, kind_of, scaled, uneven_terms

# Error beside the noise at which an image counts as well described, in units of its contrast.
_AIM = 0.05
_RIDGE = 1e-5


def calibrate_depth_weights(pairs: Sequence[Pair], out: Path = TABLE_FILE, *, on_progress: OnProgress | None = None) -> dict[str, float]:
    """Fit the weights of `DepthWeighted`, write them to `out`, and return what is left unexplained.

    Parameters
    ----------
    pairs : sequence of Pair
        Monte Carlo images of filled and of vacuum pores.
    out : pathlib.Path
        The table.
    on_progress : callable, optional
        Called with the share of the work done and a word on it.

    Returns
    -------
    dict of str to float
        For each kind of pore the root mean square error in percent of the contrast, noise taken off.

    Raises
    ------
    InputError
        If there are no pairs of one kind.
    """
    scenes = [conditions_of(pair.volume, pair.energy_kev) for pair in pairs]
    table: dict[str, Any] = {"provenance": {"synthfib": __version__, "pairs": len(pairs)}}
    left: dict[str, float] = {}
    done = 0
    for kind, name in enumerate(KINDS):
        some = [(pair, scene) for pair, scene in zip(pairs, scenes, strict=True) if kind_of(scene) == kind]
        if not some:
            raise InputError(f"The fit needs pairs with {name} pores, got none.")
        numbers = np.array([scene.numbers for _, scene in some], np.float64)
        lowest, highest = numbers.min(axis=0), numbers.max(axis=0)
        fit = _Fit()
        for pair, scene in some:
            fit.add(pair, scene, scaled(scene.numbers, lowest, highest))
            done += 1
            if on_progress:
                on_progress(done / len(pairs), f"{name} pores")
        flat, uneven, left[name] = fit.solve()
        limits = {"lowest": _rounded(lowest), "highest": _rounded(highest)}
        table[name] = {"rms_percent": round(left[name], 2), **limits, "flat": _rounded(flat), "uneven": _rounded(uneven)}
    write_text(out, json.dumps(table) + "\n")
    return left


class _Fit:
    """Normal equations, one pair after the other."""

    def __init__(self) -> None:
        self._n_weights = len(WIDTHS) * N_SUMS - 1
        self._matrix: NDArray[np.float64] = np.zeros(())
        self._right: NDArray[np.float64] = np.zeros(())
        self._pairs: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float, float]] = []
        self._n_flat = 0

    def add(self, pair: Pair, scene: Conditions, numbers: NDArray[np.float64]) -> None:
        ((_, sums),) = DepthSums(pair.volume, MillingPlan(np.zeros(1), pair.volume.voxel_size_nm[1:]), scene)
        columns = blurred_sums(pair.volume, scene, sums).reshape(2, -1, pair.yields.size).astype(np.float64)
        wanted = (pair.yields.ravel() - scene.darkest) / scene.contrast - columns[0, 0]
        noise = pair.noise_variance / scene.contrast**2
        differences = (columns[:, 1:] - columns[:, :1]).reshape(-1, pair.yields.size)
        gram, right, square = differences @ differences.T / wanted.size, differences @ wanted / wanted.size, float(wanted @ wanted) / wanted.size
        # Flat layers have few pixels, all alike: as means they would say too much, as sums too little.
        weight = math.sqrt(wanted.size) / (noise + _AIM**2)
        # From slopes to the weights of this pair.
        own = np.eye(self._n_weights)
        of_flat, of_uneven = (np.kron(terms(numbers), own) for terms in (flat_terms, uneven_terms))
        self._n_flat = of_flat.shape[1]
        weights: NDArray[np.float64] = np.zeros((2 * self._n_weights, of_flat.shape[1] + of_uneven.shape[1]))
        weights[: self._n_weights, : self._n_flat], weights[self._n_weights :, self._n_flat :] = of_flat, of_uneven
        self._matrix = self._matrix + weight * weights.T @ gram @ weights
        self._right = self._right + weight * weights.T @ right
        self._pairs.append((weights, gram, right, square, noise))

    def solve(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Return the slopes in flat layers and on top, and the error in percent of the contrast."""
        ridge = _RIDGE * np.trace(self._matrix) / len(self._matrix)
        slopes = np.linalg.solve(self._matrix + ridge * np.eye(len(self._matrix)), self._right)
        squares = []
        for weights, gram, right, square, noise in self._pairs:
            found = weights @ slopes
            squares.append(found @ gram @ found - 2 * found @ right + square - noise)
        flat, uneven = (part.reshape(-1, self._n_weights) for part in (slopes[: self._n_flat], slopes[self._n_flat :]))
        return flat, uneven, 100 * math.sqrt(max(float(np.mean(squares)), 0.0))


def _rounded(values: NDArray[np.float64]) -> Any:
    return np.round(values, 6).tolist()

"""Drift told from inclined structure: what stage and beam do jumps and comes back, what ligaments do goes on.

The apparent motion of faces is the sum of a drift that all channels share, of a displacement of each image, and of the path of the
structure, which faces cannot tell from a slow drift. Drift is taken for an autoregressive walk with heavy-tailed steps, the structure
for a path of any constant inclination plus one that changes slowly. How strong each is, the faces say (greatest evidence).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from synthfib.reconstruction.face_likelihood import Evidence

Array = NDArray[np.float64]
#: Variance of what nothing is known of, in square pixels.
_UNKNOWN = 1e5
#: Degrees of freedom of steps: a jump has the weight that it has under Student's law.
_HEAVY_TAIL = 3.0
#: Slices after which the inclination of the structure may have become another one.
_INCLINATION_SLICES = (6.0, 20.0)
_LEAST_BETWEEN_PX = 0.02
#: Inclination of anything that may be inclined, in pixels per slice.
_ANY_INCLINATION_PX = 1.0
#: Usual change of inclination, in pixels per slice, and the spread of its logarithm.
_USUAL_BEND_PX = 0.02
_BEND_SPREAD = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class DriftPrior:
    """What is expected of the displacements of a run before its faces are looked at.

    Parameters
    ----------
    spread_px : float
        Standard deviation of the drift in pixels.
    persistence : float
        Share of the drift that is left one slice later, 0 to 1.
    between_channels_px : float
        Standard deviation of the displacement of single images in pixels.
    inclination_px : float
        Standard deviation of the change of inclination of the structure, in pixels per slice.
    inclination_slices : float
        Slices over which an inclination lasts.
    steps : ndarray of float64, shape (slice,)
        Variance of each step as a multiple of the usual one.
    isotropic : bool
        Whether the structure has no inclination but that of its ligaments, by chance, which is of the size of its change.
    """

    spread_px: float
    persistence: float
    between_channels_px: float
    inclination_px: float
    inclination_slices: float
    steps: Array
    isotropic: bool = False

    def drift(self) -> Array:
        """Covariance of the drift between slices, in square pixels."""
        index = np.arange(self.steps.size)
        left = np.tril(self.persistence ** np.clip(index[:, None] - index, 0, None))
        variance = self.spread_px**2 * (1 - self.persistence**2) * self.steps
        variance[0] = self.spread_px**2
        return np.asarray((left * variance) @ left.T)

    def path(self) -> Array:
        """Covariance of the path of the structure between slices, in square pixels; place and mean inclination are anything."""
        index = np.arange(self.steps.size, dtype=np.float64)
        between = np.abs(index[:-1, None] - index[:-1])
        summed = np.tril(np.ones((index.size, index.size - 1)), -1)
        straight = (index - index.mean()) * (self.inclination_px if self.isotropic else _ANY_INCLINATION_PX)
        changing = summed @ (self.inclination_px**2 * np.exp(-between / self.inclination_slices)) @ summed.T
        return np.asarray(changing + _UNKNOWN + np.outer(straight, straight))

    def single_images_precision(self, n_channels: int) -> Array:
        """Inverse covariance of displacements of single images, whose mean over each channel is anything."""
        n, variance = self.steps.size, self.between_channels_px**2
        one = (np.eye(n) - 1 / (n + variance / _UNKNOWN)) / variance
        return np.asarray(np.kron(np.eye(n_channels), one), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Apparent motion of the faces, and the part of it that is drift, in pixels.

    Parameters
    ----------
    apparent_px : ndarray of float64, shape (channel, slice, 2)
        What lays the faces on each other.
    drift_px : ndarray of float64, shape (channel, slice, 2)
        The part that stage and beam did.
    drift_error_px : ndarray of float64, shape (slice, 2)
        Standard deviation of the error of the drift of the slice, about the mean of the run.
    walk_px : ndarray of float64, shape (slice, 2)
        Drift that all channels share.
    """

    apparent_px: Array
    drift_px: Array
    drift_error_px: Array
    walk_px: Array


def separate(evidence: Evidence, prior: DriftPrior, n_channels: int) -> Motion:
    """Return the most likely motion, and the most likely drift in it."""
    parts = [
        _along_one_axis(vector, information, prior, n_channels) for vector, information in zip(evidence.vector, evidence.information, strict=True)
    ]
    return Motion(*(np.stack(part, axis=-1) for part in zip(*parts, strict=True)))


def likelier(evidence: Evidence, priors: Iterable[DriftPrior], n_channels: int) -> DriftPrior:
    """Return the one of adapted priors under which the faces are most likely."""
    return min(priors, key=lambda prior: _surprise(_of_slices(evidence, prior, n_channels), prior))


def adapt(evidence: Evidence, prior: DriftPrior, n_channels: int, *, rounds: int = 3) -> DriftPrior:
    """Return the prior with the strengths under which the faces are most likely."""
    prior = replace(prior, between_channels_px=_between_channels(evidence, prior, n_channels))
    for again in range(rounds):
        lengths = (prior.inclination_slices,) if again else _INCLINATION_SLICES
        prior = _most_likely(_of_slices(evidence, prior, n_channels), prior, lengths, stride=0.3 if again else 1.0)
        prior = replace(prior, steps=_steps(separate(evidence, prior, n_channels).walk_px, prior))
    return prior


def _along_one_axis(vector: Array, information: Array, prior: DriftPrior, n_channels: int) -> tuple[Array, Array, Array, Array]:
    slice_vector, slice_information, of_images = _marginal(vector, information, prior, n_channels)
    drift, total = prior.drift(), prior.drift() + prior.path()
    inverse = np.linalg.inv(total)
    posterior = np.linalg.inv(slice_information + inverse)
    common = posterior @ slice_vector
    walk = drift @ (inverse @ common)
    every = np.tile(common, n_channels)
    single = np.zeros_like(every) if of_images is None else np.linalg.solve(information + of_images, vector - information @ every)
    weight = slice_information - slice_information @ posterior @ slice_information
    left = drift - drift @ weight @ drift
    centred = left - left.mean(axis=0) - left.mean(axis=1)[:, None] + left.mean()
    shape = (n_channels, walk.size)
    apparent, moved = (every + single).reshape(shape), (np.tile(walk, n_channels) + single).reshape(shape)
    return apparent, moved, np.sqrt(np.diag(centred).clip(0)), walk


def _marginal(vector: Array, information: Array, prior: DriftPrior, n_channels: int) -> tuple[Array, Array, Array | None]:
    """Return what the faces say of slices, whatever single images did; and the prior of these, if there are several channels."""
    if n_channels == 1:
        return vector, information, None
    of_images = prior.single_images_precision(n_channels)
    known = np.linalg.solve(information + of_images, np.column_stack([information, vector]))
    reduced = information - information @ known[:, :-1]
    rest = vector - information @ known[:, -1]
    n = prior.steps.size
    return rest.reshape(n_channels, n).sum(axis=0), reduced.reshape(n_channels, n, n_channels, n).sum(axis=(0, 2)), of_images


def _of_slices(evidence: Evidence, prior: DriftPrior, n_channels: int) -> Evidence:
    pairs = [_marginal(v, i, prior, n_channels)[:2] for v, i in zip(evidence.vector, evidence.information, strict=True)]
    return Evidence(np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs]))


def _between_channels(evidence: Evidence, prior: DriftPrior, n_channels: int) -> float:
    """Spread of single images about their slice, where it is all but free."""
    if n_channels == 1:
        return prior.between_channels_px
    single = separate(evidence, replace(prior, between_channels_px=3.0), n_channels)
    apart = single.apparent_px - single.apparent_px.mean(axis=0)
    apart -= apart.mean(axis=1, keepdims=True)
    return max(_LEAST_BETWEEN_PX, float(np.sqrt((apart**2).mean() * n_channels / (n_channels - 1))))


def _most_likely(evidence: Evidence, prior: DriftPrior, lengths: tuple[float, ...], stride: float) -> DriftPrior:
    start = np.array([math.log(prior.spread_px), _logit(prior.persistence / 0.98), math.log(prior.inclination_px)])
    simplex = start + np.vstack([np.zeros(3), stride * np.eye(3)])
    options = {"maxfev": 90, "xatol": 0.03, "fatol": 0.03, "initial_simplex": simplex}
    best: Any = None
    for length in lengths:
        found = minimize(partial(_surprise_at, evidence=evidence, prior=prior, length=length), start, method="Nelder-Mead", options=options)
        if best is None or found.fun < best[0]:
            best = (found.fun, _with(prior, found.x, length))
    chosen: DriftPrior = best[1]
    return chosen


def _with(prior: DriftPrior, values: Array, length: float) -> DriftPrior:
    spread, persistence, inclination = (float(value) for value in values)
    return replace(
        prior,
        spread_px=math.exp(spread),
        persistence=0.98 / (1 + math.exp(-persistence)),
        inclination_px=math.exp(inclination),
        inclination_slices=length,
    )


def _surprise_at(values: Array, *, evidence: Evidence, prior: DriftPrior, length: float) -> float:
    return math.inf if np.abs(values).max() > 12 else _surprise(evidence, _with(prior, values, length))


def _surprise(evidence: Evidence, prior: DriftPrior) -> float:
    """Minus the logarithm of the evidence of slices, with broad priors of the strengths."""
    spread, bend = (math.log(prior.spread_px) + 1) / 1.5, math.log(prior.inclination_px / _USUAL_BEND_PX) / _BEND_SPREAD
    total = (spread**2 + _logit(prior.persistence / 0.98) ** 2 + bend**2) / 2
    factor = np.linalg.cholesky(prior.drift() + prior.path())
    for vector, information in zip(evidence.vector, evidence.information, strict=True):
        seen = np.eye(vector.size) + factor.T @ information @ factor
        lower = cho_factor(seen, lower=True)
        inner = factor.T @ vector
        total += float(np.log(np.diag(lower[0])).sum() - inner @ cho_solve(lower, inner) / 2)
    return total


def _steps(walk_px: Array, prior: DriftPrior) -> Array:
    """Variances of steps as Student's law sees them: jumps get room."""
    step = walk_px[1:] - prior.persistence * walk_px[:-1]
    usual = prior.spread_px**2 * (1 - prior.persistence**2)
    square = np.concatenate([[0.0], (step**2).sum(axis=1) / usual])
    return np.maximum((_HEAVY_TAIL + square) / (_HEAVY_TAIL + 2), 0.8)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))

"""Whether slow motion is drift or an inclined structure, from faces that say exactly where they lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from synthfib.reconstruction.drift_prior import DriftPrior, adapt, likelier, separate
from synthfib.reconstruction.face_likelihood import Evidence
from synthfib.reconstruction.registration import rms_error_px

N = 48


def evidence_of(path_px: NDArray[np.float64], error_px: float = 0.03) -> Evidence:
    """What faces say of a path ``(slice, 2)`` when each is compared with its neighbours, to a few hundredths of a pixel."""
    chain = 2 * np.eye(N) - np.eye(N, k=1) - np.eye(N, k=-1)
    chain[0, 0] = chain[-1, -1] = 1
    information = np.stack([chain, chain]) / error_px**2
    return Evidence(np.einsum("aij,ja->ai", information, path_px), information)


def walk(seed: int) -> NDArray[np.float64]:
    """Drift of a pixel that comes back."""
    random, found = np.random.default_rng(seed), np.zeros((N, 2))
    for index in range(1, N):
        found[index] = 0.6 * found[index - 1] + random.standard_normal(2)
    return np.asarray(found - found.mean(axis=0))


def decided(evidence: Evidence) -> DriftPrior:
    start = DriftPrior(1.5, 0.7, 0.6, 0.05, 6.0, np.ones(N))
    return likelier(evidence, [adapt(evidence, replace(start, isotropic=known), 1) for known in (True, False)], 1)


def missed_px(evidence: Evidence, prior: DriftPrior, drift_px: NDArray[np.float64]) -> float:
    return rms_error_px(separate(evidence, prior, 1).drift_px, drift_px[None])


@pytest.mark.parametrize("seed", range(4))
def test_a_walk_about_one_place_is_all_drift(seed: int) -> None:
    evidence = evidence_of(walk(seed))
    prior = decided(evidence)
    assert prior.isotropic
    assert missed_px(evidence, prior, walk(seed)) < 0.2


@pytest.mark.parametrize("seed", range(4))
def test_a_walk_on_a_slope_is_drift_of_an_inclined_structure(seed: int) -> None:
    slope = (np.arange(N) - (N - 1) / 2)[:, None] * np.array([0.0, 0.8])
    evidence = evidence_of(walk(seed) + slope)
    prior = decided(evidence)
    assert not prior.isotropic
    assert missed_px(evidence, prior, walk(seed)) < 0.6  # less than a tenth of what the slope would add

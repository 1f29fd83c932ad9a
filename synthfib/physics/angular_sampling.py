"""Scattering angles drawn from tables, for materials.

A table holds quantiles: the deflection ``1 - cos theta`` as a function of the chance `w` of a larger one. It is tabulated at evenly
spaced `w` on nested levels, level L covering [0, 16^-L], and read by linear interpolation: no search, the same cost for every angle, and
yet as fine for one collision in ten thousand as for the common ones. Those rare wide deflections carry the transport cross-section at
high energies; equally likely bins would inflate it by 40 % for carbon at 20 keV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PPoly

from synthfib.data.material import Material
from synthfib.physics.elastic import constituents, scattering_angle
from synthfib.physics.elastic_tables import DEFLECTION, ENERGIES_KEV, OnProgress

#: Bins on each level.
BINS = 128
#: Nested levels; each covers a sixteenth of the one before.
LEVELS = 5

_FIRST = BINS // 16  # below this bin the next level takes over
_NEWTON_STEPS = 30


@dataclass(frozen=True, eq=False)
class AngularSampling:
    """What a Monte Carlo simulation needs to know of elastic scattering in one material.

    Between tabulated energies take the lower or the upper one at random, with the weight of the logarithm of the energy.

    Parameters
    ----------
    energies_kev : float64 (energy,)
        Kinetic energies in keV, ascending, evenly spaced in their logarithm.
    inverse_mean_free_path_per_nm : float64 (energy,)
        Collisions per path length in 1/nm; 0 in vacuum.
    quantiles : float32 (energy, LEVELS * (BINS + 1))
        Deflections ``1 - cos theta``, to be read by `deflection_at`.
    """

    energies_kev: NDArray[np.float64]
    inverse_mean_free_path_per_nm: NDArray[np.float64]
    quantiles: NDArray[np.float32]


def deflection_at(quantiles_row: Any, w: Any) -> Any:
    """Return ``1 - cos theta`` such that a fraction `w` of all collisions deflects more.

    Plain scalar code: ``numba.njit`` and ``numba.cuda.jit(device=True)`` both compile it.

    Parameters
    ----------
    quantiles_row : float32 (LEVELS * (BINS + 1),)
        Row of `AngularSampling.quantiles`.
    w : float
        Uniformly distributed in [0, 1].
    """
    level = 0
    while w < 0.0625 and level < LEVELS - 1:
        w *= 16
        level += 1
    x = w * BINS
    j = min(int(x), BINS - 1)
    start = level * (BINS + 1) + j
    low = quantiles_row[start]
    return low + (x - j) * (quantiles_row[start + 1] - low)


def angular_sampling(material: Material, *, model: str = "partial-waves", on_progress: OnProgress | None = None) -> AngularSampling:
    """Return the sampling tables of a material, all its elements together.

    Raises
    ------
    InputError
        If an element is outside 1-92 or the model is not known.
    """
    elements = constituents(material, model=model, on_progress=on_progress)
    if not elements:
        return AngularSampling(ENERGIES_KEV, np.zeros(ENERGIES_KEV.size), np.zeros((ENERGIES_KEV.size, LEVELS * (BINS + 1)), np.float32))
    differential = np.sum([density * scattering.differential_nm2_sr for scattering, density in elements], axis=0)
    rate = np.sum([density * scattering.total_nm2 for scattering, density in elements], axis=0)
    return AngularSampling(ENERGIES_KEV, rate, np.array([_quantiles(row) for row in differential], np.float32))


def _quantiles(differential: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return deflections at the nodes of every level, chosen such that the mean deflection within each bin is right."""
    supplement = np.pi - scattering_angle(DEFLECTION)[::-1]  # from backward to forward, so that the chance of larger deflections grows
    density = 2 * np.pi * np.sin(supplement) * differential[::-1]
    larger = CubicSpline(supplement, density).antiderivative()
    moment = CubicSpline(supplement, density * DEFLECTION[::-1]).antiderivative()
    total = float(larger(np.pi))
    chances = np.linspace(0, 1, BINS + 1) * 16.0 ** -np.arange(LEVELS)[:, None]
    angles = _inverse(larger, chances * total)
    exact = np.diff(moment(angles), axis=1) / total / np.diff(chances, axis=1)
    firsts = [_FIRST] * (LEVELS - 1) + [0]
    return np.concatenate([_centred(nodes, mean, first=first) for nodes, mean, first in zip(1 + np.cos(angles), exact, firsts, strict=True)])


def _inverse(rising: PPoly, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a rising piecewise polynomial on [0, pi] reaches `values`, by Newton's method kept inside a shrinking bracket."""
    knots = rising(rising.x)
    place = np.clip(np.searchsorted(knots, values, side="right") - 1, 0, rising.x.size - 2)
    low, high = rising.x[place], rising.x[place + 1]
    slope = rising.derivative()
    at = (low + high) / 2
    for _ in range(_NEWTON_STEPS):
        error = rising(at) - values
        low, high = np.where(error < 0, at, low), np.where(error < 0, high, at)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = at - error / slope(at)
        at = np.where((step >= low) & (step <= high), step, (low + high) / 2)
    at[values <= 0], at[values >= knots[-1]] = 0.0, np.pi
    return np.asarray(at, np.float64)


def _centred(nodes: NDArray[np.float64], exact: NDArray[np.float64], *, first: int) -> NDArray[np.float64]:
    """Shift nodes so that straight lines between them have the mean value `exact` in each bin from `first` on."""
    excess = (nodes[first:-1] + nodes[first + 1 :]) / 2 - exact[first:]
    shift = np.concatenate([excess[:1], (excess[:-1] + excess[1:]) / 2, excess[-1:]])
    shifted = nodes.copy()
    shifted[first:] = np.clip(nodes[first:] - shift, 0, 2)
    return np.asarray(np.minimum.accumulate(shifted), np.float64)

"""First Born approximation of Yukawa terms for Dirac electrons, in closed form: amplitudes and phase shifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.physics._dirac_kernels import SPEED_OF_LIGHT
from synthfib.physics.atomic_potential import YukawaTerms

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FreeWave:
    """Electron far from the atom, in Hartree atomic units.

    Parameters
    ----------
    energy : float
        Kinetic energy in Hartree.
    """

    energy: float

    @property
    def wave_number(self) -> float:
        """``k = sqrt(E (E + 2 c^2)) / c`` per Bohr radius."""
        return float(np.sqrt(self.energy * (self.energy + 2 * SPEED_OF_LIGHT**2)) / SPEED_OF_LIGHT)

    @property
    def small_component(self) -> float:
        """Ratio of small to large component, ``b = c k / (E + 2 c^2)``."""
        return SPEED_OF_LIGHT * self.wave_number / (self.energy + 2 * SPEED_OF_LIGHT**2)

    @property
    def relativity(self) -> float:
        """Factor ``1 + E / 2c^2`` of the first-order amplitude of the large component."""
        return 1 + self.energy / (2 * SPEED_OF_LIGHT**2)


def exchange_enhanced(terms: YukawaTerms, energy: float) -> YukawaTerms:
    """Return terms whose outermost ones carry their share of exchange, ``a^2 / 4E``, as a true potential does far out."""
    outer = 1.5 * min(terms.rates)
    strengths = tuple(s * (1 + a * a / (4 * energy)) if a < outer else s for s, a in zip(terms.strengths, terms.rates, strict=True))
    return YukawaTerms(strengths, terms.rates)


def born_amplitudes(terms: YukawaTerms, wave: FreeWave, deflection: Floats) -> tuple[Floats, Floats]:
    """Return direct and spin-flip amplitudes in Bohr radii at deflections ``1 - cos theta``.

    ``f = 2 (1 + E/2c^2) sum s / (a^2 + q^2) (1 + b^2 cos theta)`` with ``q^2 = 2 k^2 (1 - cos theta)``; `b^2 sin theta` in the last
    factor's place gives the spin-flip amplitude.
    """
    squared = np.array(terms.rates)[:, None] ** 2 + 2 * wave.wave_number**2 * deflection
    common = 2 * wave.relativity * (np.array(terms.strengths)[:, None] / squared).sum(axis=0)
    b2 = wave.small_component**2
    return common * (1 + b2 * (1 - deflection)), common * b2 * np.sqrt(deflection * (2 - deflection))


def born_phase_shifts(terms: YukawaTerms, wave: FreeWave, orders: int) -> tuple[Floats, Floats]:
    """Return first-order phase shifts in rad for ``kappa = -l - 1`` and for ``kappa = l``, of the first `orders` orders l.

    ``(1 + E/2c^2) / k sum s (Q_l + b^2 Q_(l+1 or l-1))`` with Legendre functions of the second kind at ``1 + a^2 / 2k^2``.
    """
    k, b2 = wave.wave_number, wave.small_component**2
    each = [s * legendre_q(a * a / (2 * k * k), orders + 1) for s, a in zip(terms.strengths, terms.rates, strict=True)]
    Q = np.sum(each, axis=0) * wave.relativity / k
    return Q[:-1] + b2 * Q[1:], Q[:-1] + b2 * np.concatenate([[0.0], Q[:-2]])


def legendre_q(excess: float, orders: int) -> Floats:
    """Return Legendre functions of the second kind ``Q_l(1 + excess)`` of orders 0, 1, 2..., by their ratios from above."""
    x = 1 + excess
    decay = float(np.log1p(excess + np.sqrt(excess * (2 + excess))))
    highest = orders + int(40 / decay) + 1
    ratio = float(np.exp(-decay))
    ratios = np.empty(highest + 1)
    for order in range(highest, 0, -1):
        ratio = order / ((2 * order + 1) * x - (order + 1) * ratio)
        ratios[order] = ratio
    ratios[0] = 0.5 * np.log1p(2 / excess)
    return np.asarray(np.cumprod(ratios[:orders]), np.float64)

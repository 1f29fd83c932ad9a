"""Numerical kernel that finds bound orbitals of the radial Dirac equation by shooting."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from synthfib.physics._dirac_kernels import SPEED_OF_LIGHT, apply_exponential, growing_ratio, magnus_exponent

_VANISHED = 40.0  # e-foldings beyond the turning point after which an orbital has ended
_MOST_TRIES = 300


@nb.njit(cache=True, nogil=True)
def _turning_point(energy: float, kappa: float, inverse_r: Any, potential: Any) -> int:
    """Return the outermost step in which the electron may classically be."""
    for i in range(inverse_r.shape[0] - 10, 10, -1):
        if energy > potential[i, 1] + kappa * (kappa + 1) / 2 * inverse_r[i, 1] ** 2:
            return i
    return 10


@nb.njit(cache=True, nogil=True)
def _last_step(energy: float, first: int, width: Any, potential: Any) -> Any:
    """Return where an orbital of that energy has faded, outside of the turning point `first`."""
    depth = 0.0
    for i in range(first, width.size):
        depth += width[i] * np.sqrt(max(2 * (potential[i, 1] - energy), 0.0))
        if depth > _VANISHED:
            return i
    return width.size - 1


@nb.njit(cache=True, nogil=True)
def _step(P: float, Q: float, sign: float, kappa: float, h: float, inverse_r: Any, kinetic: Any) -> tuple[float, float]:
    """Return P and Q one step further out, or in for a negative sign."""
    up, down = kinetic / SPEED_OF_LIGHT + 2 * SPEED_OF_LIGHT, kinetic / SPEED_OF_LIGHT
    a, b, c = magnus_exponent(kappa, h, inverse_r, up, down)
    P, Q = apply_exponential(P, Q, sign * a, sign * b, sign * c)
    squared = a * a + b * c
    grown = np.cosh(np.sqrt(squared)) if squared > 0 else 1.0
    return P * grown, Q * grown


@nb.njit(cache=True, nogil=True)
def _shoot(energy: float, kappa: float, width: Any, inverse_r: Any, potential: Any, weight: Any, P: Any, Q: Any) -> tuple[int, float, float]:
    """Integrate from both ends into P and Q; return nodes, the energy's first-order error and the norm."""
    c = SPEED_OF_LIGHT
    meet = _turning_point(energy, kappa, inverse_r, potential)
    last = _last_step(energy, meet, width, potential)
    P[:], Q[:] = 0.0, 0.0
    kinetic = energy - potential[0, 0]
    P[0] = 1e-20
    Q[0] = P[0] * growing_ratio(kappa, inverse_r[0, 0], kinetic / c + 2 * c, kinetic / c)
    nodes = 0
    for i in range(meet):
        P[i + 1], Q[i + 1] = _step(P[i], Q[i], 1.0, kappa, width[i], inverse_r[i], energy - potential[i])
        nodes += P[i + 1] * P[i] < 0
    outer_P, outer_Q = P[meet], Q[meet]
    kinetic = energy - potential[last, 2]
    P[last + 1] = 1e-20
    # What decays outwards is what grows inwards: the mirrored equation, with kappa and Q of the other sign.
    Q[last + 1] = -P[last + 1] * growing_ratio(-kappa, inverse_r[last, 2], kinetic / c + 2 * c, kinetic / c)
    for i in range(last, meet - 1, -1):
        P[i], Q[i] = _step(P[i + 1], Q[i + 1], -1.0, kappa, width[i], inverse_r[i], energy - potential[i])
    scale = outer_P / P[meet]
    P[meet : last + 2] *= scale
    Q[meet : last + 2] *= scale
    norm = np.sum(weight * (P * P + Q * Q))
    return nodes, c * outer_P * (outer_Q - Q[meet]) / norm, norm


@nb.njit(cache=True, nogil=True)
def bound_orbital(nodes: int, kappa: float, low: float, guess: float, width: Any, inverse_r: Any, potential: Any, weight: Any) -> Any:
    """Return energy and density of the orbital with a number of nodes, float64 (1 + edge,): energy in Hartree, then ``P^2 + Q^2``.

    Parameters
    ----------
    nodes : int
        Zeros of the large component.
    kappa : float
        Relativistic angular momentum quantum number.
    low, guess : float
        Energy surely below, and a first guess, in Hartree.
    width : float64 (step,)
        Lengths of the steps.
    inverse_r, potential : float64 (step, 3)
        Reciprocal radius and potential energy at the Gauss-Legendre nodes of every step.
    weight : float64 (edge,)
        Weights of an integral over radius; edges are one more than steps.
    """
    P, Q = np.empty(weight.size), np.empty(weight.size)
    high, energy, norm = 0.0, guess, 1.0
    for _ in range(_MOST_TRIES):
        found, error, norm = _shoot(energy, kappa, width, inverse_r, potential, weight, P, Q)
        if found == nodes and abs(error) < 1e-10 * abs(energy) + 1e-12:
            break
        if found > nodes or (found == nodes and error < 0):
            high = energy
        else:
            low = energy
        better = energy + error
        energy = better if found == nodes and low < better < high else (low + high) / 2
    out = np.empty(1 + weight.size)
    out[0] = energy
    out[1:] = (P * P + Q * Q) / norm
    return out

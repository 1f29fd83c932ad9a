"""Numerical kernels of the partial-wave method."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

_FORBIDDEN = 23.0  # e-foldings under a barrier after which the irregular solution is forgotten: (e^-23)^2 = 1e-20


@nb.njit(cache=True, nogil=True)
def _first_step(kappa: float, width: Any, inverse_r: Any, up: Any, down: Any) -> int:
    """Return where to begin: as deep under the centrifugal barrier as can matter."""
    depth = 0.0
    for i in range(width.size - 1, -1, -1):
        squared = (kappa * inverse_r[i, 1]) ** 2 - up[i, 1] * down[i, 1]
        depth = depth + width[i] * np.sqrt(squared) if squared > 0 else 0.0
        if depth > _FORBIDDEN:
            return i
    return 0


@nb.njit(cache=True, nogil=True)
def _growing_ratio(kappa: float, inverse_r: float, up: float, down: float) -> float:
    """Return Q/P of the solution that grows outwards where coefficients hardly change."""
    growth = np.sqrt(max((kappa * inverse_r) ** 2 - up * down, 0.0))
    if kappa > 0:
        return (kappa * inverse_r + growth) / up
    return -down / (growth - kappa * inverse_r)


@nb.njit(cache=True, nogil=True)
def _commutator(a: float, b: float, c: float, d: float, e: float, f: float) -> tuple[float, float, float]:
    """Commutator of the matrices [[a, b], [c, -a]] and [[d, e], [f, -d]] in the same three numbers."""
    return b * f - c * e, 2 * (a * e - b * d), 2 * (c * d - a * f)


@nb.njit(cache=True, nogil=True)
def _magnus_exponent(kappa: float, h: float, inverse_r: Any, up: Any, down: Any) -> tuple[float, float, float]:
    """Return the sixth-order Magnus exponent of one step from the equations at its three Gauss nodes.

    S. Blanes, F. Casas, J. Ros, BIT 40 (2000) 434, doi 10.1023/A:1022311628317.
    """
    third = np.sqrt(15.0) / 3
    a1, b1, c1 = -h * kappa * inverse_r[1], h * up[1], -h * down[1]
    a2, b2, c2 = -h * third * kappa * (inverse_r[2] - inverse_r[0]), h * third * (up[2] - up[0]), -h * third * (down[2] - down[0])
    a3 = -h * 10 / 3 * kappa * (inverse_r[2] - 2 * inverse_r[1] + inverse_r[0])
    b3, c3 = h * 10 / 3 * (up[2] - 2 * up[1] + up[0]), -h * 10 / 3 * (down[2] - 2 * down[1] + down[0])
    p, q, s = _commutator(a1, b1, c1, a2, b2, c2)
    u, v, w = _commutator(a1, b1, c1, 2 * a3 + p, 2 * b3 + q, 2 * c3 + s)
    x, y, z = _commutator(-20 * a1 - a3 + p, -20 * b1 - b3 + q, -20 * c1 - c3 + s, a2 - u / 60, b2 - v / 60, c2 - w / 60)
    return a1 + a3 / 12 + x / 240, b1 + b3 / 12 + y / 240, c1 + c3 / 12 + z / 240


@nb.njit(cache=True, nogil=True)
def _propagate(P: float, Q: float, a: float, b: float, c: float) -> tuple[float, float]:
    """Return exp([[a, b], [c, -a]]) applied to (P, Q), up to a positive factor."""
    squared = a * a + b * c
    root = np.sqrt(abs(squared))
    if squared > 0:  # cosh and sinh, divided by cosh
        even, odd = 1.0, np.tanh(root) / root
    elif root > 0:
        even, odd = np.cos(root), np.sin(root) / root
    else:
        even, odd = 1.0, 1.0
    P, Q = even * P + odd * (a * P + b * Q), even * Q + odd * (c * P - a * Q)
    size = max(abs(P), abs(Q))
    return P / size, Q / size


@nb.njit(parallel=True, cache=True)
def radial_solutions(kappas: Any, width: Any, inverse_r: Any, up: Any, down: Any) -> Any:
    """Integrate the radial Dirac equation outwards; return P and Q at the outer end, float64 (kappa, 2), up to a factor.

    ``P' = -kappa/r P + up Q,  Q' = -down P + kappa/r Q``. Exponential integrators follow many wavelengths with steps as long as one.

    Parameters
    ----------
    kappas : int64 (kappa,)
        Relativistic angular momentum quantum numbers.
    width : float64 (step,)
        Lengths of the steps.
    inverse_r, up, down : float64 (step, 3)
        Coefficients at three Gauss-Legendre nodes of every step.
    """
    out = np.empty((kappas.size, 2))
    for n in nb.prange(kappas.size):
        kappa = float(kappas[n])
        start = _first_step(kappa, width, inverse_r, up, down)
        P, Q = 1.0, _growing_ratio(kappa, inverse_r[start, 0], up[start, 0], down[start, 0])
        for i in range(start, width.size):
            a, b, c = _magnus_exponent(kappa, width[i], inverse_r[i], up[i], down[i])
            P, Q = _propagate(P, Q, a, b, c)
        out[n, 0], out[n, 1] = P, Q
    return out


@nb.njit(parallel=True, cache=True)
def sum_partial_waves(direct: Any, flip: Any, cosine: Any) -> Any:
    """Return ``sum_l direct_l P_l(x)`` and ``sum_l flip_l P_l^1(x)``, complex128 (2, angle), with ``P_l^1 = sin(theta) P_l'``.

    Parameters
    ----------
    direct, flip : complex128 (order,)
        Coefficients of orders 0, 1, 2...
    cosine : float64 (angle,)
        Cosines of the scattering angles.
    """
    out = np.zeros((2, cosine.size), np.complex128)
    for n in nb.prange(cosine.size):
        x = cosine[n]
        sine = np.sqrt(max(1 - x * x, 0.0))
        below, here = 0.0, 1.0  # P_(l-1), P_l
        slope_below, slope = 0.0, 0.0  # their derivatives
        f, g = 0j, 0j
        for order in range(direct.size):
            f += direct[order] * here
            g += flip[order] * slope
            slope_below, slope = slope, slope_below + (2 * order + 1) * here
            below, here = here, ((2 * order + 1) * x * here - order * below) / (order + 1)
        out[0, n], out[1, n] = f, g * sine
    return out

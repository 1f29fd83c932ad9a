"""Numerical kernels of the partial-wave method."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from synthfib.physics._dirac_kernels import apply_exponential, growing_ratio, magnus_exponent

_FORGOTTEN = 23.0  # e-foldings under a barrier after which the irregular solution is forgotten: (e^-23)^2 = 1e-20


@nb.njit(cache=True, nogil=True)
def _first_step(kappa: float, width: Any, inverse_r: Any, up: Any, down: Any) -> int:
    """Return where to begin: as deep under the centrifugal barrier as can matter."""
    depth = 0.0
    for i in range(width.size - 1, -1, -1):
        squared = (kappa * inverse_r[i, 1]) ** 2 - up[i, 1] * down[i, 1]
        depth = depth + width[i] * np.sqrt(squared) if squared > 0 else 0.0
        if depth > _FORGOTTEN:
            return i
    return 0


@nb.njit(cache=True, nogil=True)
def radial_solutions(kappas: Any, width: Any, inverse_r: Any, up: Any, down: Any) -> Any:
    """Integrate the radial Dirac equation outwards; return P and Q at the outer end, float64 (kappa, 2), up to a factor.

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
    for n in range(kappas.size):
        kappa = float(kappas[n])
        start = _first_step(kappa, width, inverse_r, up, down)
        P, Q = 1.0, growing_ratio(kappa, inverse_r[start, 0], up[start, 0], down[start, 0])
        for i in range(start, width.size):
            a, b, c = magnus_exponent(kappa, width[i], inverse_r[i], up[i], down[i])
            P, Q = apply_exponential(P, Q, a, b, c)
            size = max(abs(P), abs(Q))
            P, Q = P / size, Q / size
        out[n, 0], out[n, 1] = P, Q
    return out


@nb.njit(cache=True, nogil=True)
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
    for n in range(cosine.size):
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

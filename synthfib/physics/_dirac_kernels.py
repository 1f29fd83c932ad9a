"""One step of the radial Dirac equation, by exponential integrators that follow whole wavelengths at a time.

The equation is ``P' = -kappa/r P + up Q,  Q' = -down P + kappa/r Q`` with ``up = (E - V + 2 c^2) / c`` and ``down = (E - V) / c`` in
Hartree atomic units, energies without the rest mass. Its matrix has no trace, so that three numbers ``[[a, b], [c, -a]]`` hold it.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

SPEED_OF_LIGHT = 137.035999


@nb.njit(cache=True, nogil=True)
def _commutator(a: float, b: float, c: float, d: float, e: float, f: float) -> tuple[float, float, float]:
    return b * f - c * e, 2 * (a * e - b * d), 2 * (c * d - a * f)


@nb.njit(cache=True, nogil=True)
def magnus_exponent(kappa: float, h: float, inverse_r: Any, up: Any, down: Any) -> tuple[float, float, float]:
    """Return the sixth-order Magnus exponent of a step of length `h` from the coefficients at its three Gauss-Legendre nodes.

    S. Blanes, F. Casas, J. A. Oteo, J. Ros, Phys. Rep. 470 (2009) 151, doi 10.1016/j.physrep.2008.11.001.
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
def apply_exponential(P: float, Q: float, a: float, b: float, c: float) -> tuple[float, float]:
    """Return ``exp([[a, b], [c, -a]])`` applied to (P, Q), divided by a positive number that keeps it from overflowing."""
    squared = a * a + b * c
    root = np.sqrt(abs(squared))
    even, odd = 1.0, 1.0
    if squared > 0:  # cosh and sinh, divided by cosh
        odd = np.tanh(root) / root
    elif root > 0:
        even, odd = np.cos(root), np.sin(root) / root
    return even * P + odd * (a * P + b * Q), even * Q + odd * (c * P - a * Q)


@nb.njit(cache=True, nogil=True)
def growing_ratio(kappa: float, inverse_r: float, up: float, down: float) -> Any:
    """Return Q/P of the solution that grows outwards under a barrier where coefficients hardly change."""
    growth = np.sqrt(max((kappa * inverse_r) ** 2 - up * down, 0.0))
    if kappa > 0:
        return (kappa * inverse_r + growth) / up
    return -down / (growth - kappa * inverse_r)

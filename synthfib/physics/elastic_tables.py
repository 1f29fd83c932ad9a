"""Grids that every elastic cross-section is tabulated on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Energies in keV, evenly spaced in their logarithm.
ENERGIES_KEV: NDArray[np.float64] = np.geomspace(0.05, 30.0, 80)


def _graded_angles() -> NDArray[np.float64]:
    """Scattering angles from 0 to pi: logarithmic in the forward peak, one degree apart at large angles."""
    angle = np.concatenate([[0.0], np.geomspace(1e-7, np.pi, 200_000)])
    coordinate = np.log1p(angle / 2e-3) + angle / 0.2
    graded = np.interp(np.linspace(0, coordinate[-1], 256), coordinate, angle)
    return np.asarray(graded, np.float64)


#: Deflections ``1 - cos theta``, from 0 to 2.
DEFLECTION: NDArray[np.float64] = 2 * np.sin(_graded_angles() / 2) ** 2

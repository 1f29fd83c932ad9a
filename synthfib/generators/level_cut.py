"""What is known in closed form of a leveled wave: its two-point correlation and its specific surface.

A standard normal field with correlation g(r) exceeds a level at two points r apart with the probability of an orthant of the
bivariate normal law: N. F. Berk, Phys. Rev. Lett. 58 (1987) 2718, doi 10.1103/PhysRevLett.58.2718; M. Teubner, Europhys. Lett. 14
(1991) 403.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from synthfib.generators.leveled_wave import LeveledWave, wavelength_nm

# Gauss-Legendre nodes on [0, 1]; the integrand is smooth, and 40 of them leave errors of 1e-13.
_NODES, _WEIGHTS = (0.5 * (np.polynomial.legendre.leggauss(40)[0] + 1), 0.5 * np.polynomial.legendre.leggauss(40)[1])


def wave_correlation(distances_nm: ArrayLike, wavelength: float) -> NDArray[np.float64]:
    """Return ``sin(kr)/(kr)``, ``k = 2 pi/wavelength``: the correlation of plane waves of one wavelength and isotropic directions."""
    return np.sinc(2 * np.asarray(distances_nm, np.float64) / wavelength)


def level_cut_correlation(field_correlation: ArrayLike, solid_fraction: float) -> NDArray[np.float64]:
    r"""Return the two-point correlation of a Gaussian field cut at a level.

    .. math:: S_2 = \phi^2 + \frac{1}{2\pi} \int_0^{\arcsin g} \exp\!\left(-\frac{\xi^2}{1 + \sin\theta}\right) d\theta,
              \qquad \phi = P(f > \xi)

    which is P(both > xi) of the bivariate normal law (Plackett's integral over the correlation t = sin theta, without its pole at t = 1).

    Parameters
    ----------
    field_correlation : array_like
        Correlation g of the field, -1 to 1, any shape.
    solid_fraction : float
        Volume fraction phi of the solid, above 0 and below 1.
    """
    level = float(norm.isf(solid_fraction))
    limit = np.arcsin(np.asarray(field_correlation, np.float64))
    theta = limit[..., None] * _NODES
    # 1 + sin(theta) written as a square, which stays above 0 next to theta = -pi/2.
    integrand = np.exp(-(level**2) / (2 * np.cos(math.pi / 4 - theta / 2) ** 2))
    return np.asarray(solid_fraction**2 + limit * (integrand @ _WEIGHTS) / (2 * math.pi))


def expected_correlation(structure: LeveledWave, distances_nm: ArrayLike) -> NDArray[np.float64]:
    """Return the two-point correlation that leveled waves have in the mean over all seeds.

    Levels are independent, so that the correlations of the levels multiply. The mean of finite blocks lies lower by the variance
    that the solid fraction of such blocks would have if the cut were not exact.

    Parameters
    ----------
    structure : LeveledWave
        The generator.
    distances_nm : array_like
        Distances in nm, any shape.
    """
    fraction = structure.level_fraction
    joint = np.ones(np.shape(distances_nm))
    for diameter_nm in structure.ligament_diameters_nm:
        joint = joint * level_cut_correlation(wave_correlation(distances_nm, wavelength_nm(diameter_nm, fraction)), fraction)
    return joint


def specific_surface_per_nm(structure: LeveledWave) -> float:
    """Return the surface between solid and pore per volume, in 1/nm: ``4 phi`` times the sum of ``1/d`` over the levels.

    Each level has ``4 V/S = d`` by definition of its diameter d; of its surface the share survives that the other levels leave solid.
    """
    return 4 * structure.solid_fraction * sum(1 / diameter for diameter in structure.ligament_diameters_nm)

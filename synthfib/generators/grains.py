"""Convex grains of random size and orientation: spheres, cylinders and ellipsoids."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from synthfib.errors import InputError
from synthfib.generators.request import check_length
from synthfib.generators.rotations import draw_rotations

_CUT_SIGMA = 3.0


@dataclass(frozen=True, slots=True)
class Shapes:
    """Some grains around the origin: where ``d.A.d <= 1`` and ``(b.d)^2 <= 1``.

    Parameters
    ----------
    quadrics : ndarray of float64, shape (grain, 6)
        ``A`` as ``(zz, yy, xx, zy, zx, yx)`` in 1/nm2.
    slabs : ndarray of float64, shape (grain, 3)
        ``b`` in 1/nm, zero where nothing is cut off.
    halves : ndarray of float64, shape (grain, 3)
        Half the edges of the box around each grain in nm.
    """

    quadrics: NDArray[np.float64]
    slabs: NDArray[np.float64]
    halves: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spheres:
    """Spheres with Gaussian radii, cut at three standard deviations.

    Parameters
    ----------
    radius_nm : float
        Mean radius in nm.
    radius_std_nm : float
        Standard deviation in nm before the cut, less than a third of the mean.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    radius_nm: float
    radius_std_nm: float = 0.0

    def __post_init__(self) -> None:
        _check_radii(self.radius_nm, self.radius_std_nm)

    @property
    def reach_nm(self) -> float:
        """Largest radius in nm."""
        return self.radius_nm + _CUT_SIGMA * self.radius_std_nm

    @property
    def thickness_nm(self) -> float:
        """Mean diameter in nm."""
        return 2 * self.radius_nm

    @property
    def mean_volume_nm3(self) -> float:
        """Volume of the mean sphere in nm3."""
        return 4 / 3 * math.pi * self.radius_nm**3

    def draw(self, n: int, rng: np.random.Generator) -> Shapes:
        """Draw `n` spheres."""
        radii = _radii(self.radius_nm, self.radius_std_nm, n, rng)
        quadrics = np.zeros((n, 6))
        quadrics[:, :3] = (radii**-2)[:, None]
        return Shapes(quadrics, np.zeros((n, 3)), np.repeat(radii[:, None], 3, axis=1))


@dataclass(frozen=True, slots=True)
class Cylinders:
    """Straight circular cylinders with flat ends, Gaussian radii and isotropic directions.

    Parameters
    ----------
    radius_nm, length_nm : float
        Mean radius and length in nm.
    radius_std_nm : float
        Standard deviation of the radius in nm before the cut at three of them, less than a third of the mean.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    radius_nm: float
    length_nm: float
    radius_std_nm: float = 0.0

    def __post_init__(self) -> None:
        _check_radii(self.radius_nm, self.radius_std_nm)
        check_length("length of a cylinder", self.length_nm)

    @property
    def reach_nm(self) -> float:
        """Distance from the centre to the rim of the thickest cylinder in nm."""
        return math.hypot(self.radius_nm + _CUT_SIGMA * self.radius_std_nm, self.length_nm / 2)

    @property
    def thickness_nm(self) -> float:
        """Mean diameter in nm, or the length if that is less."""
        return min(2 * self.radius_nm, self.length_nm)

    @property
    def mean_volume_nm3(self) -> float:
        """Volume of the mean cylinder in nm3."""
        return math.pi * self.radius_nm**2 * self.length_nm

    def draw(self, n: int, rng: np.random.Generator) -> Shapes:
        """Draw `n` cylinders: ``A = (1 - uu)/r^2`` and ``b = 2 u/length`` for the axis u."""
        radii = _radii(self.radius_nm, self.radius_std_nm, n, rng)
        axes = rng.standard_normal((n, 3))
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
        halves = self.length_nm / 2 * np.abs(axes) + radii[:, None] * np.sqrt(1 - axes**2)
        return Shapes(_six(across / (radii**2)[:, None, None]), axes * (2 / self.length_nm), halves)


@dataclass(frozen=True, slots=True)
class Ellipsoids:
    """Equal ellipsoids with isotropic orientations.

    Parameters
    ----------
    semi_axes_nm : tuple of float
        The three semi-axes in nm.

    Raises
    ------
    InputError
        If there are not three lengths above 0.
    """

    semi_axes_nm: tuple[float, float, float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "semi_axes_nm", tuple(self.semi_axes_nm))
        if len(self.semi_axes_nm) != 3:
            raise InputError(f"An ellipsoid has three semi-axes in nm, got {self.semi_axes_nm!r}.")
        for semi_axis_nm in self.semi_axes_nm:
            check_length("semi-axis of an ellipsoid", semi_axis_nm)

    @property
    def reach_nm(self) -> float:
        """Longest semi-axis in nm."""
        return max(self.semi_axes_nm)

    @property
    def thickness_nm(self) -> float:
        """Twice the shortest semi-axis in nm."""
        return 2 * min(self.semi_axes_nm)

    @property
    def mean_volume_nm3(self) -> float:
        """Volume in nm3."""
        return 4 / 3 * math.pi * math.prod(self.semi_axes_nm)

    def draw(self, n: int, rng: np.random.Generator) -> Shapes:
        """Draw `n` ellipsoids: ``A = R diag(1/a^2) R^T`` for the rotation R; the box has half edges ``sqrt(diag A^-1)``."""
        turns, squares = draw_rotations(n, rng), np.square(self.semi_axes_nm)
        quadrics = np.einsum("nik,k,njk->nij", turns, 1 / squares, turns)
        return Shapes(_six(quadrics), np.zeros((n, 3)), np.sqrt(np.einsum("nik,k->ni", turns**2, squares)))


Grains: TypeAlias = Spheres | Cylinders | Ellipsoids

#: Laws of grains by the name of their shape.
SHAPES: dict[str, type[Grains]] = {"sphere": Spheres, "cylinder": Cylinders, "ellipsoid": Ellipsoids}


def grain_parameters(grains: Grains) -> dict[str, Any]:
    """Return the name of the shape and the numbers of a law, as a recipe has them."""
    shape = next(name for name, law in SHAPES.items() if isinstance(grains, law))
    return {"shape": shape, **asdict(grains)}


def _check_radii(mean_nm: float, std_nm: float) -> None:
    check_length("mean radius", mean_nm)
    if not 0 <= std_nm < mean_nm / _CUT_SIGMA:
        raise InputError(f"The standard deviation of the radius must be 0 or more and below a third of {mean_nm:g} nm, got {std_nm!r}.")


def _radii(mean_nm: float, std_nm: float, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Gaussian radii by inversion, one uniform number each."""
    tail = float(ndtr(-_CUT_SIGMA))
    radii: NDArray[np.float64] = mean_nm + std_nm * ndtri(tail + (1 - 2 * tail) * rng.random(n))
    return radii


def _six(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the six different elements of symmetric matrices, in the order of `Shapes`."""
    return np.ascontiguousarray(matrices[:, [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]])

"""How much a structure differs between the milling direction and the face: errors that need no ground truth.

For materials known to be isotropic, whatever differs between z and the plane of the face is a fault of imaging or reconstruction:
T. Sardhara et al., Ultramicroscopy 256 (2024) 113878, doi 10.1016/j.ultramic.2023.113878.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.evaluation.correlation import Curve, correlation_along
from synthfib.evaluation.lineal_path import lineal_path_along, lineal_path_diameter_nm, mean_chord_nm


def isotropy_errors(solid: ArrayLike, voxel_size_nm: Sequence[float], *, max_distance_nm: float | None = None) -> dict[str, float]:
    r"""Return the differences between z on the one hand and x and y on the other, relative, 0 for a perfectly isotropic infinite block.

    Curves f along z, y and x, sampled at the same n distances, are compared by

    .. math:: e = \tfrac12 \left( \frac{2\,\lVert f^x - f^z \rVert}{\lVert f^x \rVert + \lVert f^z \rVert}
                                + \frac{2\,\lVert f^y - f^z \rVert}{\lVert f^y \rVert + \lVert f^z \rVert} \right), \qquad 0 \le e \le 2,

    diameters in planes, :math:`D_{ij} = (D_i + D_j)/2`, by
    :math:`e = \tfrac12 \left( |D_{xz} - D_{xy}| + |D_{yz} - D_{xy}| \right) / D_{xy}`.
    Finite blocks of an isotropic structure have errors above 0; compare with those of a ground truth of the same size.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans or labels; whatever is not 0 is solid.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm. Distances are multiples of the longest edge; curves are interpolated where other edges differ.
    max_distance_nm : float, optional
        Greatest distance of the curves; half the shortest edge of the block by default. The publications do not state theirs, and
        the errors grow with it.

    Returns
    -------
    dict of str to float
        ``tpcf``, from two-point correlations; ``tpcf_centred``, the same after subtracting the squared solid fraction (which the
        publications do not do, and which is about three times more sensitive); ``lpf``, from lineal-path functions; ``diameter``, from
        the area under these; ``chord``, from mean chords, which other than that area grows steadily with the fault; and
        ``max_distance_nm``.

    Raises
    ------
    InputError
        If the block is not 3-D or holds one phase only, the sizes cannot be nm, or the distance does not fit.
    """
    mask, size_nm = np.asarray(solid).astype(np.bool_), check_voxel_size_nm(voxel_size_nm)
    if mask.ndim != 3 or mask.all() or not mask.any():
        raise InputError(f"Isotropy needs a block (z, y, x) with solid and pores, got one of shape {mask.shape} with solid fraction {mask.mean():g}.")
    distances_nm, correlations, paths = axis_curves(mask, size_nm, max_distance_nm=max_distance_nm)
    return {
        "tpcf": curve_error(correlations),
        "tpcf_centred": curve_error(correlations - mask.mean() ** 2),
        "lpf": curve_error(paths),
        "diameter": diameter_error([lineal_path_diameter_nm(mask, axis, size_nm) for axis in range(3)]),
        "chord": diameter_error([mean_chord_nm(mask, axis, size_nm) for axis in range(3)]),
        "max_distance_nm": float(distances_nm[-1]),
    }


def axis_curves(
    solid: ArrayLike, voxel_size_nm: Sequence[float], *, max_distance_nm: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return two-point correlations and lineal paths along z, y and x at common distances.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans or labels; whatever is not 0 is solid.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm. Distances are multiples of the longest edge; curves are interpolated where other edges differ.
    max_distance_nm : float, optional
        Greatest distance; half the shortest edge of the block by default.

    Returns
    -------
    distances_nm : ndarray of float64, shape (distance,)
        Distances in nm, from 0.
    correlations, paths : ndarray of float64, shape (3, distance)
        Curves along z, y and x.

    Raises
    ------
    InputError
        If the block is not 3-D, the sizes cannot be nm, or the distance does not fit.
    """
    mask, size_nm = np.asarray(solid).astype(np.bool_), check_voxel_size_nm(voxel_size_nm)
    if mask.ndim != 3 or mask.size == 0:
        raise InputError(f"Curves along the axes need a block of voxels (z, y, x), got an array of shape {mask.shape}.")
    step_nm = max(size_nm)
    shortest_nm = min(n * s for n, s in zip(mask.shape, size_nm, strict=True))
    longest_nm = min((n - 1) * s for n, s in zip(mask.shape, size_nm, strict=True))
    greatest_nm = shortest_nm / 2 if max_distance_nm is None else max_distance_nm
    if not step_nm <= greatest_nm <= longest_nm:
        raise InputError(f"Distances must reach {step_nm:g} to {longest_nm:g} nm in this block, got {greatest_nm!r}; take a larger block.")
    distances_nm = np.arange(int(greatest_nm / step_nm + 1e-9) + 1, dtype=np.float64) * step_nm

    def along_axes(curve_along: Callable[[int], Curve]) -> NDArray[np.float64]:
        curves = [curve_along(axis) for axis in range(3)]
        return np.stack([np.interp(distances_nm, curve.distances_nm, curve.values) for curve in curves])

    # One step beyond the last distance, where there is one, so that curves are interpolated and never continued.
    reach_nm = [min((n - 1) * s, greatest_nm + s) for n, s in zip(mask.shape, size_nm, strict=True)]
    correlations = along_axes(lambda axis: correlation_along(mask, axis, size_nm, max_distance_nm=reach_nm[axis]))
    paths = along_axes(lambda axis: lineal_path_along(mask, axis, size_nm))
    return distances_nm, correlations, paths


def curve_error(curves: NDArray[np.float64]) -> float:
    """Return how much the curve along z differs from those along y and x, given as ``(3, distance)``."""
    z, *others = curves
    return float(np.mean([2 * np.linalg.norm(f - z) / (np.linalg.norm(f) + np.linalg.norm(z)) for f in others]))


def diameter_error(diameters_nm: Sequence[float]) -> float:
    """Return how much diameters in planes through z differ from the one in the face, given those along z, y and x."""
    z, y, x = diameters_nm
    face = (x + y) / 2
    return float((abs((x + z) / 2 - face) + abs((y + z) / 2 - face)) / (2 * face))

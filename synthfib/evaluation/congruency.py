"""How far two segmentations of the same faces agree, from two detectors or two energies, where neither is the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.evaluation.overlap import Confusion, is_solid, scores


def congruency(first: ArrayLike, second: ArrayLike, voxel_size_nm: Sequence[float], *, border_nm: float | None = None) -> dict[str, float]:
    r"""Return how far two segmentations agree; swapping them changes nothing but the sign of `solid_fraction_difference`.

    Chance alone makes agreement, all the more the rarer one phase is, so that it is reported with and without:

    .. math:: \kappa = \frac{a - c}{1 - c}, \qquad c = \phi_1 \phi_2 + (1 - \phi_1)(1 - \phi_2).

    Agreement is no correctness: both may take the same shine-through for solid.

    Parameters
    ----------
    first, second : array_like, shape (slice, y, x)
        Booleans, labels (0 is pore) or probabilities of solid, of the same faces.
    voxel_size_nm : sequence of float
        Edge lengths ``(slice, y, x)`` in nm.
    border_nm : float, optional
        How near to a border of the first or the second, within its face, differences are those of where a border lies; two pixels by default.

    Returns
    -------
    dict of str to float
        Fractions: ``agreement`` a; ``kappa``, Cohen's, 1 if both are of one and the same phase alone; ``mean_dice``; ``solid_fraction_difference``,
        first minus second; ``agreement_away_from_borders``, among pixels farther away than `border_nm`, 1 if there are none;
        ``least_agreement_of_a_slice``; and ``border_nm``.

    Raises
    ------
    InputError
        If shapes differ, or the distance is negative.
    """
    one, other = is_solid("The first segmentation", first), is_solid("The second segmentation", second)
    if one.shape != other.shape or one.ndim != 3 or one.size == 0:
        raise InputError(f"Congruency needs two segmentations (slice, y, x) of the same faces, got shapes {one.shape} and {other.shape}.")
    pixel_nm = check_voxel_size_nm(voxel_size_nm)[1:]
    reach_nm = 2 * max(pixel_nm) if border_nm is None else float(border_nm)
    if not (np.isfinite(reach_nm) and reach_nm >= 0):
        raise InputError(f"The distance from borders must be 0 nm or more, got {border_nm!r}.")
    same = one == other
    away = np.stack([_away(a, pixel_nm, reach_nm) & _away(b, pixel_nm, reach_nm) for a, b in zip(one, other, strict=True)])
    agreement, fractions = float(same.mean()), (float(one.mean()), float(other.mean()))
    chance = fractions[0] * fractions[1] + (1 - fractions[0]) * (1 - fractions[1])
    return {
        "agreement": agreement,
        "kappa": (agreement - chance) / (1 - chance) if chance < 1 else 1.0,
        "mean_dice": scores(Confusion.of(one, other))["mean_dice"],
        "solid_fraction_difference": fractions[0] - fractions[1],
        "agreement_away_from_borders": float(same[away].mean()) if away.any() else 1.0,
        "least_agreement_of_a_slice": float(same.mean(axis=(1, 2)).min()),
        "border_nm": reach_nm,
    }


def _away(face: np.ndarray, pixel_nm: Sequence[float], reach_nm: float) -> np.ndarray:
    """Return where the other phase is farther away than the reach."""
    if face.all() or not face.any():
        return np.ones(face.shape, np.bool_)
    solid_nm, pore_nm = (np.asarray(ndimage.distance_transform_edt(phase, pixel_nm)) for phase in (face, ~face))
    return np.asarray(solid_nm + pore_nm > reach_nm, np.bool_)

"""Isotropy errors with what makes them readable: an interval, the floor of a block of this size, and the value of the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.evaluation.isotropy import axis_curves, curve_error, diameter_error, isotropy_errors

ERRORS = ("tpcf", "tpcf_centred", "lpf", "diameter", "chord")


@dataclass(frozen=True, slots=True)
class IsotropyScore:
    """One isotropy error, with its company.

    Parameters
    ----------
    value : float
        The error of the block.
    low, high : float
        Ends of its block-bootstrap interval, 0 at least.
    floor, floor_high : float
        Mean, and quantile at the level, of what an isotropic structure in a block of this size has; a value below `floor_high` is no evidence of
        anisotropy.
    truth : float or None
        The error of the truth, if there is one.
    beyond_truth_low, beyond_truth_high : float or None
        Ends of the interval of value minus truth, from the same pieces of both.
    """

    value: float
    low: float
    high: float
    floor: float
    floor_high: float
    truth: float | None = None
    beyond_truth_low: float | None = None
    beyond_truth_high: float | None = None


def isotropy_scores(
    solid: ArrayLike,
    voxel_size_nm: Sequence[float],
    *,
    truth: ArrayLike | None = None,
    pieces_per_axis: int = 3,
    max_distance_nm: float | None = None,
    level: float = 0.95,
    n_resamples: int = 1000,
    rng: np.random.Generator | int = 0,
) -> dict[str, IsotropyScore]:
    """Return every isotropy error with interval, floor and truth.

    The block is cut into pieces, whose curves are averaged. The interval draws pieces with replacement. The floor exchanges the axes of each
    piece at random, which changes nothing but chance if the structure is isotropic; curves of one axis stay together. It takes slices
    thicker than pixels for granted where they change no curve, so that for diameters the value of the truth is the better floor then.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans or labels; whatever is not 0 is solid.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm.
    truth : array_like, shape (z, y, x), optional
        What `solid` should be.
    pieces_per_axis : int
        2 or more; 3 makes 27 pieces.
    max_distance_nm : float, optional
        Greatest distance of curves; half the shortest edge of a piece by default.
    level : float
        Confidence in (0, 1).
    n_resamples : int
        Number of resamples.
    rng : Generator or int
        Decides the resamples.

    Raises
    ------
    InputError
        If a block is not 3-D or holds one phase only, the shapes differ, or a number is out of range.
    """
    mask, size_nm = np.asarray(solid).astype(np.bool_), check_voxel_size_nm(voxel_size_nm)
    real = None if truth is None else np.asarray(truth).astype(np.bool_)
    if real is not None and real.shape != mask.shape:
        raise InputError(f"The truth must have the shape of the segmentation {mask.shape}, got {real.shape}; compare faces of one milling plan.")
    if pieces_per_axis < 2 or not 0 < level < 1 or n_resamples < 100 or (mask.ndim == 3 and min(mask.shape) < 2 * pieces_per_axis):
        raise InputError(
            f"Isotropy scores need 2 pieces of 2 voxels or more per axis, a level in (0, 1) and 100 resamples, "
            f"got {pieces_per_axis!r}, {level!r}, {n_resamples!r} for a block {mask.shape}."
        )
    edge_nm = min(n // pieces_per_axis * s for n, s in zip(mask.shape, size_nm, strict=True))
    greatest_nm = edge_nm / 2 if max_distance_nm is None else float(max_distance_nm)
    values = isotropy_errors(mask, size_nm, max_distance_nm=greatest_nm)
    pieces = _Pieces.of(mask, size_nm, pieces_per_axis, greatest_nm)
    generator = np.random.default_rng(rng)
    n = len(pieces.sums)
    weights = generator.multinomial(n, np.full(n, 1 / n), size=n_resamples) / n
    exchanged = [pieces.exchanged(generator).errors(np.full(n, 1 / n)) for _ in range(n_resamples)]
    shifts = _shifts(pieces, weights)
    true_values = {} if real is None else isotropy_errors(real, size_nm, max_distance_nm=greatest_nm)
    true_shifts = None if real is None else _shifts(_Pieces.of(real, size_nm, pieces_per_axis, greatest_nm), weights)
    tails = (0.5 - level / 2, 0.5 + level / 2)

    def score(index: int, name: str) -> IsotropyScore:
        low, high = np.maximum(values[name] + np.quantile(shifts[:, index], tails), 0)
        floors = np.array([errors[index] for errors in exchanged])
        plain = IsotropyScore(values[name], float(low), float(high), float(floors.mean()), float(np.quantile(floors, level)))
        if true_shifts is None:
            return plain
        both = shifts[:, index] - true_shifts[:, index]
        beyond = values[name] - true_values[name] + np.quantile(both - np.median(both), tails)
        return IsotropyScore(plain.value, plain.low, plain.high, plain.floor, plain.floor_high, true_values[name], float(beyond[0]), float(beyond[1]))

    return {name: score(index, name) for index, name in enumerate(ERRORS)}


def curve_distances(
    solid: ArrayLike, truth: ArrayLike, voxel_size_nm: Sequence[float], *, max_distance_nm: float | None = None
) -> Mapping[str, float]:
    r"""Return how far the curves of a segmentation are from those of the truth, :math:`2 \lVert f - g \rVert / (\lVert f \rVert + \lVert g \rVert)`.

    Unlike isotropy errors they see a structure that is wrong along all axes alike, and are 0 for the truth itself in a block of any size.

    Returns
    -------
    dict of str to float
        ``tpcf_z``, ``tpcf_y``, ``tpcf_x`` and their mean ``tpcf``; the same of ``lpf``; and ``max_distance_nm``.

    Raises
    ------
    InputError
        If the shapes differ, a block is not 3-D, the sizes cannot be nm, or the distance does not fit.
    """
    if np.shape(solid) != np.shape(truth):
        raise InputError(f"The truth must have the shape of the segmentation {np.shape(solid)}, got {np.shape(truth)}; compare faces of one plan.")
    distances_nm, *found = axis_curves(solid, voxel_size_nm, max_distance_nm=max_distance_nm)
    _, *real = axis_curves(truth, voxel_size_nm, max_distance_nm=max_distance_nm)
    result: dict[str, float] = {}
    for name, curves, true_curves in zip(("tpcf", "lpf"), found, real, strict=True):
        each = {f"{name}_{axis}": _distance(f, g) for axis, f, g in zip("zyx", curves, true_curves, strict=True)}
        result |= {**each, name: float(np.mean(list(each.values())))}
    return {**result, "max_distance_nm": float(distances_nm[-1])}


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Everything that errors are made of, per piece and axis, so that a mean over pieces is that of the block.

    ``curves`` has the shape (piece, axis, kind, distance), ``sums`` (piece, axis, moment):
    over all solid voxels, 1/chord, 1, and the chord in nm, so that no run is cut where pieces meet.
    """

    curves: NDArray[np.float64]
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, mask: NDArray[np.bool_], size_nm: Sequence[float], per_axis: int, max_distance_nm: float) -> _Pieces:
        edges = [n // per_axis for n in mask.shape]
        chords_nm = [_chord_of_voxels(mask, axis) * np.float32(size_nm[axis]) for axis in range(3)]
        curves, sums = [], []
        for place in np.ndindex((per_axis,) * 3):
            piece = tuple(slice(i * edge, (i + 1) * edge) for i, edge in zip(place, edges, strict=True))
            curves.append(np.stack(axis_curves(mask[piece], size_nm, max_distance_nm=max_distance_nm)[1:], axis=1))
            sums.append([_moments(chord[piece][mask[piece]]) for chord in chords_nm])
        return cls(np.array(curves), np.array(sums))

    def exchanged(self, rng: np.random.Generator) -> _Pieces:
        order = rng.permuted(np.tile(np.arange(3), (len(self.sums), 1)), axis=1)
        return _Pieces(np.take_along_axis(self.curves, order[:, :, None, None], axis=1), np.take_along_axis(self.sums, order[:, :, None], axis=1))

    def errors(self, weights: NDArray[np.float64]) -> list[float]:
        correlations, paths = np.moveaxis(np.tensordot(weights, self.curves, 1), 1, 0)
        inverse, voxels, chords = np.moveaxis(np.tensordot(weights, self.sums, 1), 1, 0)
        if not voxels.all() or bool(np.all(correlations[:, 0] == 1)):  # one phase only: the same along all axes
            return [0.0] * len(ERRORS)
        centred = correlations - correlations[0, 0] ** 2
        return [
            curve_error(correlations),
            curve_error(centred),
            curve_error(paths),
            diameter_error(chords / voxels),
            diameter_error(voxels / inverse),
        ]


def _chord_of_voxels(mask: NDArray[np.bool_], axis: int) -> NDArray[np.float32]:
    """Return for every solid voxel the length in voxels of the run along the axis that it lies in, 0 in pores."""
    lines = np.ascontiguousarray(np.moveaxis(mask, axis, -1))
    steps = np.diff(np.pad(lines.view(np.int8), ((0, 0), (0, 0), (1, 1))), axis=-1).ravel()
    lengths = np.flatnonzero(steps < 0) - np.flatnonzero(steps > 0)
    chords = np.zeros(lines.shape, np.float32)
    chords[lines] = np.repeat(lengths, lengths)
    return np.moveaxis(chords, -1, axis)


def _moments(chords_nm: NDArray[np.float32]) -> list[float]:
    return [float((1 / chords_nm.astype(np.float64)).sum()), float(chords_nm.size), float(chords_nm.sum(dtype=np.float64))]


def _shifts(pieces: _Pieces, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how errors of resamples scatter about their median: errors are norms, which the noise of resampling shifts upwards."""
    errors = np.array([pieces.errors(row) for row in weights])
    return np.asarray(errors - np.median(errors, axis=0), np.float64)


def _distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    total = float(np.linalg.norm(first) + np.linalg.norm(second))
    return 2 * float(np.linalg.norm(first - second)) / total if total else 0.0

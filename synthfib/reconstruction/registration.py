"""Where every image of a stack lies: drift from slice to slice and from channel to channel, to parts of a pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from synthfib.data.stack import ImageStack
from synthfib.degradations.stacks import OnProgress
from synthfib.errors import InputError
from synthfib.reconstruction.drift_prior import DriftPrior, adapt, likelier, separate
from synthfib.reconstruction.face_likelihood import Evidence, face_evidence
from synthfib.reconstruction.face_spectra import face_spectra, whole_pixels
from synthfib.reconstruction.phase_correlation import pairwise_walk

#: Bands in cycles per pixel, from coarse to fine, and how often the fit is repeated in each.
_BANDS = (((0.01, 0.05), 5), ((0.01, 0.1), 5), ((0.03, 0.25), 12))
_STILL_PX = 0.01
_LEAST_FACE_PX = 32


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where every image lies, about the mean of all of them.

    Parameters
    ----------
    displacement_px : ndarray of float64, shape (channel, slice, 2)
        Drift ``(y, x)`` of each image in pixels.
    error_px : ndarray of float64, shape (slice, 2)
        Standard deviation of the error of the drift of each slice in pixels, as the faces let expect.
    apparent_px : ndarray of float64, shape (channel, slice, 2)
        Drift and path of the structure together, in pixels: what lays faces best on each other, and straightens what is inclined.
    """

    displacement_px: NDArray[np.float64]
    error_px: NDArray[np.float64]
    apparent_px: NDArray[np.float64]


def register(stack: ImageStack, *, isotropic: bool | None = None, on_progress: OnProgress | None = None) -> Registration:
    """Return the drift of every image, estimated from the images alone.

    A constant inclination of the whole structure cannot be told from a steady drift. It is left to the structure, unless the faces are
    likelier if that has none.

    Parameters
    ----------
    stack : ImageStack
        Images of one or more channels.
    isotropic : bool, optional
        Whether the structure is known to have no preferred inclination, so that slow motion is drift, or known to have one; by default
        what makes the faces likelier.
    on_progress : callable, optional
        Told the share of the work done.

    Raises
    ------
    InputError
        If faces are smaller than 32 pixels, or an image has one grey value only.
    """
    _check(stack)
    report: OnProgress = on_progress or (lambda share, note: None)
    with threadpool_limits(1):  # small matrices; and the order of sums would depend on the number of threads
        walk = pairwise_walk(stack.images)
        prior, evidence = _fitted(stack.images, np.repeat(walk[None], stack.shape[0], axis=0), isotropic, report)
        motion = separate(evidence, prior, stack.shape[0])
    report(1.0, "")
    drift, apparent = (part - part.mean(axis=(0, 1)) for part in (motion.drift_px, motion.apparent_px))
    return Registration(drift, motion.drift_error_px, apparent)


def rms_error_px(estimate_px: NDArray[Any], truth_px: NDArray[Any]) -> float:
    """Return the root mean square difference of displacements ``(channel, slice, 2)`` about its mean, per axis."""
    error = np.asarray(estimate_px, np.float64) - truth_px
    return float(np.sqrt(((error - error.mean(axis=(0, 1))) ** 2).mean()))


def _check(stack: ImageStack) -> None:
    _, _, y, x = stack.shape
    if min(y, x) < _LEAST_FACE_PX:
        raise InputError(f"Faces are registered from {_LEAST_FACE_PX} pixels on each way, got {y} x {x}; take larger images.")
    low, high = stack.images.min(axis=(2, 3)), stack.images.max(axis=(2, 3))
    if np.any(low == high):
        channel, index = (int(place[0]) for place in np.nonzero(low == high))
        raise InputError(f"An image needs at least two grey values, slice {index} at {stack.channels[channel]} has one; leave that slice out.")


def _fitted(images: NDArray[Any], at: NDArray[np.float64], isotropic: bool | None, report: OnProgress) -> tuple[DriftPrior, Evidence]:
    """Climb to the most likely displacements band by band, under a wide prior, which is adapted to the faces at the end."""
    prior, done, total = _wide_prior(at[0]), 0, 1 + sum(repeats for _, repeats in _BANDS)
    for band, repeats in _BANDS[:-1]:
        at, _ = _climb(images, at, prior, band, repeats)
        done += repeats
        report(done / total, "")
    _, evidence = _climb(images, at, prior, *_BANDS[-1])
    report((total - 1) / total, "")
    kinds = (True, False) if isotropic is None else (isotropic,)
    adapted = [adapt(evidence, replace(prior, isotropic=kind), len(images)) for kind in kinds]
    return likelier(evidence, adapted, len(images)), evidence


def _climb(
    images: NDArray[Any], at: NDArray[np.float64], prior: DriftPrior, band: tuple[float, float], repeats: int
) -> tuple[NDArray[np.float64], Evidence]:
    """Return displacements after some steps of Fisher scoring in a band, and the evidence at the last of them."""
    offsets = whole_pixels(at, images.shape[2:])
    spectra = face_spectra(images, offsets, band)
    evidence = face_evidence(spectra, at - offsets).about(offsets)
    for _ in range(repeats):
        step = separate(evidence, prior, len(images)).apparent_px - at
        step -= step.mean(axis=(0, 1))
        at = at + np.clip(step, -0.25 / band[1], 0.25 / band[1])
        evidence = face_evidence(spectra, at - offsets).about(offsets)
        if np.abs(step).max() < _STILL_PX:
            break
    return at, evidence


def _wide_prior(walk_px: NDArray[np.float64]) -> DriftPrior:
    """Much wider than what the first guess moves from slice to slice."""
    steps = np.diff(walk_px, axis=0)
    usual = float(np.median(np.abs(steps))) if steps.size else 0.5
    return DriftPrior(max(1.5, 3 * usual), 0.7, 0.6, 0.05, 6.0, np.ones(len(walk_px)))

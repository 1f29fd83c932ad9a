"""How well a segmentation overlaps with the truth: one confusion matrix, and every score derived from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError

#: Probabilities from here on count as solid.
SOLID_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Confusion:
    """Pixels counted by what they are and what they were taken for; add two to pool them.

    Parameters
    ----------
    solid_as_solid, solid_as_pore, pore_as_solid, pore_as_pore : int
        Counts of pixels: the truth first, the prediction second.
    """

    solid_as_solid: int = 0
    solid_as_pore: int = 0
    pore_as_solid: int = 0
    pore_as_pore: int = 0

    @classmethod
    def of(cls, predicted: ArrayLike, truth: ArrayLike) -> Confusion:
        """Compare two arrays of one shape.

        Parameters
        ----------
        predicted, truth : array_like
            Booleans (true is solid), integer labels (0 is pore, the rest solid) or probabilities of solid in [0, 1]
            (0.5 and above is solid).

        Raises
        ------
        InputError
            If the shapes differ, there are no pixels, or floating-point values are not probabilities.
        """
        found, real = is_solid("The prediction", predicted), is_solid("The truth", truth)
        if found.shape != real.shape:
            raise InputError(f"The prediction must have the shape of the truth {real.shape}, got {found.shape}; compare faces of one milling plan.")
        both, found_solid, real_solid = (int(np.count_nonzero(mask)) for mask in (found & real, found, real))
        return cls(both, real_solid - both, found_solid - both, real.size - real_solid - found_solid + both)

    def __add__(self, other: Confusion) -> Confusion:
        """Return the counts of both together."""
        return Confusion(
            self.solid_as_solid + other.solid_as_solid,
            self.solid_as_pore + other.solid_as_pore,
            self.pore_as_solid + other.pore_as_solid,
            self.pore_as_pore + other.pore_as_pore,
        )

    @property
    def total(self) -> int:
        """Number of pixels."""
        return self.solid_as_solid + self.solid_as_pore + self.pore_as_solid + self.pore_as_pore


def scores(confusion: Confusion) -> dict[str, float]:
    """Return every score of a confusion matrix, as fractions.

    A ratio 0/0 is 1, a perfect score, for every measure: where a phase is absent nothing of it can be missed, and where
    nothing was claimed nothing was claimed wrongly. A phase that only one of the two sides has scores 0 in Dice and IoU.

    Returns
    -------
    dict of str to float
        ``mp``, the misplaced share of all pixels; ``mgp``, the missed share of the solid ("missed gold"), 1 - recall;
        ``dice_solid``, ``dice_pore`` and their mean ``mean_dice``; ``iou_solid``, ``iou_pore``, ``mean_iou``;
        ``accuracy``; ``precision``, ``recall`` and ``f1`` of the solid (``f1`` equals ``dice_solid``);
        ``solid_fraction`` (predicted), ``truth_solid_fraction`` and ``solid_fraction_error``, predicted minus true.

    Raises
    ------
    InputError
        If the matrix is empty.
    """
    if confusion.total <= 0:
        raise InputError("Scores need at least one compared pixel, got an empty confusion matrix.")
    tp, fn, fp, tn = confusion.solid_as_solid, confusion.solid_as_pore, confusion.pore_as_solid, confusion.pore_as_pore
    dice_solid, dice_pore = _ratio(2 * tp, 2 * tp + fp + fn), _ratio(2 * tn, 2 * tn + fp + fn)
    iou_solid, iou_pore = _ratio(tp, tp + fp + fn), _ratio(tn, tn + fp + fn)
    recall = _ratio(tp, tp + fn)
    return {
        "mp": (fp + fn) / confusion.total,
        "mgp": 1 - recall,
        "dice_solid": dice_solid,
        "dice_pore": dice_pore,
        "mean_dice": (dice_solid + dice_pore) / 2,
        "iou_solid": iou_solid,
        "iou_pore": iou_pore,
        "mean_iou": (iou_solid + iou_pore) / 2,
        "accuracy": (tp + tn) / confusion.total,
        "precision": _ratio(tp, tp + fp),
        "recall": recall,
        "f1": dice_solid,
        "solid_fraction": (tp + fp) / confusion.total,
        "truth_solid_fraction": (tp + fn) / confusion.total,
        "solid_fraction_error": (fp - fn) / confusion.total,
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def is_solid(what: str, values: ArrayLike) -> NDArray[np.bool_]:
    """Return where there is solid, from booleans, integer labels (0 is pore) or probabilities of solid.

    Raises
    ------
    InputError
        If floating-point values are not probabilities; the message begins with `what`.
    """
    array = np.asarray(values)
    if array.dtype.kind in "bui":
        return array.astype(np.bool_)
    if array.dtype.kind != "f" or not bool(np.all((array >= 0) & (array <= 1))):
        raise InputError(f"{what} must hold booleans, integer labels or probabilities in [0, 1], got {array.dtype} outside of that.")
    return np.asarray(array >= SOLID_FROM, np.bool_)

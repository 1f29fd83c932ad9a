"""Connected components: pores one by one, their volumes, and what two segmentations of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from synthfib.data.volume import check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.evaluation.overlap import is_solid


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """The connected components of a phase.

    Parameters
    ----------
    labels : ndarray of int32, shape (z, y, x)
        0 outside of the phase; 1, 2, ... in the order in which components are met.
    volumes_nm3 : ndarray of float64, shape (component,)
        Volume of component 1, 2, ... in cubic nm.
    """

    labels: NDArray[np.int32]
    volumes_nm3: NDArray[np.float64]

    @property
    def count(self) -> int:
        """Number of components."""
        return int(self.volumes_nm3.size)

    @property
    def equivalent_diameters_nm(self) -> NDArray[np.float64]:
        """Diameters of spheres of the same volumes, in nm."""
        return np.cbrt(6 * self.volumes_nm3 / np.pi)

    @property
    def largest_fraction(self) -> float:
        """Share of the phase that is in its largest component, the measure of how connected it is; 1 if there is nothing of it."""
        return float(self.volumes_nm3.max() / self.volumes_nm3.sum()) if self.count else 1.0


def instances(
    solid: ArrayLike, voxel_size_nm: Sequence[float], *, phase: Literal["pore", "solid"] = "pore", neighbours: Literal[6, 18, 26] = 6
) -> Instances:
    """Return the connected components of a phase.

    Parameters
    ----------
    solid : array_like, shape (z, y, x)
        Booleans, labels (0 is pore) or probabilities of solid.
    voxel_size_nm : sequence of float
        Edge lengths ``(z, y, x)`` in nm.
    phase : {"pore", "solid"}
        What is taken apart.
    neighbours : {6, 18, 26}
        Voxels are connected over faces, over edges too, or over corners too. For consistent topology take 6 for one phase and 26 for the
        other.

    Raises
    ------
    InputError
        If the block is not 3-D, the sizes cannot be nm, or phase or neighbours are none of these.
    """
    mask = is_solid("The block", solid)
    if mask.ndim != 3 or mask.size == 0:
        raise InputError(f"Components need a block of voxels (z, y, x), got an array of shape {mask.shape}.")
    if phase not in ("pore", "solid") or neighbours not in (6, 18, 26):
        raise InputError(f"Components are of 'pore' or 'solid' over 6, 18 or 26 neighbours, got {phase!r} over {neighbours!r}.")
    size_nm = check_voxel_size_nm(voxel_size_nm)
    structure = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[neighbours])
    labels, count = ndimage.label(mask if phase == "solid" else ~mask, structure)  # pyright: ignore[reportGeneralTypeIssues]
    voxels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return Instances(np.asarray(labels, np.int32), np.asarray(voxels * float(np.prod(size_nm)), np.float64))


def component_agreement(found: Instances, truth: Instances, *, least_iou: float = 0.5) -> dict[str, float]:
    """Return how well the components of a segmentation are those of the truth.

    Components match if their intersection over union is greater than `least_iou`; from 0.5 on, no component has two matches
    (A. Kirillov et al., CVPR (2019) 9404, doi 10.1109/CVPR.2019.00963).

    Returns
    -------
    dict of str to float
        ``count`` and ``truth_count``; ``matched``, how many match; ``component_precision``, ``component_recall`` and ``component_f1``, shares of
        the found, of the true, and their harmonic mean, 1 where there is nothing to be wrong about; ``matched_iou``, the mean over matches, 1 if
        nothing is there to match and 0 if nothing does; ``panoptic_quality``, ``component_f1`` times ``matched_iou``; and ``largest_fraction``
        and ``truth_largest_fraction``.

    Raises
    ------
    InputError
        If the shapes differ, or matches would not be unique.
    """
    if found.labels.shape != truth.labels.shape:
        raise InputError(f"Components must be of one shape, got {found.labels.shape} and {truth.labels.shape}; compare faces of one milling plan.")
    if not 0.5 <= least_iou < 1:
        raise InputError(f"Components match uniquely from an intersection over union of 0.5 on, below 1, got {least_iou!r}.")
    both = (found.labels > 0) & (truth.labels > 0)
    pairs = found.labels[both].astype(np.int64) * (truth.count + 1) + truth.labels[both]
    values, shared = np.unique(pairs, return_counts=True)
    of_found, of_truth = np.divmod(values, truth.count + 1)
    sizes, truth_sizes = (np.bincount(side.labels.ravel(), minlength=side.count + 1) for side in (found, truth))
    iou = shared / (sizes[of_found] + truth_sizes[of_truth] - shared)
    matches = iou[iou > least_iou]
    either = found.count + truth.count
    f1 = 2 * matches.size / either if either else 1.0
    mean_iou = float(matches.mean()) if matches.size else float(not either)
    return {
        "count": found.count,
        "truth_count": truth.count,
        "matched": matches.size,
        "component_precision": matches.size / found.count if found.count else 1.0,
        "component_recall": matches.size / truth.count if truth.count else 1.0,
        "component_f1": f1,
        "matched_iou": mean_iou,
        "panoptic_quality": f1 * mean_iou,
        "largest_fraction": found.largest_fraction,
        "truth_largest_fraction": truth.largest_fraction,
    }

"""What a stack of images looks like in numbers, to be held against the same numbers of real stacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthfib.errors import InputError
from synthfib.evaluation.curtaining import curtaining
from synthfib.evaluation.grey_separation import GreySeparation, grey_separation
from synthfib.evaluation.noise import noise_law, noise_sd
from synthfib.evaluation.power_spectrum import PowerSpectrum, radial_power_spectrum

Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class Realism:
    """Figures of every slice of a stack.

    Parameters
    ----------
    slices : tuple of dict
        What `slice_figures` returns, one per slice.
    spectrum : PowerSpectrum
        Radial power spectrum, the mean over the slices.
    """

    slices: tuple[Figures, ...]
    spectrum: PowerSpectrum

    def mean(self) -> Figures:
        """Return the mean over the slices that have the figure; None if none has."""
        return {name: float(np.mean(values)) if (values := self._values(name)) else None for name in self.slices[0]}

    def span(self) -> dict[str, tuple[float, float] | None]:
        """Return the least and the greatest value of each figure; None if no slice has it."""
        return {name: (min(values), max(values)) if (values := self._values(name)) else None for name in self.slices[0]}

    def _values(self, name: str) -> list[float]:
        return [value for figures in self.slices if (value := figures[name]) is not None]


def realism(images: ArrayLike, labels: ArrayLike | None = None) -> Realism:
    """Measure a stack slice by slice.

    Parameters
    ----------
    images : array_like of uint8 or uint16, shape (slice, y, x)
        Grey values; 16-bit values are divided by 257, so that all figures are in grey levels of 256.
    labels : array_like, shape (slice, y, x), optional
        0 in the pore, anything else in the solid.

    Raises
    ------
    InputError
        If shapes disagree, images are smaller than 32 x 32 pixels, or are not of 8 or 16 bits.
    """
    grey = grey_levels(images)
    solid = None if labels is None else np.asarray(labels) != 0
    if solid is not None and solid.shape != grey.shape:
        raise InputError(f"Labels must have the shape of the images {grey.shape} (slice, y, x), got {solid.shape}.")
    spectra = [radial_power_spectrum(image) for image in grey]
    spectrum = PowerSpectrum(spectra[0].cycles_per_pixel, np.mean([one.power for one in spectra], axis=0))
    return Realism(tuple(slice_figures(image, None if solid is None else solid[index]) for index, image in enumerate(grey)), spectrum)


def grey_levels(images: ArrayLike) -> NDArray[np.float64]:
    """Return images in grey levels of 256, float64.

    Raises
    ------
    InputError
        If they are not a filled stack (slice, y, x) of 8 or 16 bits.
    """
    array = np.asarray(images)
    if array.ndim != 3 or array.size == 0 or array.dtype not in (np.uint8, np.uint16):
        raise InputError(f"A stack (slice, y, x) of 8- or 16-bit grey values is required, got {array.dtype} of shape {array.shape}.")
    return array / (257.0 if array.dtype == np.uint16 else 1.0)


def slice_figures(image: NDArray[np.float64], solid: NDArray[np.bool_] | None = None) -> Figures:
    """Return all figures of one image; those that need labels are None where there are none, or only one phase.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
        Grey levels of 256.
    solid : ndarray of bool, shape (y, x), optional
        True in the solid.

    Returns
    -------
    dict of str to float or None
        ``mean_grey``, ``noise_sd`` (of all pixels), ``noise_sd_solid``, ``mean_grey_solid``, ``noise_variance_slope``,
        ``noise_variance_intercept`` and ``noise_variance_correlation``, ``curtaining_column_sd``, ``curtaining_row_sd``
        and ``curtaining_floor_sd`` (of the solid, or of all pixels without labels), those of `GreySeparation`, and ``pore_fraction``.
    """
    law = noise_law(image)
    columns = curtaining(image, solid)
    separation = None if solid is None else grey_separation(image, ~solid)
    has_solid = solid is not None and bool(solid.any())
    return {
        "mean_grey": float(image.mean()),
        "noise_sd": noise_sd(image),
        "noise_sd_solid": noise_sd(image, solid) if has_solid else None,
        "mean_grey_solid": float(image[solid].mean()) if has_solid else None,
        "noise_variance_slope": law.slope if law else None,
        "noise_variance_intercept": law.intercept if law else None,
        "noise_variance_correlation": law.correlation if law else None,
        "curtaining_column_sd": columns.column_sd if columns else None,
        "curtaining_row_sd": columns.row_sd if columns else None,
        "curtaining_floor_sd": columns.floor if columns else None,
        **(asdict(separation) if separation else dict.fromkeys(_fields(GreySeparation))),
        "pore_fraction": None if solid is None else float(1 - solid.mean()),
    }


def _fields(kind: type[GreySeparation]) -> Sequence[str]:
    return tuple(kind.__dataclass_fields__)

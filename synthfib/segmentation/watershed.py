"""Watersheds of the gradient, flooded from pixels that are surely pore or surely solid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import skimage.segmentation
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude
from skimage.filters import threshold_multiotsu

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.segmentation.combined_grey import CombinedGrey, FaceRule, check_length_nm, combined_faces

_PORE, _SOLID = 1, 2
_BINS = 256


class Watershed(CombinedGrey):
    """Floods the gradient of each face from the darkest and the brightest of three classes of grey values.

    The classes are those of least variance over the whole stack (multi-level Otsu); pixels of the class in between, the shine-through,
    start dry and go where the flood gets first. Pixels on steep slopes mark nothing.

    Parameters
    ----------
    sigma_nm : float
        Standard deviation of the Gaussian that smooths before the gradient is taken, in nm; one pixel if it is smaller than that.
    flat_share : float
        Share of the pixels, the flattest ones, that may be markers.

    Raises
    ------
    InputError
        If the length is not positive or the share is not in (0, 1].

    References
    ----------
    S. Beucher, F. Meyer, in: Mathematical Morphology in Image Processing (1993) 433; as `skimage.segmentation.watershed` does it.
    """

    def __init__(self, *, sigma_nm: float = 2.5, flat_share: float = 0.7) -> None:
        self.sigma_nm = check_length_nm("The smoothing of a watershed", sigma_nm)
        if not 0 < flat_share <= 1:
            raise InputError(f"The share of pixels that may be markers must be in (0, 1], got {flat_share!r}.")
        self.flat_share = float(flat_share)

    def rule(self, stack: ImageStack, /) -> FaceRule:
        """Return the flooding, with thresholds found over all faces."""
        sigma = [max(1.0, self.sigma_nm / size) for size in stack.plan.pixel_size_nm]
        low, high = _thresholds(stack, sigma)

        def solid(face: NDArray[np.float32]) -> NDArray[np.bool_]:
            smooth = gaussian_filter(face, sigma)
            slope = gaussian_gradient_magnitude(face, sigma)
            flat = slope <= np.quantile(slope, self.flat_share)
            markers = np.where(flat & (smooth <= low), _PORE, np.where(flat & (smooth > high), _SOLID, 0)).astype(np.int32)
            if not markers.any():  # a face of shine-through alone
                return np.asarray(smooth > (low + high) / 2, np.bool_)
            return np.asarray(skimage.segmentation.watershed(slope, markers) == _SOLID, np.bool_)  # type: ignore[no-untyped-call]

        return solid

    def settings(self) -> Mapping[str, Any]:
        """Return smoothing and share."""
        return {"sigma_nm": self.sigma_nm, "flat_share": self.flat_share}


def _thresholds(stack: ImageStack, sigma: list[float]) -> tuple[float, float]:
    edges = np.linspace(-2, 2, _BINS + 1)
    counts = np.zeros(_BINS, np.int64)
    for face in combined_faces(stack):
        counts += np.histogram(np.clip(gaussian_filter(face, sigma), -2, 2), edges)[0]
    centres = (edges[1:] + edges[:-1]) / 2
    present = counts > 0
    if np.count_nonzero(present) < 3:  # two grey values: nothing in between
        middle = float(centres[present].mean())
        return middle, middle
    low, high = threshold_multiotsu(classes=3, hist=(counts, centres))  # type: ignore[no-untyped-call]
    return float(low), float(high)

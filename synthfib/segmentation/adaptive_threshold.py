"""A threshold that follows the brightness of the neighbourhood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_local

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError
from synthfib.segmentation.combined_grey import CombinedGrey, FaceRule, check_length_nm


class AdaptiveThreshold(CombinedGrey):
    """Calls a pixel solid when it is brighter than the Gaussian-weighted mean of the block around it.

    Parameters
    ----------
    block_size_nm : float
        Edge of the block in nm, several ligaments; the weights have a standard deviation of a sixth of it.
    offset : float
        How much darker than the mean solid may be, as a share of the grey range of the stack; negative because shine-through is brighter than
        the pore, so that solid must outshine the mean.

    Raises
    ------
    InputError
        If the block is not a positive length or the offset is not in [-1, 1].
    """

    def __init__(self, *, block_size_nm: float = 300.0, offset: float = -0.15) -> None:
        self.block_size_nm = check_length_nm("The block of an adaptive threshold", block_size_nm)
        if not -1 <= offset <= 1:
            raise InputError(f"The offset of an adaptive threshold is a share of the grey range in [-1, 1], got {offset!r}.")
        self.offset = float(offset)

    def rule(self, stack: ImageStack, /) -> FaceRule:
        """Return the comparison with the block, its size in whole pixels.

        Raises
        ------
        InputError
            If the block is not larger than a pixel.
        """
        pixel_nm = stack.plan.pixel_size_nm
        block = tuple(2 * round(self.block_size_nm / (2 * size)) + 1 for size in pixel_nm)
        if min(block) < 3:
            raise InputError(f"The block of an adaptive threshold must span 3 pixels of {max(pixel_nm):g} nm, got {self.block_size_nm:g} nm.")

        def solid(face: NDArray[np.float32]) -> NDArray[np.bool_]:
            local = threshold_local(face, block, method="gaussian", offset=2 * self.offset)  # type: ignore[no-untyped-call]
            return np.asarray(face > local, np.bool_)

        return solid

    def settings(self) -> Mapping[str, Any]:
        """Return block and offset."""
        return {"block_size_nm": self.block_size_nm, "offset": self.offset}

"""Otsu's threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from synthfib.segmentation.classical import GreyThreshold


class Otsu(GreyThreshold):
    """The one threshold that parts the grey values of the stack into two classes of least variance (Otsu 1979, 10.1109/TSMC.1979.4310076)."""

    def threshold(self, counts: NDArray[np.int64], /) -> float:
        """Return the largest grey value of the darker class."""
        present = np.flatnonzero(counts)
        span = slice(int(present[0]), int(present[-1]) + 1)
        return float(threshold_otsu(hist=(counts[span], np.arange(span.start, span.stop))))  # type: ignore[no-untyped-call]

"""What a segmentation says of the structure: solid fraction with its interval, and isotropy errors beside those of the truth."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.errors import InputError
from synthfib.evaluation.isotropy import isotropy_errors

_ERRORS = ("tpcf", "lpf", "diameter", "chord")


def structure_scores(found: NDArray[np.bool_], truth: NDArray[np.bool_], plan: MillingPlan) -> dict[str, Any]:
    """Return the scores of a block ``(slice, y, x)``, slices taken as equally thick; what a block is too small for is left out.

    Returns
    -------
    dict
        ``scores``: ``isotropy_tpcf``, ``isotropy_lpf``, ``isotropy_diameter`` and ``isotropy_chord`` of the segmentation, and with ``truth_`` before
        it those of the truth, below which no difference means anything. ``intervals``: ends of the 95 % interval of ``solid_fraction`` and
        ``truth_solid_fraction``, fractions.
    """
    from synthfib.evaluation.solid_fraction import solid_fraction_interval  # takes a second to import, for scipy.stats

    if len(plan.positions_nm) < 2:
        return {"scores": {}, "intervals": {}}
    size_nm = (float(np.diff(plan.positions_nm).mean()), *plan.pixel_size_nm)
    scores: dict[str, float] = {}
    intervals: dict[str, list[float]] = {}
    for prefix, block in (("", found), ("truth_", truth)):
        with suppress(InputError):
            errors = isotropy_errors(block, size_nm)
            scores |= {f"{prefix}isotropy_{name}": errors[name] for name in _ERRORS}
        with suppress(InputError):
            interval = solid_fraction_interval(block, size_nm)
            intervals[f"{prefix}solid_fraction"] = [interval.low, interval.high]
    return {"scores": scores, "intervals": intervals}

"""What a segmentation says of the structure: solid fraction with its interval, and isotropy errors with all that makes them readable."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.errors import InputError
from synthfib.evaluation.isotropy_scores import IsotropyScore, isotropy_scores

#: Isotropy errors that are scored.
ERRORS = ("tpcf", "lpf", "diameter", "chord")
#: Enough for the ends of an interval that is read to two digits, at a tenth of a second for a small block.
_RESAMPLES = 300


def structure_scores(found: NDArray[np.bool_], truth: NDArray[np.bool_], plan: MillingPlan) -> dict[str, Any]:
    """Return the scores of a block ``(slice, y, x)``, slices taken as equally thick; what a block is too small for is left out.

    Returns
    -------
    dict
        ``scores``: for each error of `ERRORS`, ``isotropy_<error>`` of the segmentation, ``truth_isotropy_<error>`` of the truth,
        ``isotropy_<error>_beyond_truth``, their difference, and ``isotropy_<error>_floor`` and ``isotropy_<error>_floor_high``, what chance gives
        an isotropic structure in a block of this size, on average and in 19 of 20 cases. ``intervals``: ends of the 95 % intervals of
        ``isotropy_<error>``, ``isotropy_<error>_beyond_truth``, ``solid_fraction`` and ``truth_solid_fraction``. All are fractions.
        ``isotropy_distance_nm``: the distance that the curves behind the errors reach, None without errors.
    """
    if len(plan.positions_nm) < 2:
        return {"scores": {}, "intervals": {}, "isotropy_distance_nm": None}
    size_nm = (float(np.diff(plan.positions_nm).mean()), *plan.pixel_size_nm)
    intervals = _solid_fractions(found, truth, size_nm)
    for pieces in (3, 2):
        reach_nm = min(n // pieces * size for n, size in zip(found.shape, size_nm, strict=True)) / 2
        with suppress(InputError):
            true = _isotropy(truth, None, size_nm, pieces, reach_nm)
            scores = {f"truth_isotropy_{name}": true[name].value for name in ERRORS}
            with suppress(InputError):  # a segmentation of one phase only has none
                own = _isotropy(found, truth, size_nm, pieces, reach_nm)
                scores |= {key: value for name in ERRORS for key, value in _values(name, own[name]).items()}
                intervals |= {key: ends for name in ERRORS for key, ends in _ends(name, own[name]).items()}
            return {"scores": scores, "intervals": intervals, "isotropy_distance_nm": reach_nm}
    return {"scores": {}, "intervals": intervals, "isotropy_distance_nm": None}


def _solid_fractions(found: NDArray[np.bool_], truth: NDArray[np.bool_], size_nm: tuple[float, ...]) -> dict[str, list[float]]:
    from synthfib.evaluation.solid_fraction import solid_fraction_interval  # takes a second to import, for scipy.stats

    intervals: dict[str, list[float]] = {}
    for name, block in (("solid_fraction", found), ("truth_solid_fraction", truth)):
        with suppress(InputError):
            interval = solid_fraction_interval(block, size_nm)
            intervals[name] = [interval.low, interval.high]
    return intervals


def _isotropy(
    block: NDArray[np.bool_], truth: NDArray[np.bool_] | None, size_nm: tuple[float, ...], pieces: int, reach_nm: float
) -> Mapping[str, IsotropyScore]:
    return isotropy_scores(
        block, size_nm, truth=truth, pieces_per_axis=pieces, max_distance_nm=reach_nm, n_resamples=100 if truth is None else _RESAMPLES
    )


def _values(name: str, score: IsotropyScore) -> dict[str, float]:
    assert score.truth is not None
    of = f"isotropy_{name}"
    return {of: score.value, f"{of}_beyond_truth": score.value - score.truth, f"{of}_floor": score.floor, f"{of}_floor_high": score.floor_high}


def _ends(name: str, score: IsotropyScore) -> dict[str, list[float]]:
    assert score.beyond_truth_low is not None
    assert score.beyond_truth_high is not None
    of = f"isotropy_{name}"
    return {of: [score.low, score.high], f"{of}_beyond_truth": [score.beyond_truth_low, score.beyond_truth_high]}

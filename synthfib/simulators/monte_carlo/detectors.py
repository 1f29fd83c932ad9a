"""Which escaping electrons a detector sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Detector:
    """A detector as the electrons it accepts: a window of energies times a window of polar angles, or any table of both.

    Parameters
    ----------
    name : str
        Name of its channels.
    energy_window : tuple of float
        Lowest and highest energy as a fraction of the landing energy.
    polar_window_deg : tuple of float
        Smallest and largest angle to the outward normal of the face.
    acceptance : tuple of tuple of float, optional
        Chance of acceptance inside the windows: one row for each of several equal steps of energy across its window, one column for each
        of several equal steps of the polar angle; by default 1.

    Raises
    ------
    InputError
        If a window is empty or leaves [0, 1] or [0, 90] degrees, or the table is ragged or leaves [0, 1].
    """

    name: str
    energy_window: tuple[float, float] = (0.0, 1.0)
    polar_window_deg: tuple[float, float] = (0.0, 90.0)
    acceptance: tuple[tuple[float, ...], ...] = ((1.0,),)

    def __post_init__(self) -> None:
        for what, (low, high), top in (("energy", self.energy_window, 1.0), ("polar angle", self.polar_window_deg, 90.0)):
            if not 0 <= low < high <= top:
                raise InputError(f"The {what} window of detector {self.name!r} needs 0 <= low < high <= {top:g}, got {(low, high)}.")
        widths = {len(row) for row in self.acceptance}
        if len(widths) != 1 or 0 in widths or not all(0 <= chance <= 1 for row in self.acceptance for chance in row):
            raise InputError(f"The acceptance table of detector {self.name!r} needs equally long rows of chances in [0, 1].")


#: Every backscattered electron.
BSE = Detector("bse")
#: Through-the-lens detector: every backscattered electron, whatever its angle, as an immersion lens collects them.
TLD = Detector("tld")
#: In-column detector high up the column: electrons that lost little energy and left close to the axis. The two limits are chosen, not
#: measured; give a table where the instrument's acceptance is known.
ICD = Detector("icd", energy_window=(0.8, 1.0), polar_window_deg=(0.0, 45.0))

_KNOWN = {known.name: known for known in (BSE, TLD, ICD)}


def detector(name: str) -> Detector:
    """Return the detector called ``"bse"``, ``"tld"`` or ``"icd"``.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    if name not in _KNOWN:
        raise UnknownNameError("detector", name, tuple(_KNOWN))
    return _KNOWN[name]


def acceptance_tables(detectors: Sequence[Detector]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return windows ``(lowest energy, highest energy, smallest angle, largest angle)``, angles in rad, and acceptances, detector first.

    Tables of different sizes are repeated to the least common multiple of their sizes, which changes nothing.
    """
    windows = np.array([(*detector.energy_window, *np.radians(detector.polar_window_deg)) for detector in detectors])
    rows = math.lcm(*(len(detector.acceptance) for detector in detectors))
    columns = math.lcm(*(len(detector.acceptance[0]) for detector in detectors))
    tables = np.empty((len(detectors), rows, columns), np.float32)
    for table, detector in zip(tables, detectors, strict=True):
        own = np.asarray(detector.acceptance, np.float32)
        table[:] = own.repeat(rows // own.shape[0], axis=0).repeat(columns // own.shape[1], axis=1)
    return windows, tables

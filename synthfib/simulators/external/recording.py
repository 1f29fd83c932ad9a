"""Engines that record every electron that leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from synthfib.errors import InputError
from synthfib.simulators.external.base import ExternalEngine, Images, Task
from synthfib.simulators.external.exit_records import Exits, yields_per_pixel
from synthfib.simulators.external.faces import Face
from synthfib.simulators.monte_carlo.detectors import BSE, Detector


@dataclass(frozen=True, kw_only=True)
class RecordingEngine(ExternalEngine[Task, Exits]):
    """An engine that follows a number of electrons per pixel and lists those that leave, so that detectors can be applied afterwards.

    Parameters
    ----------
    electrons_per_pixel : int
        Electrons per pixel and energy.
    detectors : tuple of Detector
        What looks.
    beam_sigma_nm : float
        Standard deviation of the beam's profile along y and x.

    Raises
    ------
    InputError
        If no electron or no detector is asked for, two detectors have one name, or the width of the beam is negative.
    """

    electrons_per_pixel: int = 200
    detectors: tuple[Detector, ...] = (BSE,)
    beam_sigma_nm: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.electrons_per_pixel <= 10**9:
            raise InputError(f"The electrons per pixel must be between 1 and 1e9, got {self.electrons_per_pixel!r}.")
        names = [detector.name for detector in self.detectors]
        if not names or len(set(names)) < len(names):
            raise InputError(f"At least one detector is required, each with its own name, got {names}.")
        if not (math.isfinite(self.beam_sigma_nm) and self.beam_sigma_nm >= 0):
            raise InputError(f"The width of the beam must be 0 nm or more, got {self.beam_sigma_nm!r}.")

    @property
    def seen_by(self) -> tuple[Detector, ...]:
        """The detectors."""
        return self.detectors

    @property
    def electrons_followed(self) -> int:
        """Electrons per pixel."""
        return self.electrons_per_pixel

    def settings(self) -> dict[str, Any]:
        """Return beam and detectors."""
        return {
            "electrons_per_pixel": self.electrons_per_pixel,
            "detectors": [asdict(detector) for detector in self.detectors],
            "beam_sigma_nm": self.beam_sigma_nm,
        }

    def images(self, face: Face, results: Sequence[Exits]) -> Images:
        """Return what the detectors see."""
        mean, error = yields_per_pixel(
            self.detectors, Exits.together(results), n_pixels=math.prod(face.n_pixels), electrons_per_pixel=self.electrons_per_pixel
        )
        shape = (len(self.detectors), *face.n_pixels)
        return mean.reshape(shape), error.reshape(shape)

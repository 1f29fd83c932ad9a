"""Counting noise: a pixel sees few electrons, an amplifier adds its own noise, and knobs turn the sum into a grey value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.degradations.base import Face, Run, Stage, draw_seed
from synthfib.degradations.counting import binomial
from synthfib.errors import InputError

_ELECTRONS_PER_PA_US = 6.241509  # 1 pA for 1 us, in elementary charges
# An operator sets brightness and contrast so that noise does not clip: this many standard deviations stay below black and above
# the brightest pixel, and a vacuum is not quite black.
_HEADROOM_SIGMA = 4.0
_VACUUM_YIELD = 0.02


def dwell_time_us(beam_current_pa: float, electrons_per_pixel: int) -> float:
    """Return how long a beam stays on a pixel to land so many electrons, in us."""
    return electrons_per_pixel / (beam_current_pa * _ELECTRONS_PER_PA_US)


@dataclass(frozen=True, slots=True)
class RecordingParameters:
    """Every number that one recording drew.

    Parameters
    ----------
    electrons_per_pixel : int
        Incident electrons per pixel.
    black_yield, white_yield : tuple of float
        Signal per incident electron that gives the lowest and the highest grey value, per channel: the brightness and contrast
        knobs of the microscope.
    seed : int
        Key of all random numbers.
    followed_electrons : int, optional
        Electrons that the simulator followed for each pixel, if yields are counts of them.
    """

    electrons_per_pixel: int
    black_yield: tuple[float, ...]
    white_yield: tuple[float, ...]
    seed: int
    followed_electrons: int | None = None


@dataclass(frozen=True, slots=True)
class DoseNoise:
    """Records an expected yield as grey values.

    Each of ``N = I t / e`` electrons leaves with probability equal to the yield (binomial counts), the read-out adds a Gaussian
    error, and the sum is scaled between black and white. Where a simulator followed single electrons, their number is the count
    already: N of them are drawn without replacement, all of them if there are no more.

    Parameters
    ----------
    beam_current_pa : float
        Beam current in pA, above 0.
    dwell_time_us : float
        Dwell time per pixel in us, above 0; together at least one electron per pixel.
    readout_noise_electrons : float
        Standard deviation of the read-out noise in detected electrons, 0 or more.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    stage: ClassVar[Stage] = Stage.RECORDING
    beam_current_pa: float
    dwell_time_us: float
    readout_noise_electrons: float = 0.0

    def __post_init__(self) -> None:
        electrons = self.beam_current_pa * self.dwell_time_us * _ELECTRONS_PER_PA_US
        if not (math.isfinite(electrons) and self.beam_current_pa > 0 and 1 <= electrons <= 1e9):
            raise InputError(
                f"Beam current and dwell time must give 1 to 1e9 electrons per pixel, got {self.beam_current_pa!r} pA for {self.dwell_time_us!r} us."
            )
        if not (math.isfinite(self.readout_noise_electrons) and self.readout_noise_electrons >= 0):
            raise InputError(f"The read-out noise must be 0 electrons or more, got {self.readout_noise_electrons!r}.")

    @property
    def electrons_per_pixel(self) -> int:
        """Incident electrons per pixel."""
        return round(self.beam_current_pa * self.dwell_time_us * _ELECTRONS_PER_PA_US)

    def draw(self, run: Run, *, rng: np.random.Generator) -> RecordingParameters:
        """Set brightness and contrast for `run` and draw the key of the noise."""
        n, readout = self.electrons_per_pixel, self.readout_noise_electrons / self.electrons_per_pixel
        white = tuple(value + _HEADROOM_SIGMA * math.sqrt(value * max(1 - value, 0) / n + readout**2) + _VACUUM_YIELD for value in run.full_scale)
        black = (-_HEADROOM_SIGMA * readout - _VACUUM_YIELD,) * run.n_channels
        return RecordingParameters(n, black, white, draw_seed(rng), run.followed_electrons)

    def apply(self, face: Face, parameters: RecordingParameters, /) -> Face:
        """Return the recorded face, grey from here on; every slice of every channel has random numbers of its own."""
        rng = face.random(parameters.seed)
        counts = _counts(face.image, parameters.followed_electrons, parameters.electrons_per_pixel, rng)
        if self.readout_noise_electrons:
            noise = rng.standard_normal(counts.shape, dtype=np.float32)
            noise *= np.float32(self.readout_noise_electrons)
            counts += noise
        black, white = parameters.black_yield[face.channel], parameters.white_yield[face.channel]
        counts *= np.float32(1 / (parameters.electrons_per_pixel * (white - black)))
        counts -= np.float32(black / (white - black))
        return face.recorded(counts)


def _counts(expected: NDArray[np.float32], followed: int | None, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Electrons that each pixel detects of `n`, given the yield, or the share that was seen of those `followed`."""
    if followed is None:
        return binomial(n, expected, rng)
    seen = np.rint(np.clip(expected, 0, 1).astype(np.float64) * followed).astype(np.int64)
    return np.asarray(rng.hypergeometric(seen, followed - seen, n) if n < followed else seen * (n / followed), np.float32)

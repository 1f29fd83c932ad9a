"""Counting noise: a pixel sees few electrons, an amplifier adds its own noise, and a converter rounds."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.data.stack import ImageStack, YieldStack
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
    readout_noise_electrons : float
        Standard deviation of the read-out noise in detected electrons.
    black_yield, white_yield : tuple of float
        Signal per incident electron that gives the lowest and the highest grey value, per channel: the brightness and contrast
        knobs of the microscope.
    bit_depth : int
        8 or 16.
    seed : int
        Key of all random numbers.
    """

    electrons_per_pixel: int
    readout_noise_electrons: float
    black_yield: tuple[float, ...]
    white_yield: tuple[float, ...]
    bit_depth: int
    seed: int


@dataclass(frozen=True, slots=True)
class DoseNoise:
    """Records an expected yield as grey values.

    Each of ``N = I t / e`` electrons leaves with probability equal to the yield (binomial counts), the read-out adds a Gaussian
    error, and the sum is scaled to 8 or 16 bits. Where a simulator followed single electrons, their number is the count already: N of
    them are drawn without replacement, all of them if there are no more.

    Parameters
    ----------
    beam_current_pa : float
        Beam current in pA, above 0.
    dwell_time_us : float
        Dwell time per pixel in us, above 0; together at least one electron per pixel.
    readout_noise_electrons : float
        Standard deviation of the read-out noise in detected electrons, 0 or more.
    bit_depth : int
        8 or 16.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    beam_current_pa: float
    dwell_time_us: float
    readout_noise_electrons: float = 0.0
    bit_depth: int = 8

    def __post_init__(self) -> None:
        electrons = self.beam_current_pa * self.dwell_time_us * _ELECTRONS_PER_PA_US
        if not (math.isfinite(electrons) and self.beam_current_pa > 0 and 1 <= electrons <= 1e9):
            raise InputError(
                f"Beam current and dwell time must give 1 to 1e9 electrons per pixel, got {self.beam_current_pa!r} pA for {self.dwell_time_us!r} us."
            )
        if not (math.isfinite(self.readout_noise_electrons) and self.readout_noise_electrons >= 0):
            raise InputError(f"The read-out noise must be 0 electrons or more, got {self.readout_noise_electrons!r}.")
        if self.bit_depth not in (8, 16):
            raise InputError(f"The bit depth must be 8 or 16, got {self.bit_depth!r}.")

    @property
    def electrons_per_pixel(self) -> int:
        """Incident electrons per pixel."""
        return round(self.beam_current_pa * self.dwell_time_us * _ELECTRONS_PER_PA_US)

    def draw(self, stack: YieldStack, *, rng: np.random.Generator | int) -> RecordingParameters:
        """Set the contrast for `stack` and draw the key of the noise."""
        seed = rng if isinstance(rng, int) else int(rng.integers(2**63))
        n, readout = self.electrons_per_pixel, self.readout_noise_electrons / self.electrons_per_pixel
        brightest = [float(value) for value in stack.data.max(axis=(1, 2, 3))]
        white = tuple(value + _HEADROOM_SIGMA * math.sqrt(value * (1 - value) / n + readout**2) + _VACUUM_YIELD for value in brightest)
        black = (-_HEADROOM_SIGMA * readout - _VACUUM_YIELD,) * len(brightest)
        return RecordingParameters(n, self.readout_noise_electrons, black, white, self.bit_depth, seed)

    def apply(self, stack: YieldStack, parameters: RecordingParameters) -> ImageStack:
        """Return the recorded images; every slice of every channel has random numbers of its own."""
        images: NDArray[Any] = np.empty(stack.data.shape, np.uint8 if parameters.bit_depth == 8 else np.uint16)
        for channel, slices in enumerate(stack.data):
            for index, expected in enumerate(slices):
                rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([parameters.seed, channel, index])))
                counts = _counts(expected, stack.electrons_per_pixel, parameters.electrons_per_pixel, rng)
                images[channel, index] = _record(counts, parameters, channel, rng).astype(images.dtype)
        provenance = stack.provenance.then("dose-noise", asdict(parameters), parameters.seed)
        return ImageStack(images, stack.channels, stack.plan, provenance=provenance)


def _counts(expected: NDArray[np.float32], followed: int | None, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Electrons that each pixel detects of `n`, given the yield, or the share that was seen of those `followed`."""
    if followed is None:
        return rng.binomial(n, np.clip(expected, 0, 1).astype(np.float64)).astype(np.float64)
    seen = np.rint(expected.astype(np.float64) * followed).astype(np.int64)
    return np.asarray(rng.hypergeometric(seen, followed - seen, n) if n < followed else seen * (n / followed), np.float64)


def _record(counts: NDArray[np.float64], parameters: RecordingParameters, channel: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """One face as grey values, still float64."""
    counts = counts + (rng.normal(0.0, parameters.readout_noise_electrons, counts.shape) if parameters.readout_noise_electrons else 0.0)
    highest = 2**parameters.bit_depth - 1
    black, white = parameters.black_yield[channel], parameters.white_yield[channel]
    grey: NDArray[np.float64] = highest * (counts / parameters.electrons_per_pixel - black) / (white - black)
    return np.rint(grey).clip(0, highest)

"""Finite beam spot: what is smaller than the beam is blurred, more along one axis than along the other where the beam is astigmatic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthfib.degradations.base import Face, Run, Stage
from synthfib.degradations.filters import elliptic_blur, gaussian_blur
from synthfib.degradations.ranges import check_range
from synthfib.errors import InputError

_FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))


@dataclass(frozen=True, slots=True)
class PointSpreadParameters:
    """The spot of each channel: full widths at half maximum in nm along the long and the short axis."""

    long_nm: tuple[float, ...]
    short_nm: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PointSpread:
    """Blurs a face by a Gaussian beam spot.

    The spot of a channel at energy E is ``fwhm_nm (E_max / E)**energy_exponent`` wide, for the beam of a lower voltage is harder to
    focus; E_max is the highest energy of the run. Astigmatism a makes one axis ``1 + a`` and the other ``1 / (1 + a)`` times as wide.

    Parameters
    ----------
    fwhm_nm : float
        Full width at half maximum of the spot in nm, 0 to 1000. 0 leaves the image alone.
    astigmatism : float
        Relative excess of the long axis, 0 to 3.
    angle_deg : float
        Angle of the long axis from x towards y, -180 to 180 degrees.
    energy_exponent : float
        How much wider the spot is at lower energy, 0 (as wide) to 2.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.BEAM
    fwhm_nm: float = 0.0
    astigmatism: float = 0.0
    angle_deg: float = 0.0
    energy_exponent: float = 0.0

    def __post_init__(self) -> None:
        check_range("The full width of the beam spot in nm", self.fwhm_nm, 0, 1000)
        check_range("The astigmatism", self.astigmatism, 0, 3)
        check_range("The angle of the astigmatism in degrees", self.angle_deg, -180, 180)
        check_range("The exponent of the energy", self.energy_exponent, 0, 2)

    def draw(self, run: Run, *, rng: np.random.Generator) -> PointSpreadParameters:
        """Return the spot of every channel.

        Raises
        ------
        InputError
            If a spot is larger than the image.
        """
        highest = max(channel.energy_kev for channel in run.channels)
        widths = [self.fwhm_nm * (highest / channel.energy_kev) ** self.energy_exponent for channel in run.channels]
        spot = PointSpreadParameters(
            tuple(width * (1 + self.astigmatism) for width in widths), tuple(width / (1 + self.astigmatism) for width in widths)
        )
        image_nm = min(count * size for count, size in zip(run.shape, run.plan.pixel_size_nm, strict=True))
        if max(spot.long_nm) > image_nm:
            raise InputError(f"The beam spot must be smaller than the image ({image_nm:g} nm), got {max(spot.long_nm):g} nm; take a smaller fwhm_nm.")
        return spot

    def apply(self, face: Face, parameters: PointSpreadParameters, /) -> Face:
        """Return the blurred face."""
        if self.fwhm_nm == 0:
            return face
        long, short = (width[face.channel] / _FWHM_PER_SIGMA for width in (parameters.long_nm, parameters.short_nm))
        pixel_y, pixel_x = face.pixel_size_nm
        cosine, sine = math.cos(math.radians(self.angle_deg)), math.sin(math.radians(self.angle_deg))
        yy = ((long * sine) ** 2 + (short * cosine) ** 2) / pixel_y**2
        xx = ((long * cosine) ** 2 + (short * sine) ** 2) / pixel_x**2
        yx = (long**2 - short**2) * sine * cosine / (pixel_y * pixel_x)
        if abs(yx) <= 1e-6 * math.sqrt(yy * xx):
            return face.with_image(gaussian_blur(face.image, (math.sqrt(yy), math.sqrt(xx))))
        return face.with_image(elliptic_blur(face.image, (yy, yx, xx)))

"""Drift of stage and beam: every image shows the face a little to the side, and voltages are turned and stretched against each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.degradations.base import Face, Run, Stage
from synthfib.degradations.filters import shift, turn
from synthfib.degradations.ranges import check_range
from synthfib.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class DriftParameters:
    """The drift of one run.

    Parameters
    ----------
    displacement_nm : ndarray of float64, shape (channel, slice, 2)
        How far ``(y, x)`` each image shows the face beside its place.
    rotation_deg : tuple of float
        Angle of each channel about the centre, from x towards y.
    stretch : tuple of tuple of float
        Relative stretch ``(y, x)`` of each channel.
    """

    displacement_nm: NDArray[np.float64]
    rotation_deg: tuple[float, ...]
    stretch: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """Moves every image against its labels; how far is kept as truth.

    From slice to slice the stage makes a Gaussian step and, now and then, a jump; the software takes a share of what has built
    up back. All channels of a slice share that; from channel to channel the beam moves a little more. The first channel is
    neither turned nor stretched. Recorded images are moved by whole pixels, for interpolation would smooth their noise.

    With step s, realignment r, jump probability q and jump j, displacements along one axis reach the standard deviation
    ``sqrt((s**2 + q j**2) / (1 - (1 - r)**2))``; without realignment that of slice n is ``sqrt(n (s**2 + q j**2))``.

    Parameters
    ----------
    step_nm : float
        Standard deviation of the step between slices along each axis in nm, 0 to 1000.
    jump_nm : float
        Standard deviation of a jump along each axis in nm, 0 to 10000.
    jump_probability : float
        Chance of a jump before a slice, 0 to 1.
    realignment : float
        Share of the displacement that is taken back before each slice, 0 (never) to 1 (all of it).
    between_channels_nm : float
        Standard deviation of the displacement of each further channel in nm, 0 to 1000.
    rotation_deg : float
        Standard deviation of the angle of each further channel, 0 to 10 degrees.
    stretch : float
        Standard deviation of the relative stretch of each further channel along each axis, 0 to 0.1.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.SCAN
    step_nm: float = 0.0
    jump_nm: float = 0.0
    jump_probability: float = 0.0
    realignment: float = 0.0
    between_channels_nm: float = 0.0
    rotation_deg: float = 0.0
    stretch: float = 0.0

    def __post_init__(self) -> None:
        check_range("The step of the drift in nm", self.step_nm, 0, 1000)
        check_range("The jump of the drift in nm", self.jump_nm, 0, 10_000)
        check_range("The chance of a jump", self.jump_probability, 0, 1)
        check_range("The realignment", self.realignment, 0, 1)
        check_range("The drift between channels in nm", self.between_channels_nm, 0, 1000)
        check_range("The rotation between channels in degrees", self.rotation_deg, 0, 10)
        check_range("The stretch between channels", self.stretch, 0, 0.1)

    def draw(self, run: Run, *, rng: np.random.Generator) -> DriftParameters:
        """Draw where every image lies.

        Raises
        ------
        InputError
            If the drift leaves less than half of the image.
        """
        steps = self.step_nm * rng.standard_normal((run.n_slices, 2))
        steps += self.jump_nm * rng.standard_normal((run.n_slices, 2)) * (rng.random((run.n_slices, 1)) < self.jump_probability)
        between = self.between_channels_nm * rng.standard_normal((run.n_channels, run.n_slices, 2))
        angles = self.rotation_deg * rng.standard_normal(run.n_channels)
        stretches = self.stretch * rng.standard_normal((run.n_channels, 2))
        between[0], angles[0], stretches[0] = 0, 0, 0
        displacement_nm = self._walk(steps) + between
        pixel_nm = np.asarray(run.plan.pixel_size_nm)
        if run.recorded:
            displacement_nm = np.rint(displacement_nm / pixel_nm) * pixel_nm
        furthest_nm, allowed_nm = abs(displacement_nm).max(axis=(0, 1)), np.asarray(run.shape) * pixel_nm / 2
        if np.any(furthest_nm > allowed_nm):
            raise InputError(
                f"Drift must leave half of the image in view, got {furthest_nm.max():.4g} nm on faces of {2 * allowed_nm.min():g} nm;"
                " take smaller steps or more realignment."
            )
        return DriftParameters(displacement_nm, tuple(angles.tolist()), tuple((float(y), float(x)) for y, x in stretches))

    def _walk(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the steps, less what is taken back; the first face is where it should be."""
        walk = np.zeros_like(steps)
        for index in range(1, len(steps)):
            walk[index] = (1 - self.realignment) * walk[index - 1] + steps[index]
        return walk

    def apply(self, face: Face, parameters: DriftParameters, /) -> Face:
        """Return the face where the beam saw it."""
        by_y_nm, by_x_nm = (float(by) for by in parameters.displacement_nm[face.channel, face.index])
        by_px = by_y_nm / face.pixel_size_nm[0], by_x_nm / face.pixel_size_nm[1]
        angle_rad, stretch = math.radians(parameters.rotation_deg[face.channel]), parameters.stretch[face.channel]
        if angle_rad or any(stretch):
            return face.moved(turn(face.image, by_px, angle_rad, stretch), (by_y_nm, by_x_nm))
        if not any(by_px):
            return face
        return face.moved(shift(face.image, by_px), (by_y_nm, by_x_nm))

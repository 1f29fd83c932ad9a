"""Images of exposed faces: expected yield, and recorded grey values with their truth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """One way of looking at a face: landing energy in keV and detector."""

    energy_kev: float
    detector: str = "bse"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.energy_kev) and 0.05 <= self.energy_kev <= 30):
            raise InputError(f"A landing energy must be between 0.05 and 30 keV, got {self.energy_kev!r}; 2 kV is written 2.0.")

    def __str__(self) -> str:
        return f"{self.energy_kev:g} keV {self.detector}"


@dataclass(frozen=True, slots=True, eq=False)
class YieldStack:
    """Expected backscattered electrons per incident electron, without noise.

    Parameters
    ----------
    data : ndarray of float32, shape (channel, slice, y, x)
        Yield per incident electron.
    channels : tuple of Channel
        Energy and detector of each channel.
    plan : MillingPlan
        The faces.
    standard_error : ndarray of float32, same shape, optional
        One standard deviation of the statistical error of a Monte Carlo simulator.
    electrons_per_pixel : int, optional
        Electrons that were followed for each pixel, if yields are counts of them rather than expectations.
    provenance : Provenance
        How the stack was made.

    Raises
    ------
    InputError
        If shapes or dtypes disagree.
    """

    data: NDArray[np.float32]
    channels: tuple[Channel, ...]
    plan: MillingPlan
    standard_error: NDArray[np.float32] | None = None
    electrons_per_pixel: int | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        _check_axes("A yield stack", self.data, self.channels, self.plan)
        if self.data.dtype != np.float32:
            raise InputError(f"Yields must be float32, got {self.data.dtype}.")
        if self.standard_error is not None and self.standard_error.shape != self.data.shape:
            raise InputError(f"The standard error needs the shape of the yield {self.data.shape}, got {self.standard_error.shape}.")

    def __repr__(self) -> str:
        return f"YieldStack({_size(self.data)}; {', '.join(map(str, self.channels))}; {self.plan!r})"


@dataclass(frozen=True, slots=True, eq=False)
class ImageStack:
    """Recorded grey values with the truth that belongs to them, as far as it is known.

    Parameters
    ----------
    images : ndarray of uint8 or uint16, shape (channel, slice, y, x)
        Grey values.
    channels : tuple of Channel
        Energy and detector of each channel.
    plan : MillingPlan
        The faces.
    labels : ndarray of uint8, shape (slice, y, x), optional
        Phase of every pixel of every exposed face, on the undistorted plan; None for a measured stack.
    phases : tuple of Material
        What each label is made of; label 0 is the pore. Empty when there are no labels.
    depth_to_solid_nm : ndarray of float32, shape (slice, y, x), optional
        Distance straight down from the face to the first solid, 0 on solid, inf where there is none.
    displacement_nm : ndarray of float32, shape (channel, slice, 2), optional
        Drift ``(y, x)`` of each image against the labels.
    shine_through : ndarray of uint8, shape (channel, slice, y, x), optional
        Share of the signal that the material of the face alone would not give, 255 for all of it; 0 on solid.
    yields : ndarray of float32, shape (channel, slice, y, x), optional
        Expected yield per incident electron, before anything the microscope adds.
    provenance : Provenance
        How the stack was made.

    Raises
    ------
    InputError
        If shapes or dtypes disagree, or a label has no phase.
    """

    images: NDArray[np.uint8] | NDArray[np.uint16]
    channels: tuple[Channel, ...]
    plan: MillingPlan
    labels: NDArray[np.uint8] | None = None
    phases: tuple[Material, ...] = ()
    depth_to_solid_nm: NDArray[np.float32] | None = None
    displacement_nm: NDArray[np.float32] | None = None
    shine_through: NDArray[np.uint8] | None = None
    yields: NDArray[np.float32] | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        _check_axes("An image stack", self.images, self.channels, self.plan)
        if self.images.dtype not in (np.uint8, np.uint16):
            raise InputError(f"Images must be uint8 or uint16, got {self.images.dtype}.")
        for name in ("labels", "depth_to_solid_nm"):
            truth = getattr(self, name)
            if truth is not None and truth.shape != self.images.shape[1:]:
                raise InputError(f"{name} must have the shape of one channel {self.images.shape[1:]}, got {truth.shape}.")
        if self.labels is not None and (self.labels.dtype != np.uint8 or int(self.labels.max()) >= len(self.phases)):
            raise InputError(
                f"Labels must be uint8 below the number of phases ({len(self.phases)}), got {self.labels.dtype} up to {int(self.labels.max())}."
            )
        if self.displacement_nm is not None and self.displacement_nm.shape != (*self.images.shape[:2], 2):
            raise InputError(f"Displacements need shape (channel, slice, 2), got {self.displacement_nm.shape}.")
        for name in ("shine_through", "yields"):
            truth = getattr(self, name)
            if truth is not None and truth.shape != self.images.shape:
                raise InputError(f"{name} must have the shape of the images {self.images.shape}, got {truth.shape}.")

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Sizes ``(channel, slice, y, x)``."""
        c, s, y, x = self.images.shape
        return (c, s, y, x)

    def without_truth(self) -> ImageStack:
        """Return the stack as a microscope gives it: images, channels and faces."""
        return ImageStack(self.images, self.channels, self.plan, provenance=self.provenance)

    def channel_index(self, channel: Channel) -> int:
        """Return where `channel` is in this stack.

        Raises
        ------
        InputError
            If the stack has no such channel.
        """
        for index, own in enumerate(self.channels):
            if own.detector == channel.detector and math.isclose(own.energy_kev, channel.energy_kev, rel_tol=1e-3):
                return index
        have = ", ".join(map(str, self.channels))
        raise InputError(f"A channel at {channel} is required, the stack has {have}; simulate or record it at that energy.")

    def __repr__(self) -> str:
        truth = "with labels" if self.labels is not None else "without labels"
        return f"ImageStack({_size(self.images)} {self.images.dtype} {truth}; {', '.join(map(str, self.channels))}; {self.plan!r})"


def _size(array: NDArray[np.generic]) -> str:
    return " x ".join(map(str, array.shape)) + " (channel, slice, y, x)"


def _check_axes(what: str, array: NDArray[np.generic], channels: tuple[Channel, ...], plan: MillingPlan) -> None:
    if array.ndim != 4 or array.size == 0:
        raise InputError(f"{what} must have four axes (channel, slice, y, x) with at least one pixel, got shape {array.shape}.")
    if array.shape[0] != len(channels) or array.shape[1] != plan.n_slices:
        raise InputError(f"{what} of {len(channels)} channel(s) and {plan.n_slices} slice(s) cannot have shape {array.shape}.")

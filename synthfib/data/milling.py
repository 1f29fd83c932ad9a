"""Where the ion beam exposes faces."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, repeat

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling_faults import MillingFaults
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class MillingPlan:
    """The exposed faces of one slice-and-view run.

    Parameters
    ----------
    positions_nm : ndarray of float64, shape (slice,)
        Depth of each exposed face below the top of the volume, strictly increasing, in nm.
    pixel_size_nm : tuple of float
        Size of an image pixel ``(y, x)`` in nm.
    tilt_deg : float
        Angle between the electron beam and the normal of the face.
    measured_positions_nm : mapping of str to ndarray of float64, shape (slice,)
        What was asked for (``nominal``) and what the instrument believed, per measuring method, in nm.

    Raises
    ------
    InputError
        If positions are empty, negative, not finite or not strictly increasing, or sizes are not positive.
    """

    positions_nm: NDArray[np.float64]
    pixel_size_nm: tuple[float, float]
    tilt_deg: float = 0.0
    measured_positions_nm: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        positions = np.asarray(self.positions_nm, dtype=np.float64)
        object.__setattr__(self, "positions_nm", positions)
        if positions.ndim != 1 or positions.size == 0 or not np.isfinite(positions).all() or positions[0] < 0:
            raise InputError(f"Slice positions must be finite depths in nm >= 0, at least one, got {positions!r}.")
        if np.any(np.diff(positions) <= 0):
            raise InputError("Slice positions must increase strictly; sort them and drop doubles.")
        if len(self.pixel_size_nm) != 2 or not all(math.isfinite(s) and s > 0 for s in self.pixel_size_nm):
            raise InputError(f"A pixel size needs two positive lengths in nm (y, x), got {self.pixel_size_nm!r}.")
        if not (math.isfinite(self.tilt_deg) and 0 <= self.tilt_deg < 90):
            raise InputError(f"The tilt must be in [0, 90) degrees, got {self.tilt_deg!r}.")
        for method, measured in self.measured_positions_nm.items():
            if np.shape(measured) != positions.shape:
                raise InputError(f"Positions measured by {method!r} need one value per slice ({positions.size}), got shape {np.shape(measured)}.")

    @property
    def n_slices(self) -> int:
        """Number of exposed faces."""
        return int(self.positions_nm.size)

    @property
    def thickness_nm(self) -> NDArray[np.float64]:
        """Thickness of the slices between consecutive faces, shape ``(slice - 1,)``, in nm."""
        return np.diff(self.positions_nm)

    def voxel_index(self, voxel_size_z_nm: float) -> NDArray[np.intp]:
        """Index along z of the voxel that each face cuts; a face between two voxels belongs to the deeper one."""
        return np.floor(self.positions_nm / voxel_size_z_nm + 1e-9).astype(np.intp)

    def face_shape(self, extent_nm: tuple[float, float, float]) -> tuple[int, int]:
        """Return the number of whole pixels ``(y, x)`` on a face of a volume of this extent ``(z, y, x)``, at least one."""
        y, x = (max(1, math.floor(extent / pixel + 1e-6)) for extent, pixel in zip(extent_nm[1:], self.pixel_size_nm, strict=True))
        return (y, x)

    def pixel_index(
        self, voxel_size_nm: tuple[float, float, float], extent_nm: tuple[float, float, float]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return indices along y and x of the voxels below the centres of the pixels."""
        y, x = (
            np.floor((np.arange(count) + 0.5) * pixel / voxel).astype(np.intp)
            for count, pixel, voxel in zip(self.face_shape(extent_nm), self.pixel_size_nm, voxel_size_nm[1:], strict=True)
        )
        return (y, x)

    def crop(self, faces: slice) -> MillingPlan:
        """Return the plan of a run of consecutive faces."""
        measured = {method: values[faces] for method, values in self.measured_positions_nm.items()}
        return MillingPlan(self.positions_nm[faces], self.pixel_size_nm, self.tilt_deg, measured)

    def __repr__(self) -> str:
        last = f"{self.positions_nm[0]:.1f}-{self.positions_nm[-1]:.1f} nm"
        mean = f", mean thickness {self.thickness_nm.mean():.2f} nm" if self.n_slices > 1 else ""
        return f"MillingPlan({self.n_slices} faces at {last}{mean}, pixel {self.pixel_size_nm[0]:g} x {self.pixel_size_nm[1]:g} nm)"


@dataclass(frozen=True, slots=True)
class SliceThickness:
    """The law that slice thicknesses follow.

    Parameters
    ----------
    mean_nm : float
        Mean thickness in nm, above 0.
    std_nm : float
        Standard deviation in nm. 0 gives constant slices, anything else gamma-distributed ones with shape
        ``(mean/std)**2`` and scale ``std**2/mean``, the law of real runs (Sardhara 2024, article II).
    grid_nm : float, optional
        Round positions to multiples of this length (a voxel), at least one apart; by default positions are continuous.
    faults : MillingFaults, optional
        Drift of the mean thickness, missed and double cuts; none by default.
    measurement : PositionMeasurement, optional
        How positions are measured; plans then hold the measured ones beside the true ones.

    Raises
    ------
    InputError
        If `mean_nm` or `grid_nm` is not above 0, or `std_nm` is negative.
    """

    mean_nm: float
    std_nm: float = 0.0
    grid_nm: float | None = None
    faults: MillingFaults | None = None
    measurement: PositionMeasurement | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean_nm) and self.mean_nm > 0):
            raise InputError(f"The mean slice thickness must be above 0 nm, got {self.mean_nm!r}.")
        if not (math.isfinite(self.std_nm) and self.std_nm >= 0):
            raise InputError(f"The standard deviation of the slice thickness must be 0 nm or more, got {self.std_nm!r}.")
        if self.grid_nm is not None and not (math.isfinite(self.grid_nm) and self.grid_nm > 0):
            raise InputError(f"The grid of slice positions must be above 0 nm, got {self.grid_nm!r}.")

    def positions_nm(self, *, rng: np.random.Generator) -> Iterator[float]:
        """Yield face positions without end: 0 nm, then one slice thickness further each time."""
        position, emitted = 0.0, -math.inf
        cuts = self._cuts(rng)
        if self.faults is not None:
            cuts = self.faults.apply(cuts, self.mean_nm, rng=rng.spawn(1)[0])
        while True:
            face = position if self.grid_nm is None else round(position / self.grid_nm) * self.grid_nm
            if self.grid_nm is not None and face <= emitted:
                face = emitted + self.grid_nm
            yield face
            emitted = face
            position += next(cuts)

    def _cuts(self, rng: np.random.Generator) -> Iterator[float]:
        """Yield what single cuts remove."""
        if self.std_nm == 0:
            yield from repeat(self.mean_nm)
        shape, scale = (self.mean_nm / self.std_nm) ** 2, self.std_nm**2 / self.mean_nm
        while True:
            yield max(float(rng.gamma(shape, scale)), 1e-6)

    def plan(
        self,
        *,
        pixel_size_nm: tuple[float, float],
        rng: np.random.Generator | int,
        n_slices: int | None = None,
        depth_nm: float | None = None,
    ) -> MillingPlan:
        """Draw a milling plan with `n_slices` faces, or as many as lie above `depth_nm`.

        Raises
        ------
        InputError
            Unless exactly one of `n_slices` and `depth_nm` is given and positive.
        """
        if (n_slices is None) == (depth_nm is None) or (n_slices or depth_nm or 0) <= 0:
            raise InputError(f"Give either a positive n_slices or a positive depth_nm, got {n_slices!r} and {depth_nm!r}.")
        generator = np.random.default_rng(rng)
        faces = self.positions_nm(rng=generator)
        if n_slices is not None:
            positions = list(islice(faces, n_slices))
        else:
            positions = []
            for face in faces:
                if face >= (depth_nm or 0.0):
                    break
                positions.append(face)
        true = np.asarray(positions, np.float64)
        measured = self.measurement.measure(true, rng=generator) if self.measurement is not None else {}
        nominal = self.mean_nm * np.arange(true.size, dtype=np.float64)
        return MillingPlan(true, pixel_size_nm, measured_positions_nm={"nominal": nominal, **measured})

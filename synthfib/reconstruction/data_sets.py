"""The named reconstructions of article II: which positions, which grid, which interpolation.

T. Sardhara et al., Ultramicroscopy 256 (2024) 113878, doi 10.1016/j.ultramic.2023.113878, table 1: data sets of synthetic structures
(``-s``) go by the true positions of slices or by none, those of the real one (``-r``) by a measured series. Here every name takes
any series, so that what a measurement costs can be told where the truth is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError, UnknownNameError
from synthfib.reconstruction.grid import ChosenFaces, depths_in_planes, nominal_depths
from synthfib.reconstruction.interpolation import INTERPOLATORS, FaceImages, Faces, Interpolator, interpolate, whole_planes

#: Edge of a voxel, and what every slice is meant to be thick.
GRID_NM = 2.5
TARGET_NM = 10.0


@dataclass(frozen=True, slots=True)
class DataSet:
    """A way to turn faces into a volume.

    Parameters
    ----------
    name : str
        As in the tables.
    slice_grid_nm : float, optional
        Grid that slices are put on in nm; None leaves them where constant slices would be.
    method : str
        Name of the interpolation.
    positions : str
        Series that slices are put in place by: ``true``, ``ruler`` or ``automatic``.
    drops : bool
        Whether one slice is kept per plane and others are lost, see `one_slice_per_plane`.
    """

    name: str
    slice_grid_nm: float | None
    method: str
    positions: str = "true"
    drops: bool = False

    def measured_by(self, series: str) -> DataSet:
        """Return the same by a measured series."""
        return replace(self, name=f"{self.name.removesuffix('-s')} ({series})", positions=series)

    def depths(self, positions_nm: Mapping[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return depths in planes of 2.5 nm, and the numbers of the faces that lie there.

        Raises
        ------
        InputError
            If the series is not there, or cannot be depths in nm.
        """
        if self.slice_grid_nm is None:
            n_slices = next(iter(positions_nm.values())).size
            return nominal_depths(n_slices, TARGET_NM, GRID_NM), np.arange(n_slices)
        if self.positions not in positions_nm:
            raise InputError(f"{self.name} needs the positions {self.positions!r}, there are {', '.join(positions_nm) or 'none'}.")
        return depths_in_planes(positions_nm[self.positions], GRID_NM, slice_grid_nm=self.slice_grid_nm, drop=self.drops)

    def make(
        self,
        faces: Faces,
        positions_nm: Mapping[str, NDArray[np.float64]],
        *,
        method: Interpolator | None = None,
        images: FaceImages | None = None,
    ) -> tuple[NDArray[np.bool_], int]:
        """Return the volume and the number of its first plane.

        Parameters
        ----------
        faces : array or dataset, shape (face, y, x)
            What is not 0 is solid.
        positions_nm : mapping of str to ndarray of float64, shape (face,)
            Depths of the faces in nm by who says so.
        method : Interpolator, optional
            An interpolation that is ready; made from its name by default.
        images : FaceImages, optional
            Images of the faces, for a method that looks at them.

        Raises
        ------
        InputError
            If the faces or the positions cannot be used.
        """
        depths, chosen = self.depths(positions_nm)
        ready: Interpolator = INTERPOLATORS.load(self.method)() if method is None else method
        shown = None if images is None else images.fitting(faces.shape, chosen)
        return np.concatenate(list(interpolate(ChosenFaces(faces, chosen), depths, ready, images=shown))), whole_planes(depths)[0]


#: Table 1 of the publication, with true positions.
PUBLISHED: Mapping[str, DataSet] = {
    data_set.name: data_set
    for data_set in (
        DataSet("DNN-s", None, "nearest", "none"),
        # Published is a small deviation from run to run, 0.37 %: slices that collide on the coarse grid cannot have pushed each other away.
        DataSet("SRCS-s", TARGET_NM, "cubic-spline", drops=True),
        DataSet("RNN-s", GRID_NM, "nearest"),
        DataSet("RCS-s", GRID_NM, "cubic-spline"),
        DataSet("RML-s", GRID_NM, "inpainting"),
    )
}


def data_set(name: str) -> DataSet:
    """Return a data set by its name: ``RCS-s``, the same by a measured series as ``RCS (ruler)``, or ``<method>-s`` for other methods.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    stem, _, series = name.partition(" (")
    found = PUBLISHED.get(name if not series else f"{stem}-s")
    method = stem.removesuffix("-s")
    if found is None and method in INTERPOLATORS.targets:
        found = DataSet(f"{method}-s", GRID_NM, method)
    if found is None or (series and (not series.endswith(")") or found.slice_grid_nm is None)):
        raise UnknownNameError("data set", name, [*PUBLISHED, *(f"{method}-s" for method in INTERPOLATORS.names())])
    return found.measured_by(series[:-1]) if series else found

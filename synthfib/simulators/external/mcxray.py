"""MCXray, which follows electrons through boxes, spheres and cylinders, from one point of the beam at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.errors import EngineError
from synthfib.simulators.base import Capabilities
from synthfib.simulators.external import mcxray_files as files
from synthfib.simulators.external.cuboids import merged_cuboids
from synthfib.simulators.external.exit_records import Exits
from synthfib.simulators.external.faces import Face
from synthfib.simulators.external.processes import Command
from synthfib.simulators.external.recording import RecordingEngine

_NAME = "spot"
# What a box at a side of the block reaches to, as good as infinity.
_FAR_NM = 1e6
# Electrons that leave through the face do so at depth 0, up to rounding.
_AT_THE_FACE_NM = 1e-3


@dataclass(frozen=True, eq=False)
class Spot:
    """A face and a pixel of it, numbered row by row, that the beam is aimed at."""

    face: Face
    pixel: int

    @property
    def centre_nm(self) -> tuple[float, float]:
        """Centre of the pixel ``(y, x)``."""
        y, x = divmod(self.pixel, self.face.n_pixels[1])
        return ((y + 0.5) * self.face.pixel_size_nm[0], (x + 0.5) * self.face.pixel_size_nm[1])


@dataclass(frozen=True, kw_only=True)
class MCXray(RecordingEngine[Spot]):
    """Yields from MCXray: Browning's elastic scattering, Bethe's loss as modified by Joy and Luo.

    One run of the program per pixel, with the beam at its centre: for spot checks, not for images. Voxels of one phase are merged into
    boxes, vacuum is left out, and boxes at the sides and at the bottom of the volume go on outwards.

    Only the files have been tested, with the published reader and writer of them (pymcxray 0.1.4); MCXray itself is a closed program for
    Windows. It draws its own random numbers, so that the same seed does not give the same electrons.
    """

    title: ClassVar[str] = "MCXray"
    variable: ClassVar[str] = "SYNTHFIB_MCXRAY"
    capabilities: ClassVar[Capabilities] = Capabilities(
        energy_range_kev=(0.1, 30.0),
        stochastic=True,
        supports_resampling=True,
        returns_standard_error=True,
        references=("10.1063/1.357669", "10.1002/sca.4950110404"),
        reports_progress=True,
    )

    def usual_executable(self) -> str:
        """Return a name on the search path."""
        return "McXRay"

    def tasks(self, face: Face, rng: np.random.Generator) -> list[Spot]:
        """Return every pixel."""
        del rng
        return [Spot(face, pixel) for pixel in range(math.prod(face.n_pixels))]

    def write_input(self, task: Spot, folder: Path) -> list[Command]:
        """Write the six files of a simulation."""
        boxes, materials = boxes_of(task.face)
        y_nm, x_nm = task.centre_nm
        files.write_specimen(folder / f"{_NAME}.sam", boxes, materials)
        files.write_microscope(
            folder / f"{_NAME}.mic",
            energy_kev=task.face.energy_kev,
            x_nm=x_nm,
            y_nm=y_nm,
            tilt_deg=task.face.tilt_deg,
            beam_sigma_nm=self.beam_sigma_nm,
        )
        files.write_parameters(folder / f"{_NAME}.par", electrons=self.electrons_per_pixel)
        files.write_models(folder / f"{_NAME}.mdl")
        files.write_results_wanted(folder / f"{_NAME}.rp")
        simulation = files.write_simulation(folder, _NAME)
        return [Command((*self.command_line, simulation.name))]

    def read_output(self, task: Spot, folder: Path) -> Exits:
        """Return the electrons that left through the face.

        Raises
        ------
        EngineError
            If files are missing or damaged, electrons are, or the two files disagree on how many were backscattered.
        """
        followed, backscattered = files.read_counts(folder / f"{_NAME}_ElectronResults.dat")
        if followed != self.electrons_per_pixel:
            raise EngineError(f"MCXray was to follow {self.electrons_per_pixel} electrons, it followed {followed}")
        exits = files.read_exits(folder / f"{_NAME}_ElectronExitResults.csv")
        upwards = exits["z_nm"] <= _AT_THE_FACE_NM
        if np.count_nonzero(upwards) != backscattered:
            raise EngineError(
                f"MCXray counts {backscattered} backscattered electrons, its list has {np.count_nonzero(upwards)} that leave at the face"
            )
        energy_kev, theta_rad = exits["energy_kev"][upwards], exits["theta_rad"][upwards]
        return Exits(
            np.minimum(energy_kev / task.face.energy_kev, 1.0),
            # The angle to the normal, whichever way that points.
            np.degrees(np.minimum(theta_rad, np.pi - theta_rad)),
            task.pixel * self.electrons_per_pixel + np.arange(backscattered),
        )


def boxes_of(face: Face) -> tuple[NDArray[np.float64], list[Material]]:
    """Return the block below a face as boxes ``(lowest and highest x, y and z)`` in nm, and what each is made of.

    Vacuum has no boxes. Boxes at the sides and at the bottom reach far outwards.
    """
    codes = np.zeros(len(face.phases), np.int32)
    for label in face.labels_of_matter:
        codes[label] = label + 1
    cuboids = merged_cuboids(codes[face.labels])
    z_nm, y_nm, x_nm = (edges.copy() for edges in face.edges_nm)
    for edges in (y_nm, x_nm):
        edges[[0, -1]] = edges[0] - _FAR_NM, edges[-1] + _FAR_NM
    z_nm[-1] += _FAR_NM
    boxes = np.concatenate([x_nm[cuboids[:, 4:6]], y_nm[cuboids[:, 2:4]], z_nm[cuboids[:, 0:2]]], axis=1)
    return boxes, [face.phases[code - 1] for code in cuboids[:, 6]]

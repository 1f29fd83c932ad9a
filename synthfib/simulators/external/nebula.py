"""Nebula, which follows electrons and their secondaries through triangle meshes."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.errors import EngineError, MissingDependencyError
from synthfib.simulators.base import Capabilities
from synthfib.simulators.external.exit_records import Exits
from synthfib.simulators.external.faces import Face
from synthfib.simulators.external.nebula_files import (
    DETECTOR,
    ELECTRON,
    MIRROR,
    TERMINATOR,
    VACUUM,
    read_electrons,
    write_electrons,
    write_triangles,
)
from synthfib.simulators.external.processes import Command
from synthfib.simulators.external.recording import RecordingEngine
from synthfib.simulators.external.voxel_mesh import Mesh, voxel_mesh

MATERIALS_VARIABLE = "SYNTHFIB_NEBULA_MATERIALS"

# The detector lies this far above the face; electrons start halfway.
_GAP_NM = 2.0
# Electrons start at least this far inside the mirrors at the sides, in single precision.
_MARGIN_NM = 1e-3
# By convention, what leaves with less is a secondary electron.
_LOWEST_EV = 50.0


@dataclass(frozen=True, eq=False)
class Exposure:
    """A face and the electrons that fall on it, as records of `nebula_files.ELECTRON`."""

    face: Face
    electrons: NDArray[np.void]
    seed: int


@dataclass(frozen=True, kw_only=True)
class Nebula(RecordingEngine[Exposure]):
    """Yields from Nebula: Mott scattering, dielectric losses, secondary electrons, refraction at every boundary.

    Faces between voxels of different phases become a triangle mesh in a box with mirrors at its sides, a detector above the face and a
    terminator below. Electrons land anywhere in their pixel; each takes 36 bytes in memory and on disk. A primary counts as backscattered
    if any electron of at least 50 eV leaves for it and is accepted; detectors are applied afterwards. Single precision; on more than one
    thread the same seed does not give the same electrons.

    W. Kieft, E. Bosch, J. Phys. D 41 (2008) 215310, doi 10.1088/0022-3727/41/21/215310.

    Parameters
    ----------
    materials : mapping of str to pathlib.Path, optional
        Material file of each phase, made by cstool. By default ``<name of the phase>.mat`` in the folder that the environment variable
        SYNTHFIB_NEBULA_MATERIALS names.
    """

    materials: Mapping[str, Path] = field(default_factory=dict)

    title: ClassVar[str] = "Nebula"
    variable: ClassVar[str] = "SYNTHFIB_NEBULA"
    capabilities: ClassVar[Capabilities] = Capabilities(
        energy_range_kev=(0.1, 30.0),
        stochastic=True,
        supports_tilt=True,
        supports_resampling=True,
        returns_standard_error=True,
        references=("10.1088/0022-3727/41/21/215310",),
        reports_progress=True,
    )

    def usual_executable(self) -> str:
        """Return a name on the search path."""
        return "nebula_cpu_mt"

    def tasks(self, face: Face, rng: np.random.Generator) -> list[Exposure]:
        """Return one exposure with the electrons of all pixels."""
        return [Exposure(face, primary_electrons(face, self.electrons_per_pixel, self.beam_sigma_nm, rng), int(rng.integers(2**32)))]

    def write_input(self, task: Exposure, folder: Path) -> list[Command]:
        """Write the mesh and the electrons; the detected electrons go to a file."""
        write_triangles(folder / "geometry.tri", boxed_mesh(task.face))
        write_electrons(folder / "primaries.pri", task.electrons)
        files = [str(self.material_file(task.face.phases[label])) for label in task.face.labels_of_matter]
        options = ("--energy-threshold", f"{_LOWEST_EV:g}", "--seed", str(task.seed))
        return [Command((*self.command_line, *options, "geometry.tri", "primaries.pri", *files), stdout="detected.bin")]

    def compute(self, task: Exposure) -> Exits:
        """Write the input of `task`, run Nebula, and read the detected electrons.

        Raises
        ------
        MissingDependencyError
            If Nebula or the material file of a phase is not there.
        EngineError
            If Nebula fails or leaves something unreadable.
        """
        for label in task.face.labels_of_matter:
            path = self.material_file(task.face.phases[label])
            if not path.is_file():
                raise MissingDependencyError(
                    f"Nebula needs a material file for {task.face.phases[label].name!r}, there is none at {str(path)!r}; make it with cstool and "
                    f"give Nebula(materials=...) or the environment variable {MATERIALS_VARIABLE} its place."
                )
        return super().compute(task)

    def material_file(self, phase: Material) -> Path:
        """Return where the material file of a phase is or should be."""
        given = self.materials.get(phase.name)
        return Path(given or Path(os.environ.get(MATERIALS_VARIABLE, "")) / f"{phase.name}.mat").resolve()

    def read_output(self, task: Exposure, folder: Path) -> Exits:
        """Return the electrons of at least 50 eV.

        Raises
        ------
        EngineError
            If the output cannot be electrons of `task`.
        """
        found = read_electrons(folder / "detected.bin")
        n_pixels = math.prod(task.face.n_pixels)
        own = (found["pixel"] >= 0) & (found["pixel"] < n_pixels) & (found["electron"] >= 0) & (found["electron"] < self.electrons_per_pixel)
        possible = own & (found["energy_ev"] <= task.face.energy_kev * 1001) & (found["uz"] < 0)
        if not possible.all():
            raise EngineError(
                "Nebula's result must be electrons that leave upwards with no more than their landing energy, "
                f"{np.count_nonzero(~possible)} of {found.size} are not"
            )
        found = found[found["energy_ev"] >= _LOWEST_EV]
        ux, uy, uz, energy_ev = (found[name].astype(np.float64) for name in ("ux", "uy", "uz", "energy_ev"))
        return Exits(
            np.minimum(energy_ev / (1e3 * task.face.energy_kev), 1.0),
            np.degrees(np.arctan2(np.hypot(ux, uy), -uz)),
            found["pixel"].astype(np.intp) * self.electrons_per_pixel + found["electron"],
        )


def boxed_mesh(face: Face) -> Mesh:
    """Return the mesh of a face in its box, z growing into the sample from 0 at the face.

    Mirrors at the sides, a terminator below, a thin layer of vacuum above the face and a detector on top of that.
    """
    numbers = np.full(len(face.phases), VACUUM, np.int32)
    for number, label in enumerate(face.labels_of_matter):
        numbers[label] = number
    box = np.pad(numbers[face.labels], ((1, 0), (0, 0), (0, 0)), constant_values=VACUUM)
    box = np.pad(box, ((0, 0), (1, 1), (1, 1)), constant_values=MIRROR)
    box = np.pad(box, ((1, 0), (0, 0), (0, 0)), constant_values=DETECTOR)
    box = np.pad(box, ((0, 1), (0, 0), (0, 0)), constant_values=TERMINATOR)
    z_nm, y_nm, x_nm = face.edges_nm
    above = np.array([-_GAP_NM, -_GAP_NM])
    edges = (np.concatenate([above, z_nm, z_nm[-1:]]), np.pad(y_nm, 1, mode="edge"), np.pad(x_nm, 1, mode="edge"))
    return voxel_mesh(box, edges, outside=(MIRROR, DETECTOR, TERMINATOR))


def primary_electrons(face: Face, electrons_per_pixel: int, beam_sigma_nm: float, rng: np.random.Generator) -> NDArray[np.void]:
    """Return the electrons that fall on a face, pixel by pixel, as records of `nebula_files.ELECTRON`.

    They land anywhere in their pixel, displaced by the beam's profile; what the sides of the box cut off comes in as its mirror image.
    """
    n_y, n_x = face.n_pixels
    pixel, number = np.divmod(np.arange(n_y * n_x * electrons_per_pixel), electrons_per_pixel)
    tilt = math.radians(face.tilt_deg)
    above_nm = _GAP_NM / 2
    electrons = np.zeros(pixel.size, ELECTRON)
    electrons["pixel"], electrons["electron"] = pixel, number
    electrons["energy_ev"] = face.energy_kev * 1e3
    electrons["z_nm"], electrons["uz"] = -above_nm, math.cos(tilt)
    rows_and_columns = np.divmod(pixel, n_x)
    drifts_nm, slopes = (above_nm * math.tan(tilt), 0.0), (math.sin(tilt), 0.0)
    for axis, index, size, extent, drift, slope in zip(
        "yx", rows_and_columns, face.pixel_size_nm, face.extent_nm[1:], drifts_nm, slopes, strict=True
    ):
        start = (index + rng.random(pixel.size)) * size + beam_sigma_nm * rng.standard_normal(pixel.size) - drift
        turns = np.floor(start / extent)
        folded = np.where(turns % 2 == 0, start - turns * extent, (turns + 1) * extent - start)
        electrons[f"{axis}_nm"] = np.clip(folded, _MARGIN_NM, extent - _MARGIN_NM)
        electrons[f"u{axis}"] = np.where(turns % 2 == 0, slope, -slope)
    return electrons

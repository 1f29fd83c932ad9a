"""PENEPMA, the electron-probe program of PENELOPE, for flat samples."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from synthfib.errors import EngineError, InputError, MissingDependencyError, UnsupportedError
from synthfib.simulators.base import Capabilities
from synthfib.simulators.external import penepma_files as files
from synthfib.simulators.external.base import ExternalEngine, Images
from synthfib.simulators.external.faces import Face
from synthfib.simulators.external.layered_sample import LayeredSample
from synthfib.simulators.external.penepma_files import LayerYield
from synthfib.simulators.external.processes import Command, is_there
from synthfib.simulators.monte_carlo.layers import Layer

_MOST_MATERIALS = 10


@dataclass(frozen=True, eq=False)
class Bombardment:
    """A flat sample, a beam, and two numbers to start random numbers with."""

    sample: LayeredSample
    energy_kev: float
    tilt_deg: float
    seeds: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Penepma(ExternalEngine[Bombardment, LayerYield]):
    """Yields of flat samples from PENEPMA, every collision one by one down to 50 eV.

    A reference for layers, not an imager: every layer of voxels must be of one phase. Energy losses straggle, and secondary electrons
    are followed, unlike in the embedded Monte Carlo simulator. No joint record of energy and angle comes out, so there is one detector
    that sees everything. PENELOPE calls itself only semi-quantitative below 1 keV. On Linux.

    X. Llovet, F. Salvat, Microsc. Microanal. 23 (2017) 634, doi 10.1017/S1431927617000526.

    Parameters
    ----------
    showers : int
        Incident electrons per face and energy.
    secondaries : bool
        Whether secondary electrons above 50 eV count. With them, continuous slowing down without secondaries agrees best.
    data_folder : pathlib.Path, optional
        PENELOPE's folder ``pendbase``. By default ``../pendbase`` beside that of the program.

    Raises
    ------
    InputError
        If no electron is asked for.
    """

    showers: int = 20_000
    secondaries: bool = True
    data_folder: Path | None = None

    title: ClassVar[str] = "PENEPMA"
    variable: ClassVar[str] = "SYNTHFIB_PENEPMA"
    capabilities: ClassVar[Capabilities] = Capabilities(
        energy_range_kev=(0.2, 30.0),
        stochastic=True,
        supports_tilt=True,
        supports_resampling=True,
        returns_standard_error=True,
        references=("10.1017/S1431927617000526",),
        reports_progress=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.showers <= 10**9:
            raise InputError(f"The number of showers must be between 1 and 1e9, got {self.showers!r}.")

    def usual_executable(self) -> str:
        """Return the program in the package pymontecarlo-penepma if that is installed, else a name on the search path."""
        return str(_packaged_program() or "penepma")

    def settings(self) -> dict[str, Any]:
        """Return the number of electrons and whether secondaries count."""
        return {"showers": self.showers, "secondaries": self.secondaries}

    def bombard(self, layers: Sequence[Layer], energy_kev: float, *, tilt_deg: float = 0.0, rng: np.random.Generator | int) -> LayerYield:
        """Return what leaves a flat sample.

        Parameters
        ----------
        layers : sequence of (Material, float)
            Materials and thicknesses in nm from the surface down, the last may be infinite.
        energy_kev : float
            Landing energy.
        tilt_deg : float
            Angle between the beam and the normal of the surface.
        rng : numpy.random.Generator or int
            Seed; the same seed gives the same result.

        Raises
        ------
        InputError
            If a layer cannot be or there is nothing but vacuum.
        UnsupportedError
            If there are more than ten materials.
        MissingDependencyError
            If PENEPMA or its data are not there.
        EngineError
            If PENEPMA fails or leaves something unreadable.
        """
        return self.compute(Bombardment(LayeredSample(tuple(layers)), energy_kev, tilt_deg, _seeds(np.random.default_rng(rng))))

    def tasks(self, face: Face, rng: np.random.Generator) -> list[Bombardment]:
        """Return the layers below a face.

        Raises
        ------
        UnsupportedError
            If a layer has more than one phase.
        """
        first = face.labels[:, :1, :1]
        if (face.labels != first).any():
            layer = int(np.flatnonzero((face.labels != first).any(axis=(1, 2)))[0])
            depth_nm = float(face.edges_nm[0][layer])
            raise UnsupportedError(
                f"PENEPMA needs layers of one phase each, the one {depth_nm:g} nm below the face has several; take another simulator."
            )
        sample = LayeredSample.of([face.phases[label] for label in first.ravel()], face.edges_nm[0])
        return [Bombardment(sample, face.energy_kev, face.tilt_deg, _seeds(rng))]

    def write_input(self, task: Bombardment, folder: Path) -> list[Command]:
        """Write materials, geometry and simulation; materials come first in the commands.

        Raises
        ------
        InputError
            If there is nothing but vacuum.
        UnsupportedError
            If there are more than ten materials.
        """
        materials = dict.fromkeys(material for material, _ in task.sample.layers if not material.is_vacuum)
        if not materials:
            raise InputError("PENEPMA needs a layer that is not vacuum, got none.")
        if len(materials) > _MOST_MATERIALS:
            raise UnsupportedError(f"PENEPMA takes {_MOST_MATERIALS} materials at most, got {len(materials)}; take another simulator.")
        (folder / "pdfiles").symlink_to(self._data_files(), target_is_directory=True)
        commands = []
        names = [f"material{number}.mat" for number in range(1, len(materials) + 1)]
        for name, material in zip(names, materials, strict=True):
            request = f"{Path(name).stem}.in"
            files.write_material_request(folder / request, material, name)
            commands.append(Command((*self.command_line[:-1], str(self._material_program())), stdin=request, stdout=f"{request}.out"))
        numbers = {material: number for number, material in enumerate(materials, start=1)}
        thicknesses_nm = files.write_geometry(folder / "sample.geo", task.sample, numbers)
        files.write_simulation(
            folder / "simulation.in",
            geometry="sample.geo",
            material_files=names,
            thicknesses_nm=thicknesses_nm,
            energy_kev=task.energy_kev,
            tilt_deg=task.tilt_deg,
            showers=self.showers,
            seeds=task.seeds,
        )
        return [*commands, Command(self.command_line, stdin="simulation.in")]

    def check(self) -> None:
        """Check that PENEPMA, its program ``material`` and its data are there.

        Raises
        ------
        MissingDependencyError
            If one is not.
        """
        super().check()
        for what, path, there in (
            ("program 'material'", self._material_program(), is_there(str(self._material_program()))),
            ("data folder 'pdfiles'", self._data_files(), self._data_files().is_dir()),
        ):
            if not there:
                raise MissingDependencyError(
                    f"PENEPMA needs its {what}, which is not at {str(path)!r}; install all of it, for example with "
                    f"pip install 'synthfib[benchmark]', or give Penepma(executable=..., data_folder=...)."
                )

    def read_output(self, task: Bombardment, folder: Path) -> LayerYield:
        """Return what left the sample.

        Raises
        ------
        EngineError
            If the result is missing, damaged or not finished.
        """
        del task
        found = files.read_results(folder / "penepma-res.dat")
        if found.showers < self.showers:
            raise EngineError(f"PENEPMA was to follow {self.showers} electrons, it followed {found.showers}")
        return found

    def images(self, face: Face, results: Sequence[LayerYield]) -> Images:
        """Return one value for all pixels."""
        (found,) = results
        pair = (found.electrons, found.electrons_error) if self.secondaries else (found.primaries, found.primaries_error)
        mean, error = (np.full((1, *face.n_pixels), value) for value in pair)
        return mean, error

    def _program_folder(self) -> Path:
        program = self.command_line[-1]
        return Path(shutil.which(program) or program).resolve().parent

    def _material_program(self) -> Path:
        return self._program_folder() / f"material{'.exe' if self.command_line[-1].endswith('.exe') else ''}"

    def _data_files(self) -> Path:
        return Path(self.data_folder or self._program_folder().parent / "pendbase").resolve() / "pdfiles"


def _packaged_program() -> Path | None:
    """Return the program that the package pymontecarlo-penepma carries, without importing it."""
    spec = find_spec("pymontecarlo_penepma")
    if spec is None or not spec.submodule_search_locations:
        return None
    program = Path(spec.submodule_search_locations[0]) / "penepma" / f"bin_{sys.platform}" / "penepma"
    return program if program.is_file() else None


def _seeds(rng: np.random.Generator) -> tuple[int, int]:
    """Return two numbers that PENELOPE's generator can start with."""
    first, second = rng.integers(1, 2_000_000_000, 2)
    return int(first), int(second)

"""An external engine: files in, a program, files out."""

from __future__ import annotations

import os
import shlex
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import Provenance
from synthfib.data.stack import Channel, YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import EngineError, InputError, MissingDependencyError
from synthfib.simulators.base import Capabilities, OnProgress
from synthfib.simulators.external.faces import Face, face_of
from synthfib.simulators.external.processes import Command, is_there, run, split_command_line
from synthfib.simulators.monte_carlo.detectors import BSE, Detector

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Mean yield and its standard error, float64 ``(detector, y, x)`` each.
Images = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class ExternalEngine(ABC, Generic[Task, Result]):
    """A simulator whose electrons are followed by another program.

    A concrete engine says what it must run for a face (`tasks`), writes the input of a task (`write_input`), reads what the program
    left (`read_output`), and makes images of it (`images`). Each task runs in an empty folder of its own, which is deleted afterwards.

    Parameters
    ----------
    executable : str, optional
        The program: a path, a name on the search path, or a command line such as ``"wine engine.exe"``. By default what the environment
        variable of the engine says, else its usual name.
    timeout_s : float
        Longest time for one run of the program.
    keep_files_in : pathlib.Path, optional
        Folder to keep the files of every run in, whether it succeeds or not.

    Raises
    ------
    InputError
        If the time limit is not above 0 or the folder does not exist.
    """

    executable: str | None = None
    timeout_s: float = 3600.0
    keep_files_in: Path | None = None

    title: ClassVar[str]
    variable: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def __post_init__(self) -> None:
        if not self.timeout_s > 0:
            raise InputError(f"The time limit must be above 0 s, got {self.timeout_s!r}.")
        if self.keep_files_in is not None and not Path(self.keep_files_in).is_dir():
            raise InputError(f"The folder to keep files in must exist, {str(self.keep_files_in)!r} does not; create it first.")

    @abstractmethod
    def tasks(self, face: Face, rng: np.random.Generator) -> Sequence[Task]:
        """Return what to run for one face."""

    @abstractmethod
    def write_input(self, task: Task, folder: Path) -> list[Command]:
        """Write the input files of `task` into `folder` and return the commands to run there, in order."""

    @abstractmethod
    def read_output(self, task: Task, folder: Path) -> Result:
        """Read what the program left in `folder`.

        Raises
        ------
        EngineError
            If a file is missing or holds something else.
        """

    @abstractmethod
    def images(self, face: Face, results: Sequence[Result]) -> Images:
        """Return the images of a face, given the results of its tasks."""

    @abstractmethod
    def usual_executable(self) -> str:
        """Return what the program is called where nobody says otherwise."""

    @property
    def seen_by(self) -> tuple[Detector, ...]:
        """The detectors, one image each."""
        return (BSE,)

    @property
    def command_line(self) -> tuple[str, ...]:
        """Program and first arguments, as the parameter, the environment or the habit says."""
        return split_command_line(self.executable or os.environ.get(self.variable) or self.usual_executable())

    def check(self) -> None:
        """Check that all is there that a run needs.

        Raises
        ------
        MissingDependencyError
            If the program is not there.
        """
        program = self.command_line[0]
        if not is_there(program):
            raise MissingDependencyError(
                f"{self.title} needs its program {program!r}, which is not there; install it and give {type(self).__name__}(executable=...) "
                f"or the environment variable {self.variable} its path."
            )

    def run(self, commands: Sequence[Command], folder: Path) -> None:
        """Run `commands` one after the other in `folder`.

        Raises
        ------
        EngineError
            If one fails.
        """
        for command in commands:
            run(command, folder, timeout_s=self.timeout_s)

    def compute(self, task: Task) -> Result:
        """Write the input of `task`, run the program, and read its output.

        Raises
        ------
        MissingDependencyError
            If the program is not there.
        EngineError
            If the program fails or leaves something unreadable.
        """
        self.check()
        with self._folder() as folder:
            try:
                self.run(self.write_input(task, folder), folder)
                return self.read_output(task, folder)
            except EngineError as error:
                kept = f"its files are in {str(folder)!r}" if self.keep_files_in else "give keep_files_in=... to look at its files"
                raise EngineError(f"{error}; {kept}.") from error

    def dry_run(
        self, volume: LabelVolume, plan: MillingPlan, /, *, energies_kev: Sequence[float], rng: np.random.Generator | int, folder: Path
    ) -> list[str]:
        """Write all inputs into subfolders of `folder`, print the commands, run nothing; the program need not be there.

        Returns
        -------
        list of str
            The printed lines.

        Raises
        ------
        InputError
            If `folder` holds something already.
        """
        if Path(folder).exists() and (not Path(folder).is_dir() or any(Path(folder).iterdir())):
            raise InputError(f"A dry run needs a new or empty folder, {str(folder)!r} is not; name another one.")
        lines: list[str] = []
        for face, own_rng in self._faces(volume, plan, energies_kev, _seed_of(rng)):
            for task in self.tasks(face, own_rng) if face.labels_of_matter else ():
                place = Path(folder) / f"{len(lines):05d}"
                place.mkdir(parents=True)
                commands = " && ".join(command.shell_line for command in self.write_input(task, place))
                lines.append(f"(cd {shlex.quote(str(place))} && {commands})")
                print(lines[-1])
        return lines

    def simulate(
        self,
        volume: LabelVolume,
        plan: MillingPlan,
        /,
        *,
        energies_kev: Sequence[float],
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> YieldStack:
        """Return the yield of every face, with its standard error; channels run over energies, then detectors.

        Raises
        ------
        MissingDependencyError
            If the program is not there.
        EngineError
            If the program fails or leaves something unreadable.
        """
        self.check()
        seed = _seed_of(rng)
        n_faces = len(energies_kev) * plan.n_slices
        shape = (len(energies_kev), plan.n_slices, len(self.seen_by), *plan.face_shape(volume.extent_nm))
        mean, error = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for done, (face, own_rng) in enumerate(self._faces(volume, plan, energies_kev, seed)):
            at = divmod(done, plan.n_slices)
            if face.labels_of_matter:
                mean[at], error[at] = self.images(face, [self.compute(task) for task in self.tasks(face, own_rng)])
            if on_progress:
                on_progress((done + 1) / n_faces, f"{face.energy_kev:g} keV")
        data, standard_error = (np.ascontiguousarray(np.moveaxis(each, 2, 1)).reshape(-1, plan.n_slices, *shape[3:]) for each in (mean, error))
        channels = tuple(Channel(float(energy_kev), detector.name) for energy_kev in energies_kev for detector in self.seen_by)
        parameters = {**self.settings(), "energies_kev": [float(energy_kev) for energy_kev in energies_kev]}
        provenance = Provenance(volume.provenance.steps).then(self.title.lower(), parameters, seed)
        return YieldStack(data, channels, plan, standard_error, self.electrons_followed, provenance)

    @property
    def electrons_followed(self) -> int | None:
        """Electrons followed for each pixel, if yields are counts of them."""
        return None

    def settings(self) -> dict[str, Any]:
        """Return what the result depends on, for its provenance."""
        return {}

    def _faces(self, volume: LabelVolume, plan: MillingPlan, energies_kev: Sequence[float], seed: int) -> Iterator[tuple[Face, np.random.Generator]]:
        """Yield every face at every energy, each with random numbers of its own."""
        for energy_kev in energies_kev:
            for index in range(plan.n_slices):
                yield face_of(volume, plan, index, float(energy_kev)), np.random.default_rng([seed, round(energy_kev * 1e6), index])

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """Yield an empty folder for one run, deleted afterwards unless files are to be kept."""
        prefix = f"{self.title.lower()}-"
        if self.keep_files_in is not None:
            yield Path(tempfile.mkdtemp(prefix=prefix, dir=self.keep_files_in)).resolve()
        else:
            with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
                yield Path(folder)


def _seed_of(rng: np.random.Generator | int) -> int:
    return rng if isinstance(rng, int) else int(rng.integers(2**63))

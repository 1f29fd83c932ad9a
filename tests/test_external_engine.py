"""The run loop: folders, time limits, interrupts, and what is said when a program fails."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.errors import EngineError, InputError, MissingDependencyError
from synthfib.physics.materials import material
from synthfib.simulators.base import Capabilities
from synthfib.simulators.external.base import ExternalEngine, Images
from synthfib.simulators.external.faces import Face
from synthfib.simulators.external.processes import Command, split_command_line
from synthfib.simulators.registry import SIMULATORS

posix = pytest.mark.skipif(os.name != "posix", reason="needs process groups")


@dataclass(frozen=True, kw_only=True)
class Script(ExternalEngine[str, str]):
    """An engine whose task is a Python script, and whose result is what that writes into result.txt."""

    title: ClassVar[str] = "Script"
    variable: ClassVar[str] = "SYNTHFIB_SCRIPT"
    capabilities: ClassVar[Capabilities] = Capabilities(energy_range_kev=(0.1, 30.0))

    def usual_executable(self) -> str:
        return sys.executable

    def tasks(self, face: Face, rng: np.random.Generator) -> list[str]:
        return [f"open('result.txt', 'w').write('{face.energy_kev + rng.integers(1)}')"]

    def write_input(self, task: str, folder: Path) -> list[Command]:
        (folder / "task.py").write_text(task)
        return [Command((*self.command_line, "task.py"))]

    def read_output(self, task: str, folder: Path) -> str:
        if not (folder / "result.txt").is_file():
            raise EngineError("the script's result is missing")
        return (folder / "result.txt").read_text()

    def images(self, face: Face, results: Sequence[str]) -> Images:
        return np.full((1, *face.n_pixels), float(results[0]) / 10), np.zeros((1, *face.n_pixels))


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of temporary folders, to look whether any stays."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_task_comes_back_and_its_folder_is_gone(scratch: Path) -> None:
    assert Script().compute("open('result.txt', 'w').write('0.4')") == "0.4"
    assert not list(scratch.iterdir())


def test_every_task_has_an_empty_folder(scratch: Path) -> None:
    listing = "import os; found = ' '.join(sorted(os.listdir())); open('result.txt', 'w').write(found)"
    engine = Script()
    assert engine.compute(listing) == engine.compute(listing) == "stderr.txt stdout.txt task.py"


def test_files_are_kept_on_request(scratch: Path, tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    Script(keep_files_in=keep).compute("print('hello'); open('result.txt', 'w').write('')")
    (folder,) = keep.iterdir()
    assert (folder / "stdout.txt").read_text().strip() == "hello"
    assert not list(scratch.iterdir())


def test_a_failure_is_one_sentence_with_the_last_words(scratch: Path) -> None:
    with pytest.raises(EngineError) as caught:
        Script().compute("import sys; print('x' * 1000, file=sys.stderr); sys.exit('no such\\nmaterial: unobtainium.')")
    message = str(caught.value)
    assert "ended with exit status 1 after " in message
    assert message.endswith("no such material: unobtainium; give keep_files_in=... to look at its files.")
    assert "\n" not in message
    assert len(message) < 500
    assert not list(scratch.iterdir())


def test_a_failure_names_the_kept_files(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="its files are in") as caught:
        Script(keep_files_in=tmp_path).compute("raise SystemExit(3)")
    (folder,) = tmp_path.iterdir()
    assert str(folder) in str(caught.value)
    assert "exit status 3" in str(caught.value)
    assert "without a word" in str(caught.value)


def test_words_on_standard_output_count_too_unless_they_are_data(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="having said: STOP 7;"):
        Script().compute("print('STOP 7'); raise SystemExit(7)")
    with pytest.raises(EngineError, match="without a word"):
        Script().compute("import sys; sys.stdout.buffer.write(bytes(100)); raise SystemExit(7)")


def test_a_missing_result_is_one_sentence(scratch: Path) -> None:
    with pytest.raises(EngineError, match=r"the script's result is missing; give keep_files_in=\.\.\. to look at its files\."):
        Script().compute("pass")
    assert not list(scratch.iterdir())


@posix
def test_a_signal_is_named() -> None:
    with pytest.raises(EngineError, match="was ended by signal 9"):
        Script().compute("import os; os.kill(os.getpid(), 9)")


def test_a_program_that_is_not_there_is_one_sentence(scratch: Path) -> None:
    with pytest.raises(MissingDependencyError) as caught:
        Script(executable="no-such-engine").compute("pass")
    assert str(caught.value) == (
        "Script needs its program 'no-such-engine', which is not there; install it and give Script(executable=...) "
        "or the environment variable SYNTHFIB_SCRIPT its path."
    )
    assert not list(scratch.iterdir())


def test_a_program_that_cannot_run_is_one_sentence(tmp_path: Path) -> None:
    program = tmp_path / "engine"
    program.write_bytes(b"\x7fELF not really")
    program.chmod(0o755)
    with pytest.raises((EngineError, MissingDependencyError), match=r"cannot be started|is not there"):
        Script(executable=str(program)).compute("pass")


def test_the_environment_names_the_program_and_the_parameter_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHFIB_SCRIPT", "wine 'my engine.exe'")
    assert Script().command_line == ("wine", "my engine.exe")
    assert Script(executable=sys.executable).command_line == (sys.executable,)


def test_a_path_may_have_blanks_and_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my engine"
    program.write_text("")
    assert split_command_line(str(program)) == (str(program),)
    monkeypatch.chdir(tmp_path)
    assert split_command_line("wine './my engine'") == ("wine", str(program))


@posix
def test_a_time_limit_ends_the_program_and_its_children(scratch: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(EngineError, match=r"was stopped after 1 s, its time limit, having said: started"):
        Script(timeout_s=1).compute(forking(tmp_path / "pids"))
    assert time.monotonic() - started < 20
    assert_gone(tmp_path / "pids")
    assert not list(scratch.iterdir())


@posix
def test_an_interrupt_ends_the_program_and_its_children(tmp_path: Path) -> None:
    program = tmp_path / "caller.py"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    program.write_text(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from test_external_engine import Script\nScript().compute({forking(tmp_path / 'pids')!r})\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(scratch)}) as caller:
        deadline = time.monotonic() + 60
        while not (tmp_path / "pids").is_file() and time.monotonic() < deadline:
            time.sleep(0.05)
        caller.send_signal(signal.SIGINT)
        _, said = caller.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert_gone(tmp_path / "pids")
    assert not list(scratch.iterdir())


def forking(pids: Path) -> str:
    """A script that starts a child, writes down both process numbers, and sleeps."""
    return (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(100)'])\n"
        "print('started', file=sys.stderr, flush=True)\n"
        f"open({str(pids) + '.part'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.replace({str(pids) + '.part'!r}, {str(pids)!r})\n"
        "time.sleep(100)\n"
    )


def assert_gone(pids: Path) -> None:
    """Both processes are dead or waiting to be collected by the system."""
    for pid in map(int, pids.read_text().split()):
        deadline = time.monotonic() + 10
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")  # a dead process stays listed until somebody collects it
    return not (stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def two_faces() -> tuple[LabelVolume, MillingPlan]:
    labels = np.zeros((6, 3, 4), np.uint8)
    labels[:2] = 1
    return LabelVolume(labels, (5.0, 5.0, 5.0), (material("vacuum"), material("gold"))), MillingPlan(np.array([0.0, 20.0]), (5.0, 5.0))


def test_images_have_the_axes_of_every_simulator() -> None:
    volume, plan = two_faces()
    told: list[float] = []
    stack = Script().simulate(volume, plan, energies_kev=[1.0, 4.0], rng=3, on_progress=lambda share, _: told.append(share))
    assert stack.data.shape == (2, 2, 3, 4)
    assert stack.data.dtype == np.float32
    np.testing.assert_allclose(stack.data[:, 0], np.full((2, 3, 4), [[[0.1]], [[0.4]]]), rtol=1e-6)
    assert [str(channel) for channel in stack.channels] == ["1 keV bse", "4 keV bse"]
    assert stack.provenance.steps[-1].name == "script"
    assert stack.provenance.steps[-1].seed == 3
    assert told == [0.25, 0.5, 0.75, 1]


def test_a_block_of_vacuum_needs_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = LabelVolume(np.zeros((4, 3, 3), np.uint8), (5.0, 5.0, 5.0), (material("vacuum"),))
    monkeypatch.setattr(Script, "compute", None)
    assert not Script().simulate(volume, MillingPlan(np.zeros(1), (5.0, 5.0)), energies_kev=[1.0], rng=0).data.any()


def test_a_dry_run_writes_all_and_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    volume, plan = two_faces()
    lines = Script(executable="no-such-engine").dry_run(volume, plan, energies_kev=[1.0, 2.0], rng=0, folder=tmp_path / "dry")
    assert capsys.readouterr().out.splitlines() == lines
    assert len(lines) == 4
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [f"dry/{i:05d}/task.py" for i in range(4)]
    assert lines[0] == f"(cd {shlex.quote(str(tmp_path / 'dry' / '00000'))} && no-such-engine task.py > stdout.txt)"


def test_a_printed_command_runs_in_a_shell(tmp_path: Path) -> None:
    volume, plan = two_faces()
    folder = tmp_path / "with blanks"
    for line in Script().dry_run(volume, plan, energies_kev=[2.0], rng=0, folder=folder):
        subprocess.run(line, shell=True, check=True)
    assert (folder / "00000" / "result.txt").read_text() == "2.0"


def test_a_dry_run_overwrites_nothing(tmp_path: Path) -> None:
    volume, plan = two_faces()
    (tmp_path / "mine").write_text("")
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(InputError, match="needs a new or empty folder"):
            Script().dry_run(volume, plan, energies_kev=[2.0], rng=0, folder=folder)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(("options", "words"), [({"timeout_s": 0}, "above 0 s"), ({"keep_files_in": Path("nowhere")}, "create it first")])
def test_what_cannot_be_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Script(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["nebula", "mcxray", "penepma"])
def test_engines_are_found_by_name_and_say_what_they_miss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = SIMULATORS.load(name)()
    monkeypatch.setenv(engine.variable, "no-such-engine")
    volume, plan = two_faces()
    with pytest.raises(MissingDependencyError, match=rf"program 'no-such-engine', .* {engine.variable} "):
        engine.simulate(volume, plan, energies_kev=[2.0], rng=0)

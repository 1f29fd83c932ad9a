"""The public names, what importing costs, the catalogue folders, and what a wheel holds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import synthfib

ROOT = Path(__file__).parent.parent
CATALOGUE = ("generators", "simulators", "datasets", "benchmarks/experiments", "benchmarks/leaderboard")
HEAVY = ("torch", "monai", "vtk", "pyvista", "datasets", "matplotlib", "h5py", "skimage", "sklearn", "numba", "scipy", "numpy", "pydantic")


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter in the root of the repository, where a folder could hide a library of the same name."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("name", [name for name in dir(synthfib) if not name.startswith("_")])
def test_every_public_name_can_be_imported(name: str) -> None:
    found = getattr(synthfib, name)
    assert found.__name__ == name
    assert found.__module__.startswith("synthfib.")


def test_public_names_are_the_typed_ones() -> None:
    source = (ROOT / "synthfib" / "__init__.py").read_text(encoding="utf-8")
    typed = {line.split(" as ")[1] for line in source.splitlines() if line.startswith("    from synthfib.")}
    assert typed == {name for name in dir(synthfib) if not name.startswith("_")}


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = synthfib.no_such_name


def test_version_is_the_installed_one() -> None:
    assert synthfib.__version__ == version("synthfib")


@pytest.mark.parametrize("module", ["synthfib", "synthfib.cli", "synthfib.cli.app"])
def test_import_brings_nothing_heavy(module: str) -> None:
    loaded = run_python("-c", f"import {module}, sys; print(*sys.modules)").stdout.split()
    assert module in loaded
    assert set(HEAVY).isdisjoint(loaded)


def test_importing_a_generator_leaves_torch_alone() -> None:
    loaded = run_python("-c", "import sys, synthfib; synthfib.LeveledWave, synthfib.DepthWeighted; print(*sys.modules)").stdout.split()
    assert "synthfib.generators.leveled_wave" in loaded
    assert {"torch", "monai", "matplotlib"}.isdisjoint(loaded)


def test_help_is_quick() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        run_python("-c", "from synthfib.cli import main; main()", "--help")
        return time.perf_counter() - start

    # The best of several: other processes may keep the machine busy. On an idle one it takes less than 0.3 s.
    assert min(seconds() for _ in range(5)) < 0.6


@pytest.mark.parametrize("folder", CATALOGUE)
def test_catalogue_folders_hold_no_python(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if path.suffix.startswith(".py")]


def test_a_missing_datasets_library_is_noticed_in_spite_of_the_folder() -> None:
    # The folder datasets/ makes `import datasets` succeed, empty; only an attribute tells.
    script = "from synthfib._optional import require\ntry: require('datasets', attribute='load_dataset', extra='publish'); print('library')\n"
    script += "except ImportError as error: print(error)\n"
    answer = run_python("-c", script).stdout
    assert answer.strip() == "library" or "pip install 'synthfib[publish]'" in answer


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=ROOT, check=True, capture_output=True, env=dict(os.environ)
    )
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_wheel_holds_the_package_and_nothing_else(wheel_names: list[str]) -> None:
    assert {name.split("/")[0] for name in wheel_names} == {"synthfib", f"synthfib-{synthfib.__version__}.dist-info"}
    assert "synthfib/py.typed" in wheel_names


@pytest.mark.parametrize("folder", CATALOGUE)
def test_wheel_carries_the_catalogue(wheel_names: list[str], folder: str) -> None:
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
    shipped = {name.removeprefix("synthfib/_catalogue/") for name in wheel_names if name.startswith(f"synthfib/_catalogue/{folder}/")}
    assert shipped == here

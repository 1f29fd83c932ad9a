"""Bad input: one sentence on stderr, exit code 2, nothing written, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.segmentation_file import Segmentation, write_segmentation
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack, write_volume

Run = Callable[..., Any]
PHASES = (Material("vacuum"), Material("gold", ((79, 1.0),), 19.3))

CORPUS = """
schema: synthfib/corpus@1
name: mine
title: Mine
version: 1.0.0
license: CC-BY-4.0
seed: 1
materials: [nanoporous-gold]
microscope: helios-g3-multi-voltage
voxel_size_nm: 2.5
slices: {slices}
pixels: [{pixels}, {pixels}]
splits: {{train: {volumes}, validation: 1, test: 1}}
slice_thickness: {{mean_nm: {mean_nm}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a volume, a stack and segmentations; whatever else appears in it was written by a failed command."""
    monkeypatch.chdir(tmp_path)
    labels = np.random.default_rng(0).integers(0, 2, (6, 8, 8), dtype=np.uint8)
    write_volume(tmp_path / "volume.h5", LabelVolume(labels, (2.5, 2.5, 2.5), PHASES))
    plan = MillingPlan(np.linspace(0, 12.5, 6), (2.5, 2.5))
    stack = ImageStack(labels[None] * np.uint8(200), (Channel(2.0),), plan, labels, PHASES)
    write_stack(tmp_path / "stack.h5", stack)
    wide = ImageStack(np.zeros((1, 6, 9, 8), np.uint8), (Channel(2.0),), plan)
    write_segmentation(tmp_path / "wide.h5", Segmentation.of(np.zeros((6, 9, 8), np.float32), wide, model="otsu", description={}))
    (tmp_path / "truncated.h5").write_bytes((tmp_path / "stack.h5").read_bytes()[:3000])
    (tmp_path / "text.h5").write_text("not HDF5")
    (tmp_path / "text.mrc").write_text("not MRC")
    (tmp_path / "text.stl").write_text("not STL")
    (tmp_path / "closed.stl").write_text(_tetrahedron(4))
    (tmp_path / "open.stl").write_text(_tetrahedron(3))
    np.save(tmp_path / "nan.npy", np.where(labels, np.nan, 1.0))
    np.save(tmp_path / "bare.npy", labels)
    np.save(tmp_path / "flat.npy", np.full((4, 5, 6), 7, np.uint8))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").write_text("precious")
    for name, values in {
        "thin": {"mean_nm": -10},
        "deep": {"slices": 900_000, "pixels": 100_000},
        "many": {"volumes": 100_000, "pixels": 500},
    }.items():
        defaults = {"slices": 4, "pixels": 16, "volumes": 1, "mean_nm": 10}
        (tmp_path / f"{name}.yaml").write_text(CORPUS.format(**(defaults | values)))
    good = (tmp_path / "thin.yaml").read_text().replace("-10", "10")
    (tmp_path / "misspelt.yaml").write_text(good.replace("voxel_size_nm", "voxel_size_mn"))
    return tmp_path


REFUSED = {
    "unknown material": ("generate ngp --shape 8,8,8 --out x.h5", ["'ngp'", "did you mean npg"]),
    "unknown recipe": ("build quikstart --out x", ["'quikstart'", "quickstart"]),
    "unknown microscope": ("simulate volume.h5 --microscope helios-g4 --out x.h5", ["'helios-g4'", "helios-g3"]),
    "unknown simulator": ("simulate volume.h5 --simulator depth-weightd --out x.h5", ["'depth-weightd'", "depth-weighted"]),
    "unknown element of a structure": ("simulate volume.h5 --material gould --out x.h5", ["'gould'", "gold"]),
    "unknown model to segment": ("segment stack.h5 --model oatsu --out x.h5", ["'oatsu'", "otsu"]),
    "unknown kind": ("list materialz", ["materials"]),
    "unknown recipe to show": ("show quikstart", ["quickstart"]),
    "unknown command": ("genrate npg", ["genrate"]),
    "unknown option": ("generate npg --shap 8,8,8", ["--shap"]),
    "missing option": ("generate npg --shape 8,8,8", ["--out"]),
    "misspelt key": ("build misspelt.yaml --out x", ["voxel_size_mn"]),
    "negative thickness": ("build thin.yaml --out x", ["slice_thickness", "-10"]),
    "solid fraction 0": ("generate npg --shape 8,8,8 --solid-fraction 0 --out x.h5", ["solid fraction", "0"]),
    "solid fraction 1.2": ("generate npg --shape 8,8,8 --solid-fraction 1.2 --out x.h5", ["solid fraction", "1.2"]),
    "voxel size in metres": ("generate npg --shape 8,8,8 --voxel-size-nm 2.5e-9 --out x.h5", ["in nanometres", "2.5e-09"]),
    "voxel size of two numbers": ("generate npg --shape 8,8,8 --voxel-size-nm 2,3 --out x.h5", ["three numbers", "nm"]),
    "voxel size that is no number": ("generate npg --shape 8,8,8 --voxel-size-nm fine --out x.h5", ["'fine'"]),
    "voxel size nan": ("generate npg --shape 8,8,8 --voxel-size-nm nan --out x.h5", ["nan"]),
    "voxel size missing": ("simulate bare.npy --out x.h5", ["voxel size", "nm"]),
    "shape of two numbers": ("generate npg --shape 8,8 --out x.h5", ["Z,Y,X", "8,8"]),
    "negative shape": ("generate npg --shape 8,8,-8 --out x.h5", ["8,8,-8"]),
    "endless shape": ("generate npg --shape 8,8,inf --out x.h5", ["inf"]),
    "shape beyond all memory": ("generate npg --shape 900000,900000,900000 --out x.h5", ["memory"]),
    "negative seed": ("generate npg --shape 8,8,8 --seed -1 --out x.h5", ["seed"]),
    "stack with NaN": ("segment nan.npy --model otsu --voxel-size-nm 2.5 --energies-kev 2 --out x.h5", ["NaN"]),
    "structure with NaN": ("simulate nan.npy --voxel-size-nm 2.5 --out x.h5", ["NaN"]),
    "threshold of another name": ("simulate bare.npy --voxel-size-nm 2.5 --threshold otsu --out x.h5", ["--threshold", "'kmeans'", "'otsu'"]),
    "k-means of one grey value": ("simulate flat.npy --voxel-size-nm 2.5 --threshold kmeans --out x.h5", ["flat.npy", "k-means"]),
    "energy out of range": ("simulate volume.h5 --energies-kev 200 --out x.h5", ["200", "keV"]),
    "energy that is no number": ("simulate volume.h5 --energies-kev two --out x.h5", ["--energies-kev", "'two'"]),
    "labels of another shape": ("evaluate wide.h5 --truth stack.h5", ["shape", "(6, 9, 8)", "(6, 8, 8)"]),
    "volume of another shape": ("evaluate wide.h5 --truth volume.h5", ["shape", "(6, 9, 8)", "(6, 8, 8)"]),
    "truncated stack": ("segment truncated.h5 --model otsu --out x.h5", ["truncated.h5", "truncated or damaged"]),
    "text as a stack": ("segment text.h5 --model otsu --out x.h5", ["text.h5"]),
    "truncated structure": ("simulate truncated.h5 --out x.h5", ["truncated.h5"]),
    "text as MRC": ("simulate text.mrc --out x.h5", ["text.mrc", "cannot be read as MRC"]),
    "mesh without a unit": ("simulate open.stl --voxel-size-nm 2.5 --out x.h5", ["open.stl", "unit", "um"]),
    "mesh in metres": ("simulate open.stl --mesh-unit m --voxel-size-nm 2.5 --out x.h5", ["'m'", "nm, um, mm"]),
    "mesh without a voxel size": ("simulate open.stl --mesh-unit nm --out x.h5", ["voxel size"]),
    "open mesh": ("simulate open.stl --mesh-unit nm --voxel-size-nm 2.5 --out x.h5", ["closed surface", "3 edges"]),
    "mesh beyond all memory": ("simulate closed.stl --mesh-unit mm --voxel-size-nm 1 --out x.h5", ["memory", "closed.stl"]),
    "damaged mesh": ("simulate text.stl --mesh-unit nm --voxel-size-nm 1 --out x.h5", ["text.stl"]),
    "mesh unit of a volume": ("simulate volume.h5 --mesh-unit nm --out x.h5", ["volume.h5", "meshes"]),
    "volume as a stack": ("segment volume.h5 --model otsu --out x.h5", ["stack is required", "volume.h5"]),
    "stack as a structure": ("simulate stack.h5 --out x.h5", ["volume is required", "stack.h5"]),
    "stack as a segmentation": ("evaluate stack.h5 --truth stack.h5", ["segmentation is required"]),
    "no such file": ("segment nothing.h5 --model otsu --out x.h5", ["nothing.h5"]),
    "no such checkpoint": ("segment stack.h5 --model nothing.safetensors --out x.h5", ["nothing", ".safetensors"]),
    "untrained network": ("segment stack.h5 --model unet --out x.h5", ["trained first"]),
    "no such corpus": ("benchmark nothing --models otsu", ["nothing"]),
    "unknown tier": ("benchmark nothing --tier smok", ["'smok'", "smoke"]),
    "unknown model to train": ("train nothing --model otso --out x.safetensors", ["'otso'", "otsu"]),
    "model that does not learn": ("train nothing --model otsu --out x.safetensors", ["'otsu'", "nothing to learn"]),
    "time limit of a forest": ("train nothing --model random-forest --max-seconds 5 --out x", ["'random-forest'", "--max-seconds"]),
    "segmentation without a truth": ("evaluate wide.h5", ["--truth", ".nii.gz"]),
    "predictions and a truth": ("evaluate taken taken --truth stack.h5", ["both"]),
    "no such corpus to evaluate": ("evaluate nothing taken", ["nothing"]),
    "unknown experiment": ("experiment adjacent-slice", ["'adjacent-slice'", "adjacent-slices"]),
    "no finished benchmark to enter": ("leaderboard enter taken --name x --title X --author Y", ["taken", "synthfib benchmark"]),
    "unknown leaderboard": ("leaderboard show quikstart@1.0.0", ["quikstart"]),
    "folder that is no corpus": ("verify taken", ["taken"]),
    "no such corpus to train on": ("train nothing --out x.safetensors", ["nothing"]),
    "output exists": ("generate npg --shape 8,8,8 --out volume.h5", ["volume.h5", "--force"]),
    "output of unknown kind": ("generate npg --shape 8,8,8 --out x.doc", [".h5", "x.doc"]),
    "output is a folder": ("generate npg --shape 8,8,8 --out taken", ["taken"]),
    "output folder is missing": ("generate npg --shape 8,8,8 --out nowhere/x.h5", ["nowhere"]),
    "corpus folder holds something else": ("build quickstart --out taken", ["taken"]),
    "demo folder holds something else": ("demo --out taken", ["taken", "thesis.tex"]),
    "corpus too deep for the memory": ("build deep.yaml --out x", ["memory", "GB"]),
    "corpus too large for the disk": ("build many.yaml --out x", ["GB", "disk"]),
    "no workers": ("build quickstart --workers 0 --out x", ["--workers"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(synthfib: Run, folder: Path, case: str) -> None:
    command, words = REFUSED[case]
    before = _contents(folder)
    refused = synthfib(*command.split())
    assert refused.code == 2, refused.err
    assert refused.out == ""
    assert refused.err.startswith("Error: ")
    assert refused.err.count("\n") == 1
    assert "Traceback" not in refused.err
    assert not [word for word in words if word not in refused.err], refused.err
    assert _contents(folder) == before


def test_errors_leave_stdout_empty_with_json_too(synthfib: Run, folder: Path) -> None:
    refused = synthfib("evaluate", folder / "wide.h5", "--truth", folder / "stack.h5", "--json")
    assert (refused.code, refused.out) == (2, "")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read and write everything")
@pytest.mark.parametrize("command", ["segment stack.h5 --model otsu --out locked/x.h5", "segment secret.h5 --model otsu --out x.h5"])
def test_permission_denied_is_one_sentence(synthfib: Run, folder: Path, command: str) -> None:
    (folder / "locked").mkdir(mode=0o500)
    (folder / "secret.h5").write_bytes((folder / "stack.h5").read_bytes())
    (folder / "secret.h5").chmod(0)
    refused = synthfib(*command.split())
    assert refused.code == 2
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["segment stack.h5 --model unet.safetensors --out x.h5", "benchmark corpus --models unet", "train corpus --out x"]
)
def test_a_missing_package_is_exit_code_3(folder: Path, command: str) -> None:
    script = f"import sys; sys.modules['torch'] = None\nfrom synthfib.cli import main; main({command.split()!r})"
    (folder / "corpus").mkdir()
    (folder / "unet.json").write_text('{"model": "unet"}')
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    # Without a corpus the commands that need one may say that first.
    assert done.returncode == 3 or (done.returncode == 2 and "corpus" in command)
    assert done.stderr.startswith("Error: ")


def _contents(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


def _tetrahedron(n_faces: int) -> str:
    """STL text of the first faces of a tetrahedron."""
    corners = ["0 0 0", "9 0 0", "0 9 0", "0 0 9"]
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)][:n_faces]
    loops = ["facet normal 0 0 0\nouter loop\n" + "".join(f"vertex {corners[i]}\n" for i in face) + "endloop\nendfacet\n" for face in faces]
    return f"solid t\n{''.join(loops)}endsolid t\n"

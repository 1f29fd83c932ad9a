"""The commands do what they say: a small piece of work goes through all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import synthfib as package
from synthfib.data.readers import read_stack, read_volume

Run = Callable[..., Any]
COMMANDS = [
    "demo",
    "list",
    "show",
    "generate",
    "simulate",
    "degrade",
    "align",
    "thickness",
    "view",
    "plan",
    "build",
    "verify",
    "export",
    "publish",
    "seal",
    "reveal",
    "train",
    "train-surrogate",
    "train-interpolation",
    "calibrate",
    "segment",
    "reconstruct",
    "evaluate",
    "benchmark",
    "leaderboard",
    "experiment",
    "realism",
    "physics",
    "validate",
    "cite",
    "doctor",
]

TINY = """
schema: synthfib/corpus@1
name: tiny
title: As small as it can be
version: 1.0.0
license: CC-BY-4.0
seed: 5
materials: [nanoporous-gold]
microscope: helios-g3-multi-voltage
energies_kev: [2]
voxel_size_nm: 2.5
slices: 5
pixels: [32, 32]
splits: {train: 1, validation: 1, test: 1}
"""


@pytest.fixture
def structure(synthfib: Run, tmp_path: Path) -> Path:
    path = tmp_path / "structure.h5"
    assert synthfib("generate", "npg", "--shape", "24,32,32", "--voxel-size-nm", "2.5", "--seed", 1, "--out", path).code == 0
    return path


@pytest.fixture
def stack(synthfib: Run, tmp_path: Path, structure: Path) -> Path:
    path = tmp_path / "stack.h5"
    assert synthfib("simulate", structure, "--energies-kev", "2", "--seed", 2, "--out", path).code == 0
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    arguments = ["-c", "from synthfib.cli import main; main()", "build", str(folder / "tiny.yaml"), "--out", str(folder / "tiny")]
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return folder / "tiny"


def test_help_names_every_command(synthfib: Run) -> None:
    shown = synthfib("--help")
    assert shown.code == 0
    assert all(f"\n  {command} " in shown.out for command in COMMANDS)


def test_no_command_shows_the_help(synthfib: Run) -> None:
    assert synthfib().code == 0
    assert synthfib().out == synthfib("--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(synthfib: Run, command: str) -> None:
    shown = synthfib(command, "--help")
    assert shown.code == 0
    assert shown.out.startswith("Usage: ")


def test_version(synthfib: Run) -> None:
    assert synthfib("--version").out.strip() == package.__version__


def test_list_has_every_kind(synthfib: Run) -> None:
    listing = synthfib("list", "--json").json
    assert list(listing) == ["materials", "microscopes", "corpora", "generators", "simulators", "degradations", "presets", "models", "interpolations"]
    assert "nanoporous-gold" in listing["materials"]
    assert "quickstart" in listing["corpora"]
    assert set(listing["models"]) >= {"otsu", "kmeans", "unet"}


def test_list_of_one_kind_is_readable(synthfib: Run) -> None:
    shown = synthfib("list", "materials").out
    assert "nanoporous-gold" in shown
    assert "npg" in shown
    assert "quickstart" not in shown


def test_show_prints_the_recipe_as_it_is_written(synthfib: Run) -> None:
    written = Path(__file__).parent.parent / "datasets" / "quickstart" / "recipe.yaml"
    assert synthfib("show", "quickstart").out == written.read_text(encoding="utf-8")


def test_doctor_knows_the_versions(synthfib: Run) -> None:
    found = synthfib("doctor", "--json").json
    assert found["synthfib"] == package.__version__
    assert found["packages"]["numpy"] == np.__version__
    assert found["cores"] >= 1
    assert "numpy" in synthfib("doctor").out


def test_generate_writes_what_it_says(synthfib: Run, tmp_path: Path) -> None:
    path = tmp_path / "npg.h5"
    said = synthfib("generate", "npg", "--shape", "20,24,28", "--voxel-size-nm", "3,2.5,2", "--seed", 7, "--out", path, "--json").json
    volume = read_volume(path)
    assert volume.shape == (20, 24, 28) == tuple(said["shape"])
    assert volume.voxel_size_nm == (3.0, 2.5, 2.0) == tuple(said["voxel_size_nm"])
    assert said["solid_fraction"] == pytest.approx(volume.solid_fraction)
    assert volume.solid_fraction == pytest.approx(0.30, abs=0.5 / volume.labels.size)
    assert [phase.name for phase in volume.phases] == ["epoxy", "gold"] == said["phases"]


def test_generate_takes_another_solid_fraction(synthfib: Run, tmp_path: Path) -> None:
    path = tmp_path / "npg.h5"
    said = synthfib("generate", "npg", "--shape", "16,16,16", "--solid-fraction", 0.5, "--out", path, "--json").json
    assert said["solid_fraction"] == 0.5


def test_generate_depends_on_the_seed_alone(synthfib: Run, tmp_path: Path) -> None:
    labels = []
    for number, seed in enumerate((1, 1, 2)):
        path = tmp_path / f"{number}.h5"
        assert synthfib("generate", "npg", "--shape", "16,16,16", "--seed", seed, "--out", path).code == 0
        labels.append(read_volume(path).labels)
    assert np.array_equal(labels[0], labels[1])
    assert not np.array_equal(labels[0], labels[2])


def test_simulate_takes_sizes_and_phases_from_the_file(stack: Path, structure: Path) -> None:
    volume, images = read_volume(structure), read_stack(stack)
    assert images.phases == volume.phases
    assert images.plan.pixel_size_nm == (2.5, 2.5)
    assert [channel.energy_kev for channel in images.channels] == [2.0]
    assert images.labels is not None
    assert np.array_equal(images.labels, volume.labels[images.plan.voxel_index(2.5)])


def test_simulate_options_override_the_file(synthfib: Run, tmp_path: Path, structure: Path) -> None:
    path = tmp_path / "vacuum.h5"
    said = synthfib("simulate", structure, "--pore", "vacuum", "--voxel-size-nm", "5,4,4", "--energies-kev", "1,4", "--out", path, "--json").json
    assert said["phases"] == ["vacuum", "gold"]
    assert said["pixel_size_nm"] == [4.0, 4.0]
    assert len(said["channels"]) == said["shape"][0] == 2


def test_simulate_a_measured_structure(synthfib: Run, tmp_path: Path, structure: Path) -> None:
    grey = np.where(read_volume(structure).labels, 200, 30).astype(np.uint8)
    np.save(tmp_path / "measured.npy", grey)
    measured, out = tmp_path / "measured.npy", tmp_path / "measured.h5"
    assert synthfib("simulate", measured, "--threshold", 127, "--voxel-size-nm", "2.5,2.5,2.5", "--energies-kev", "2", "--out", out).code == 0
    assert [phase.name for phase in read_stack(out).phases] == ["epoxy", "gold"]


def test_simulate_finds_the_threshold_by_kmeans(synthfib: Run, tmp_path: Path, structure: Path) -> None:
    volume = read_volume(structure)
    np.save(tmp_path / "grey.npy", np.where(volume.labels, 200, 30).astype(np.uint8))
    command = ["simulate", tmp_path / "grey.npy", "--threshold", "kmeans", "--voxel-size-nm", "2,2,2", "--energies-kev", "2"]
    said = synthfib(*command, "--out", tmp_path / "images.h5", "--json").json["structure"]
    assert said["provenance"][-1]["parameters"]["threshold"] == 115
    assert said["solid_fraction"] == volume.solid_fraction
    assert said["solid_volume_nm3"] == np.count_nonzero(volume.labels) * 8


def test_simulate_a_mesh(synthfib: Run, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    trimesh.creation.box((0.06, 0.06, 0.12)).export(tmp_path / "m.stl")
    command = ["simulate", tmp_path / "m.stl", "--mesh-unit", "um", "--mesh-margin-nm", 10, "--voxel-size-nm", 5, "--energies-kev", 2]
    said = synthfib(*command, "--out", tmp_path / "images.h5", "--json").json["structure"]
    assert said["shape"] == [28, 16, 16]
    assert said["solid_volume_nm3"] == pytest.approx(60 * 60 * 120)


@pytest.mark.parametrize("ending", ["h5", "tif"])
@pytest.mark.parametrize("model", ["otsu", "kmeans"])
def test_segment_then_evaluate(synthfib: Run, tmp_path: Path, stack: Path, structure: Path, model: str, ending: str) -> None:
    out = tmp_path / f"segmentation.{ending}"
    said = synthfib("segment", stack, "--model", model, "--out", out, "--json").json
    assert said["shape"] == list(read_stack(stack).shape[1:])
    by_stack = synthfib("evaluate", out, "--truth", stack, "--json").json
    by_volume = synthfib("evaluate", out, "--truth", structure, "--json").json
    assert 0.5 < by_stack["mean_dice"] < 1
    assert by_stack["solid_fraction"] == pytest.approx(said["solid_fraction"])
    assert {key: by_stack[key] for key in ("mp", "mgp", "mean_dice")} == {key: by_volume[key] for key in ("mp", "mgp", "mean_dice")}


def test_the_truth_itself_scores_one(synthfib: Run, tmp_path: Path, stack: Path) -> None:
    from synthfib.data.segmentation_file import Segmentation, write_segmentation

    images = read_stack(stack)
    assert images.labels is not None
    perfect = Segmentation.of((images.labels > 0).astype(np.float32), images, model="truth", description={})
    write_segmentation(tmp_path / "perfect.h5", perfect)
    scored = synthfib("evaluate", tmp_path / "perfect.h5", "--truth", stack, "--json").json
    assert (scored["mean_dice"], scored["mp_percent"], scored["mgp_percent"]) == (1.0, 0.0, 0.0)


def test_plan_predicts_a_small_corpus(synthfib: Run) -> None:
    expected = synthfib("plan", "quickstart", "--no-probe", "--json").json
    assert expected["n_volumes"] == 5
    assert 1e6 < expected["disk_bytes"] < 1e8
    assert 1e8 < expected["memory_bytes"] < 4e9
    assert 0 < expected["seconds"] < 600


def test_verify_accepts_a_build(synthfib: Run, corpus: Path) -> None:
    checked = synthfib("verify", corpus, "--json")
    assert (checked.code, checked.json["problems"]) == (0, [])


def test_verify_finds_a_flipped_bit(synthfib: Run, corpus: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "damaged"
    shutil.copytree(corpus, copy)
    victim = sorted(copy.glob("volumes/*.h5"))[0]
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    victim.write_bytes(damaged)
    checked = synthfib("verify", copy, "--json")
    assert checked.code == 1
    assert any(victim.name in problem for problem in checked.json["problems"])


def test_build_twice_builds_once(synthfib: Run, corpus: Path) -> None:
    again = synthfib("build", corpus.parent / "tiny.yaml", "--out", corpus, "--json")
    assert (again.code, again.json["volumes"], again.json["built_now"]) == (0, 3, 0)


def test_benchmark_prints_one_document_and_writes_it(synthfib: Run, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores"
    printed = synthfib("benchmark", corpus, "--models", "otsu,kmeans", "--out", out, "--json").json
    assert {entry["name"] for entry in printed["summary"]} == {"otsu", "kmeans"}
    assert printed == json.loads((out / "scores.json").read_text(encoding="utf-8"))


def test_benchmark_prints_a_table_and_writes_a_folder(synthfib: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus.absolute()
    monkeypatch.chdir(tmp_path)
    lines = synthfib("benchmark", corpus, "--models", "otsu", "--tier", "smoke").out.splitlines()
    assert {"scores.csv", "scores.json", "leaderboard.html"} <= {path.name for path in (tmp_path / "benchmark").iterdir()}
    assert lines[0].startswith("method")
    assert any(line.startswith("otsu") for line in lines)


@pytest.mark.slow
def test_train_then_segment(synthfib: Run, corpus: Path, tmp_path: Path) -> None:
    model = tmp_path / "unet.safetensors"
    trained = synthfib("train", corpus, "--out", model, "--adjacent-slices", 3, "--max-seconds", 5, "--json")
    assert trained.code == 0
    assert model.is_file()
    assert model.with_suffix(".json").is_file()
    stack = sorted(corpus.glob("volumes/test-*.h5"))[0]
    out = tmp_path / "segmentation.h5"
    assert synthfib("segment", stack, "--model", model, "--out", out).code == 0
    with h5py.File(out) as file:
        solid = np.asarray(file["solid"])
    assert solid.shape == (5, 32, 32)
    assert solid.dtype == np.uint8
    assert synthfib("evaluate", out, "--truth", stack, "--json").json["mean_dice"] > 0


def test_progress_goes_to_stderr_with_the_time_left(synthfib: Run, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    built = synthfib("build", tmp_path / "tiny.yaml", "--out", tmp_path / "tiny", "--json")
    assert built.json["built_now"] == 3
    assert "100%" in built.err


def test_interrupted_is_130(synthfib: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("synthfib.catalogue.recipe_text", interrupt)
    left = synthfib("show", "npg")
    assert left.code == 130
    assert "Traceback" not in left.err

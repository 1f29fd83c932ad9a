"""synthfib reconstruct: from a stack to a volume, and what it says about input that it cannot use."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import SliceThickness
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.data.positions import positions_table
from synthfib.data.readers import read_volume
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack, write_volume
from synthfib.physics.materials import material
from synthfib.testing.interpolators import smooth_structure

Run = Callable[..., Any]
PHASES = (material("epoxy"), material("gold"))
STRUCTURE = smooth_structure(1, (60, 32, 32)).astype(np.uint8)
PLAN = SliceThickness(10.0, 3.0, grid_nm=2.5, measurement=PositionMeasurement()).plan(pixel_size_nm=(2.5, 2.5), rng=1, depth_nm=150.0)
LABELS = STRUCTURE[PLAN.voxel_index(2.5)]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    images = (LABELS * np.uint8(200))[None]
    made = ImageStack(images, (Channel(2.0),), PLAN, labels=LABELS, phases=PHASES)
    write_stack(tmp_path / "stack.h5", made)
    write_volume(tmp_path / "structure.h5", LabelVolume(STRUCTURE, (2.5, 2.5, 2.5), PHASES))
    (tmp_path / "positions.csv").write_text(positions_table(made), encoding="utf-8")
    np.save(tmp_path / "faces.npy", LABELS * np.uint8(255))
    return tmp_path / "stack.h5"


def test_a_stack_becomes_the_structure_it_was_cut_from(synthfib: Run, stack: Path) -> None:
    out = stack.with_name("volume.h5")
    found = synthfib("reconstruct", stack, "--compare", stack.with_name("structure.h5"), "--out", out, "--json")
    assert found.code == 0
    assert found.json["positions"] == "true"
    assert found.json["moved_nm"] == {"mean": 0, "greatest": 0}
    volume = read_volume(out)
    assert found.json["shape"] == list(volume.shape)
    wrong = 100 * (volume.labels != STRUCTURE[: volume.shape[0]]).mean()
    assert found.json["against_truth"]["mp_percent"] == pytest.approx(wrong)
    assert wrong < 5


def test_a_segmentation_knows_the_measured_positions(synthfib: Run, stack: Path) -> None:
    segmentation, out = stack.with_name("segmentation.h5"), stack.with_name("volume.h5")
    assert synthfib("segment", stack, "--model", "otsu", "--out", segmentation).code == 0
    found = synthfib("reconstruct", segmentation, "--measured", "ruler", "--method", "cubic-spline", "--slice-grid-nm", 10, "--out", out)
    assert found.code == 0
    assert "by their ruler positions" in found.out
    assert read_volume(out).provenance.steps[-1].parameters["slice_grid_nm"] == 10


def test_positions_of_a_table_and_of_a_stack_are_the_same(synthfib: Run, stack: Path) -> None:
    faces, volumes = stack.with_name("faces.npy"), []
    for source in ("positions.csv", "stack.h5"):
        out = stack.with_name(f"{source}-volume.h5")
        chosen = ("--positions", stack.with_name(source), "--measured", "automatic")
        assert synthfib("reconstruct", faces, *chosen, "--voxel-size-nm", "10,2.5,2.5", "--method", "nearest", "--out", out).code == 0
        volumes.append(read_volume(out).labels)
    assert np.array_equal(volumes[0], volumes[1])


def column(*values: float) -> str:
    return "\n".join(map(str, values)) + "\n"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (column(*range(0, 10 * (len(LABELS) - 1), 10)), "One position per slice"),
        (column(*range(10 * len(LABELS), 0, -10)), "step back"),
        (column(*np.arange(len(LABELS)) * 1e-8), "nanometres"),
        (column(*np.arange(len(LABELS)) * 0.01), "multiply by 1000"),
        (column(*[10.0] * len(LABELS)), "increase"),
        ("nothing\n", "two slices|One position"),
        (positions_table(ImageStack(np.zeros((1, PLAN.n_slices, 4, 4), np.uint8), (Channel(2.0),), PLAN)), "choose with --measured"),
    ],
)
def test_impossible_positions_end_in_one_sentence(synthfib: Run, stack: Path, table: str, words: str) -> None:
    csv, out = stack.with_name("own.csv"), stack.with_name("volume.h5")
    csv.write_text(table, encoding="utf-8")
    found = synthfib("reconstruct", stack, "--positions", csv, "--out", out)
    assert found.code == 2
    assert found.err.startswith("Error: ")
    assert len(found.err.splitlines()) == 1
    assert re.search(words, found.err), found.err
    assert not out.exists()
    assert not list(stack.parent.glob(".tmp-*"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--method", "cubic"), "did you mean cubic-spline"),
        (("--measured", "laser"), "known are true"),
        (("--grid-nm", "0"), "nanometres"),
        (("--slice-grid-nm", "9"), "whole multiple"),
        (("--voxel-size-nm", "1e-9"), "nanometres"),
    ],
)
def test_impossible_options_end_in_one_sentence(synthfib: Run, stack: Path, options: tuple[str, ...], words: str) -> None:
    found = synthfib("reconstruct", stack, *options, "--out", stack.with_name("volume.h5"))
    assert found.code == 2
    assert words in found.err


def test_one_slice_one_phase_and_one_file_end_in_one_sentence(synthfib: Run, tmp_path: Path, stack: Path) -> None:
    for name, faces, words in (("one", LABELS[:1], "two slices or more"), ("pore", LABELS * 0, "is pore")):
        np.save(tmp_path / f"{name}.npy", faces)
        found = synthfib("reconstruct", tmp_path / f"{name}.npy", "--voxel-size-nm", "10,2.5,2.5", "--out", tmp_path / "volume.h5")
        assert found.code == 2
        assert words in found.err
    found = synthfib("reconstruct", stack, "--out", stack, "--force")
    assert found.code == 2
    assert "another file" in found.err


def test_shine_through_looks_at_the_images_of_the_stack(synthfib: Run, stack: Path) -> None:
    pytest.importorskip("torch")
    segmentation, own, given = (stack.with_name(name) for name in ("segmentation.h5", "own.h5", "given.h5"))
    assert synthfib("segment", stack, "--model", "otsu", "--out", segmentation).code == 0
    assert synthfib("reconstruct", stack, "--method", "shine-through", "--out", own).code == 0
    assert synthfib("reconstruct", segmentation, "--method", "shine-through", "--images", stack, "--out", given).code == 0
    assert np.array_equal(read_volume(own).labels, read_volume(given).labels)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["segmentation.h5", "--method", "shine-through"], "stack of images"),
        (["stack.h5", "--images", "stack.h5"], "does not look at images"),
        (["other.h5", "--method", "shine-through", "--images", "stack.h5"], "Images of all faces"),
        (["stack.h5", "--method", "shine-through", "--images", "three-kev.h5"], "train weights for them"),
    ],
)
def test_images_that_do_not_fit(synthfib: Run, stack: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(stack.parent)
    assert synthfib("segment", "stack.h5", "--model", "otsu", "--out", "segmentation.h5").code == 0
    for name, faces, energy in (("other.h5", slice(5), 2.0), ("three-kev.h5", slice(None), 3.0)):
        plan = PLAN.crop(faces)
        write_stack(Path(name), ImageStack((LABELS[faces] * np.uint8(200))[None], (Channel(energy),), plan, labels=LABELS[faces], phases=PHASES))
    found = synthfib("reconstruct", *words, "--out", "volume.h5")
    assert found.code == 2
    assert said in found.err
    assert not Path("volume.h5").exists()


def test_weights_of_ones_own(synthfib: Run, stack: Path) -> None:
    pytest.importorskip("torch")
    own, out = stack.with_name("own.safetensors"), stack.with_name("volume.h5")
    trained = synthfib("train-interpolation", "--materials", "nanoporous-gold", "--volumes", 1, "--voxels", 80, "--steps", 2, "--out", own)
    assert trained.code == 0
    assert synthfib("reconstruct", stack, "--method", "neural-spline", "--weights", own, "--out", out).code == 0
    wrong = synthfib("reconstruct", stack, "--method", "inpainting", "--weights", own, "--out", out, "--force")
    assert wrong.code == 2
    assert "holds those of 'neural-spline'" in wrong.err
    none = synthfib("reconstruct", stack, "--weights", own, "--out", out, "--force")
    assert none.code == 2
    assert "has no weights" in none.err

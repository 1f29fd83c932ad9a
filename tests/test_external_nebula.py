"""Nebula: its files read back byte by byte, and images from an engine that stands in for it."""

from __future__ import annotations

import shlex
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import YieldStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import EngineError, InputError, MissingDependencyError
from synthfib.physics.materials import material
from synthfib.rendering import render
from synthfib.simulators.external.faces import Face, face_of
from synthfib.simulators.external.nebula import Nebula, boxed_mesh, primary_electrons
from synthfib.simulators.external.nebula_files import (
    DETECTOR,
    ELECTRON,
    MIRROR,
    TERMINATOR,
    VACUUM,
    read_electrons,
    read_triangles,
    write_electrons,
    write_triangles,
)
from synthfib.simulators.monte_carlo.detectors import BSE, Detector

STAND_IN = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).parent / 'fake_engines' / 'nebula.py'))}"
REFLECTIVITY = {"epoxy": 0.1, "gold": 0.6}


def striped(n_layers: int = 6, *, pore_layers: int = 0) -> LabelVolume:
    """Epoxy, gold and vacuum side by side along x, below a layer of vacuum, with one row along y that has gold only."""
    labels = np.zeros((n_layers, 4, 6), np.uint8)
    labels[pore_layers:] = np.array([1, 1, 2, 2, 0, 0], np.uint8)
    labels[pore_layers:, 3] = 2
    return LabelVolume(labels, (5.0, 2.5, 2.5), (material("vacuum"), material("epoxy"), material("gold")))


def plan(*positions_nm: float, tilt_deg: float = 0.0, pixel_nm: float = 2.5) -> MillingPlan:
    return MillingPlan(np.array(positions_nm), (pixel_nm, pixel_nm), tilt_deg)


def face(volume: LabelVolume, **options: float) -> Face:
    return face_of(volume, plan(0.0, **options), 0, 2.0)


@pytest.fixture
def materials(tmp_path: Path) -> dict[str, Path]:
    """Material files of the stand-in."""
    for name, chance in REFLECTIVITY.items():
        (tmp_path / f"{name}.mat").write_text(str(chance))
    return {name: tmp_path / f"{name}.mat" for name in REFLECTIVITY}


@pytest.fixture
def nebula(materials: dict[str, Path]) -> Nebula:
    return Nebula(executable=STAND_IN, materials=materials, electrons_per_pixel=200)


def test_triangle_lines_have_eleven_columns(tmp_path: Path) -> None:
    mesh = boxed_mesh(face(striped()))
    write_triangles(tmp_path / "g.tri", mesh)
    first, *lines = (tmp_path / "g.tri").read_text().splitlines()
    assert first.startswith("#")
    assert len(lines) == len(mesh.sides)
    for line in lines:
        into, out, *coordinates = line.split()
        assert {int(into), int(out)} <= {0, 1, MIRROR, VACUUM, DETECTOR, TERMINATOR}
        assert len([float(word) for word in coordinates]) == 9
    back = read_triangles(tmp_path / "g.tri")
    assert np.array_equal(back.sides, mesh.sides)
    np.testing.assert_allclose(back.corners_nm, mesh.corners_nm, rtol=1e-8)


def test_electron_records_are_36_bytes_without_a_header(tmp_path: Path) -> None:
    electrons = primary_electrons(face(striped()), 3, 0.0, np.random.default_rng(0))
    write_electrons(tmp_path / "p.pri", electrons)
    data = (tmp_path / "p.pri").read_bytes()
    assert len(data) == 36 * 4 * 6 * 3
    for number, (x, y, z, ux, uy, uz, energy_ev, pixel, electron) in enumerate(struct.iter_unpack("<7f2i", data)):
        assert (pixel, electron) == divmod(number, 3)
        row, column = divmod(pixel, 6)
        assert 2.5 * row <= y <= 2.5 * (row + 1)
        assert 2.5 * column <= x <= 2.5 * (column + 1)
        assert (z, ux, uy, uz, energy_ev) == (-1, 0, 0, 1, 2000)
    assert np.array_equal(read_electrons(tmp_path / "p.pri"), electrons)


def test_electrons_land_evenly_in_their_pixels() -> None:
    """500 electrons in each of 24 pixels: the mean position of all lies within 4.5 standard errors, false alarms below 2e-5."""
    electrons = primary_electrons(face(striped()), 500, 0.0, np.random.default_rng(1))
    for name, numbers in (("y_nm", electrons["pixel"] // 6), ("x_nm", electrons["pixel"] % 6)):
        within = electrons[name] / 2.5 - numbers
        assert abs(within.mean() - 0.5) < 4.5 * np.sqrt(1 / 12 / within.size)


def test_a_wide_beam_comes_in_at_the_other_side_of_a_mirror() -> None:
    electrons = primary_electrons(face(striped()), 400, 8.0, np.random.default_rng(2))
    assert electrons["y_nm"].min() > 0
    assert electrons["y_nm"].max() < 10
    assert electrons["x_nm"].max() < 15
    # Mirrors keep an even coating even: 9600 electrons, 4.5 standard errors.
    assert abs(electrons["y_nm"].mean() / 10 - 0.5) < 4.5 * np.sqrt(1 / 12 / electrons.size)
    assert len(np.unique(np.floor(electrons["x_nm"][electrons["pixel"] == 0] / 2.5))) == 6


def test_a_tilted_beam_lands_where_an_upright_one_does() -> None:
    upright, tilted = (primary_electrons(face(striped(), tilt_deg=tilt), 50, 0.0, np.random.default_rng(3)) for tilt in (0.0, 52.0))
    np.testing.assert_allclose(np.linalg.norm([tilted[name] for name in ("ux", "uy", "uz")], axis=0), 1, rtol=1e-6)
    landing = tilted["y_nm"] - tilted["z_nm"] * tilted["uy"] / tilted["uz"]
    np.testing.assert_allclose(np.abs(landing), upright["y_nm"], atol=3e-3)
    assert (tilted["uy"] < 0).sum() < 0.2 * tilted.size


def test_the_box_is_closed_by_detector_mirrors_and_terminator() -> None:
    mesh = boxed_mesh(face(striped()))
    assert mesh.corners_nm.min((0, 1)).tolist() == [0, 0, -2]
    assert mesh.corners_nm.max((0, 1)).tolist() == [15, 10, 60]
    areas = np.linalg.norm(np.cross(mesh.corners_nm[:, 1] - mesh.corners_nm[:, 0], mesh.corners_nm[:, 2] - mesh.corners_nm[:, 0]), axis=1) / 2

    def area(special: int) -> float:
        return float(areas[(mesh.sides == special).any(axis=1)].sum())

    assert area(DETECTOR) == pytest.approx(15 * 10)
    assert area(TERMINATOR) == pytest.approx(15 * 10)
    assert area(MIRROR) == pytest.approx(2 * (15 + 10) * 62)
    assert np.linalg.det(enclosing(mesh.corners_nm, mesh.sides, VACUUM)).sum() / 6 == pytest.approx(15 * 10 * 2 + 5 * 7.5 * 60)
    assert np.linalg.det(enclosing(mesh.corners_nm, mesh.sides, 1)).sum() / 6 == pytest.approx((5 * 7.5 + 15 * 2.5) * 60)


def enclosing(corners: NDArray[np.float64], sides: NDArray[np.int32], body: int) -> NDArray[np.float64]:
    return np.concatenate([corners[sides[:, 0] == body], corners[sides[:, 1] == body][:, ::-1]])


def test_a_block_of_one_material_has_six_faces_and_its_vacuum_five_more() -> None:
    block = LabelVolume(np.zeros((30, 20, 25), np.uint8), (2.5, 2.5, 2.5), (material("gold"),))
    assert len(boxed_mesh(face(block)).sides) == 2 * 11


def simulated(nebula: Nebula, volume: LabelVolume, *positions_nm: float, **options: float) -> YieldStack:
    return render(volume, plan(*positions_nm, **options), nebula, energies_kev=[1.0, 2.0], rng=7)


def expected(row: int) -> NDArray[np.float64]:
    return np.array([0.1, 0.1, 0.6, 0.6, 0, 0]) if row < 3 else np.full(6, 0.6)


@pytest.mark.parametrize("pore_layers", [0, 2])
def test_pixels_yield_what_their_material_reflects(nebula: Nebula, pore_layers: int) -> None:
    """Counts of 200 electrons in 96 pixels; with 4.5 standard deviations a false alarm has a chance of 7e-4. Straight down a pore, too."""
    stack = simulated(nebula, striped(pore_layers=pore_layers), 0.0, 2.5)
    assert stack.data.shape == (2, 2, 4, 6)
    assert stack.electrons_per_pixel == 200
    if pore_layers:  # what is reflected sideways in a pore may be lost in its walls
        stack = YieldStack(stack.data[..., 3:, :], stack.channels, stack.plan, None)
    for row, yields in enumerate(np.moveaxis(stack.data, 2, 0), start=4 - stack.data.shape[2]):
        spread = np.sqrt(expected(row) * (1 - expected(row)) / 200)
        assert (np.abs(yields - expected(row)) <= 4.5 * spread + 1e-6).all()


def test_the_standard_error_is_that_of_counting(nebula: Nebula) -> None:
    stack = simulated(nebula, striped(), 0.0)
    assert stack.standard_error is not None
    np.testing.assert_allclose(stack.standard_error, np.sqrt(stack.data * (1 - stack.data) / 199), atol=1e-6)


def test_pixels_may_be_larger_than_voxels(nebula: Nebula) -> None:
    stack = simulated(nebula, striped(), 0.0, pixel_nm=5.0)
    assert stack.data.shape == (2, 1, 2, 3)
    assert abs(stack.data[:, 0, 0].mean(0) - [0.1, 0.6, 0]).max() < 0.15


def test_a_tilted_beam_is_served(nebula: Nebula) -> None:
    block = LabelVolume(np.zeros((6, 4, 6), np.uint8), (5.0, 2.5, 2.5), (material("gold"),))
    # 9600 electrons, 4.5 standard deviations.
    assert abs(simulated(nebula, block, 0.0, tilt_deg=60.0).data.mean() - 0.6) < 4.5 * np.sqrt(0.24 / 9600)


def test_a_primary_counts_once_and_slow_electrons_not_at_all(nebula: Nebula) -> None:
    """The stand-in sends three electrons up for each that it reflects: 80 %, 40 % and 20 eV."""
    one_face = face(striped())
    (task,) = nebula.tasks(one_face, np.random.default_rng(0))
    exits = nebula.compute(task)
    energies, counts = np.unique(exits.energy.round(3), return_counts=True)
    assert energies.tolist() == [0.4, 0.8]
    assert counts[0] == counts[1] == len(np.unique(exits.primary))
    np.testing.assert_allclose(exits.polar_deg, 30, atol=1e-3)
    mean, _ = nebula.images(one_face, [exits])
    assert mean.sum() * 200 == pytest.approx(counts[0])


def test_detectors_are_applied_afterwards(materials: dict[str, Path]) -> None:
    detectors = (BSE, Detector("fast", energy_window=(0.7, 1.0)), Detector("axial", polar_window_deg=(0, 20)), Detector("half", acceptance=((0.5,),)))
    nebula = Nebula(executable=STAND_IN, materials=materials, electrons_per_pixel=50, detectors=detectors)
    stack = nebula.simulate(striped(), plan(0.0), energies_kev=[1.0, 2.0], rng=0)
    assert [str(channel) for channel in stack.channels[:4]] == ["1 keV bse", "1 keV fast", "1 keV axial", "1 keV half"]
    everything, fast, axial, half = stack.data[4:]
    assert np.array_equal(everything, fast)
    assert everything.max() > 0.4
    assert not axial.any()
    np.testing.assert_allclose(half, everything / 2, rtol=1e-6)


def test_the_same_seed_gives_the_same_electrons(nebula: Nebula) -> None:
    first, second = (simulated(nebula, striped(), 0.0, 5.0) for _ in range(2))
    assert first.data.tobytes() == second.data.tobytes()
    other = nebula.simulate(striped(), plan(0.0, 5.0), energies_kev=[1.0, 2.0], rng=8)
    assert other.data.tobytes() != first.data.tobytes()


def test_only_materials_that_occur_are_asked_for(materials: dict[str, Path]) -> None:
    del materials["epoxy"]
    block = LabelVolume(np.full((6, 2, 2), 2, np.uint8), (5.0, 2.5, 2.5), striped().phases)
    assert 0.3 < simulated(Nebula(executable=STAND_IN, materials=materials), block, 0.0).data.mean() < 0.9


def test_material_files_may_lie_in_a_folder(nebula: Nebula, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHFIB_NEBULA_MATERIALS", str(tmp_path))
    monkeypatch.setenv("SYNTHFIB_NEBULA", STAND_IN)
    assert np.array_equal(simulated(Nebula(), striped(), 0.0).data, simulated(nebula, striped(), 0.0).data)


def test_a_missing_material_is_one_sentence(materials: dict[str, Path]) -> None:
    nebula = Nebula(executable=STAND_IN, materials={"gold": materials["gold"]})
    with pytest.raises(MissingDependencyError, match=r"needs a material file for 'epoxy', there is none at .*epoxy\.mat'.*SYNTHFIB_NEBULA_MATERIALS"):
        simulated(nebula, striped(), 0.0)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("b'garbage'", "whole records of 36 bytes, 'detected.bin' has 7 bytes"),
        ("struct.pack('<7f2i', 0, 0, 0, float('nan'), 0, -1, 100, 0, 0)", "must be finite numbers"),
        ("struct.pack('<7f2i', 0, 0, 0, 0, 0, -1, 1e6, 0, 0)", "no more than their landing energy, 1 of 1 are not"),
        ("struct.pack('<7f2i', 0, 0, 0, 0, 0, 1, 100, 0, 0)", "leave upwards"),
        ("struct.pack('<7f2i', 0, 0, 0, 0, 0, -1, 100, 24, 0)", "1 of 1 are not"),
        ("struct.pack('<7f2i', 0, 0, 0, 0, 0, -1, 100, 0, 200)", "1 of 1 are not"),
        ("bytes(36)", "leave upwards"),
    ],
)
def test_garbage_is_one_sentence(nebula: Nebula, tmp_path: Path, output: str, words: str) -> None:
    program = tmp_path / "garbage.py"
    program.write_text(f"import struct, sys\nsys.stdout.buffer.write({output})\n")
    broken = Nebula(executable=f"{shlex.quote(sys.executable)} {shlex.quote(str(program))}", materials=nebula.materials)
    with pytest.raises(EngineError, match=words):
        simulated(broken, striped(), 0.0)


def test_no_electron_at_all_is_a_black_image(nebula: Nebula, tmp_path: Path) -> None:
    (tmp_path / "silent.py").write_text("")
    silent = Nebula(executable=f"{shlex.quote(sys.executable)} {shlex.quote(str(tmp_path / 'silent.py'))}", materials=nebula.materials)
    assert not simulated(silent, striped(), 0.0).data.any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"electrons_per_pixel": 0}, "between 1 and 1e9, got 0"),
        ({"detectors": ()}, "At least one detector"),
        ({"detectors": (BSE, BSE)}, "its own name"),
        ({"beam_sigma_nm": -1.0}, "0 nm or more"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Nebula(**options)  # type: ignore[arg-type]


def test_a_dry_run_needs_neither_program_nor_materials(tmp_path: Path) -> None:
    (line,) = Nebula(electrons_per_pixel=5).dry_run(striped(), plan(0.0), energies_kev=[2.0], rng=0, folder=tmp_path)
    assert "nebula_cpu_mt --energy-threshold 50 --seed " in line
    assert line.endswith("/epoxy.mat " + str(Path("gold.mat").resolve()) + " > detected.bin)")
    assert read_electrons(tmp_path / "00000" / "primaries.pri").dtype == ELECTRON
    assert len(read_triangles(tmp_path / "00000" / "geometry.tri").sides) > 0

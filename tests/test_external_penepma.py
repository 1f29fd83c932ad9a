"""PENEPMA: its files, an engine that stands in for it, and, where it is installed, the program itself."""

from __future__ import annotations

import io
import math
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.errors import EngineError, InputError, MissingDependencyError, UnsupportedError
from synthfib.physics.materials import VACUUM, material
from synthfib.rendering import render
from synthfib.simulators.external.layered_sample import LayeredSample
from synthfib.simulators.external.penepma import Bombardment, Penepma
from synthfib.simulators.external.penepma_files import read_results

GOLD, EPOXY = material("gold"), material("epoxy")
BULK_GOLD = ((GOLD, math.inf),)
GOLD_BELOW_EPOXY = LayeredSample(((EPOXY, 60.0), (GOLD, math.inf)))
FAKES = Path(__file__).parent / "fake_engines"
INSTALLED = shutil.which(Penepma().command_line[0]) is not None
real = pytest.mark.skipif(not INSTALLED, reason="needs PENEPMA itself: pip install 'synthfib[benchmark]' or set SYNTHFIB_PENEPMA")


@pytest.fixture
def program(tmp_path: Path) -> str:
    """The stand-in, laid out like the program: folders with programs and with data beside each other."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "pendbase" / "pdfiles").mkdir(parents=True)
    (tmp_path / "pendbase" / "pdfiles" / "pdcompos.pen").write_text("")
    for name in ("penepma", "material"):
        shutil.copy(FAKES / f"{name}.py", tmp_path / "bin" / name)
        (tmp_path / "bin" / name).chmod(0o755)
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(tmp_path / 'bin' / 'penepma'))}"


@pytest.fixture
def penepma(program: str) -> Penepma:
    return Penepma(executable=program, showers=1000)


def layered(*names: str) -> LabelVolume:
    """Layers of 5 nm."""
    phases = tuple(dict.fromkeys(names))
    labels = np.array([phases.index(name) for name in names], np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    return LabelVolume(labels, (5.0, 2.5, 2.5), tuple(material(name) for name in phases))


def plan(*positions_nm: float, tilt_deg: float = 0.0) -> MillingPlan:
    return MillingPlan(np.array(positions_nm), (2.5, 2.5), tilt_deg)


def test_a_flat_sample_comes_back_with_errors_of_one_standard_deviation(penepma: Penepma) -> None:
    found = penepma.bombard(BULK_GOLD, 2.0, rng=0)
    assert (found.primaries, found.electrons, found.transmitted) == (0.405, 0.464, 0.125)
    assert found.primaries_error == pytest.approx(math.sqrt(0.405 * 0.595 / 1000))
    assert (found.electrons_error, found.transmitted_error) == pytest.approx((0.008, 0.001))
    assert (found.showers, found.showers_per_s) == (1000, 20000)


@pytest.mark.parametrize(("secondaries", "value"), [(True, 0.464), (False, 0.405)])
def test_every_pixel_of_a_flat_face_is_the_same(program: str, secondaries: bool, value: float) -> None:
    engine = Penepma(executable=program, showers=1000, secondaries=secondaries)
    stack = render(layered(*["epoxy"] * 4, *["gold"] * 20), plan(0.0, 7.0), engine, energies_kev=[1.0, 2.0], rng=0)
    assert stack.data.shape == (2, 2, 2, 3)
    np.testing.assert_allclose(stack.data, value, rtol=1e-6)
    assert stack.standard_error is not None
    assert stack.standard_error.min() == stack.standard_error.max() > 0


def test_layers_follow_the_voxels_below_the_face(penepma: Penepma, tmp_path: Path) -> None:
    lines = penepma.dry_run(layered("epoxy", "epoxy", "vacuum", "gold"), plan(7.0), energies_kev=[20.0], rng=0, folder=tmp_path / "dry")
    geometry = (tmp_path / "dry" / "00000" / "sample.geo").read_text()
    depths_nm = [-1e7 * float(line[9:].split(",")[0]) for line in geometry.splitlines() if line.startswith("Z-SHIFT")]
    np.testing.assert_allclose(depths_nm, [0, 3, 8, 18, 23, 33], atol=1e-9)  # and their mirror image
    bodies = [line for line in geometry.splitlines() if line.startswith("MATERIAL")]
    assert bodies == ["MATERIAL(   1)", "MATERIAL(   2)", "MATERIAL(   1)"]
    simulation = (tmp_path / "dry" / "00000" / "simulation.in").read_text()
    assert "SENERG 20000\n" in simulation
    assert "DSMAX  2 1.000000E-07\n" in simulation
    assert simulation.count("MSIMPA 50 ") == 2
    assert [command.split(" < ")[1].split(" > ")[0] for command in lines[0].rstrip(")").split(" && ")[1:]] == [
        "material1.in",
        "material2.in",
        "simulation.in",
    ]


def test_materials_are_asked_for_by_mass_fractions(penepma: Penepma, tmp_path: Path) -> None:
    penepma.write_input(Bombardment(GOLD_BELOW_EPOXY, 2.0, 0.0, (1, 2)), tmp_path)
    epoxy = (tmp_path / "material1.in").read_text().splitlines()
    assert epoxy[:4] == ["1", "epoxy", "3", "2"]
    assert [int(line.split()[0]) for line in epoxy[4:7]] == [1, 6, 8]
    assert sum(float(line.split()[1]) for line in epoxy[4:7]) == pytest.approx(1)
    assert epoxy[7:] == ["2", "1.18", "2", "material1.mat"]
    assert (tmp_path / "material2.in").read_text().split() == ["1", "gold", "1", "79", "2", "19.3", "2", "material2.mat"]


def test_the_beam_comes_from_above_and_tilts(penepma: Penepma, tmp_path: Path) -> None:
    penepma.write_input(Bombardment(LayeredSample(BULK_GOLD), 2.0, 52.0, (11, 12)), tmp_path)
    words = dict(line.split(maxsplit=1) for line in (tmp_path / "simulation.in").read_text().splitlines())
    assert words["SDIREC"] == "128 0"
    assert words["RSEED"] == "11 12"
    assert float(words["NSIMSH"]) == 1000


def test_sides_that_are_not_flat_are_refused(penepma: Penepma) -> None:
    volume = layered("epoxy", "epoxy", "gold", "gold")
    volume.labels[2, 0, 0] = 0
    with pytest.raises(UnsupportedError, match="layers of one phase each, the one 10 nm below the face has several"):
        render(volume, plan(0.0), penepma, energies_kev=[4.0], rng=0)


def test_eleven_materials_are_too_many(penepma: Penepma) -> None:
    layers = tuple((Material(f"gold {density}", ((79, 1.0),), density), 1.0) for density in range(1, 12))
    with pytest.raises(UnsupportedError, match="10 materials at most, got 11"):
        penepma.bombard(layers, 2.0, rng=0)


def test_vacuum_alone_is_no_sample(penepma: Penepma) -> None:
    with pytest.raises(InputError, match="not vacuum"):
        penepma.bombard([(VACUUM, 5.0)], 2.0, rng=0)


@pytest.mark.parametrize("missing", ["bin/material", "pendbase"])
def test_every_part_of_it_must_be_there(penepma: Penepma, tmp_path: Path, missing: str) -> None:
    (tmp_path / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(MissingDependencyError, match=r"needs its (program 'material'|data folder 'pdfiles'), which is not at .*data_folder="):
        penepma.bombard(BULK_GOLD, 2.0, rng=0)
    if missing == "pendbase":
        moved = Penepma(executable=penepma.executable, showers=1000, data_folder=tmp_path / "elsewhere")
        assert moved.bombard(BULK_GOLD, 2.0, rng=0).primaries == 0.405


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "is missing"),
        ("", "must have a line 'Simulated primary showers'"),
        ("   Simulated primary showers ...............  1.0E+03\n", "must have a line 'Upbound primary particles'"),
    ],
)
def test_damaged_results_are_one_sentence(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "penepma-res.dat").write_text(text)
    with pytest.raises(EngineError, match=words):
        read_results(tmp_path / "penepma-res.dat")


def test_an_unfinished_run_is_an_error(penepma: Penepma, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "penepma"
    program.write_text(program.read_text().replace('float(lines["NSIMSH"][0])', "500.0"))
    with pytest.raises(EngineError, match="was to follow 1000 electrons, it followed 500"):
        penepma.bombard(BULK_GOLD, 2.0, rng=0)


def test_no_electrons_are_refused() -> None:
    with pytest.raises(InputError, match="between 1 and 1e9"):
        Penepma(showers=0)


@pytest.mark.filterwarnings("ignore")  # as they please
def test_their_own_readers_accept_the_files(penepma: Penepma, tmp_path: Path) -> None:
    reason = "needs the package pypenelopetools, which reads and writes PENELOPE's files"
    materials, inputs, geometries = (
        pytest.importorskip(f"pypenelopetools.{name}", reason=reason) for name in ("material", "penepma.input", "pengeom.geometry")
    )
    penepma.write_input(Bombardment(GOLD_BELOW_EPOXY, 2.0, 30.0, (11, 12)), tmp_path)
    epoxy, gold = (materials.Material.read_input(io.StringIO((tmp_path / f"material{number}.in").read_text())) for number in (1, 2))
    assert (epoxy.name, epoxy.density_g_per_cm3) == ("epoxy", 1.18)
    assert epoxy.composition == pytest.approx(dict(EPOXY.composition), abs=1e-8)
    geometry = geometries.Geometry()
    geometry.read(io.StringIO((tmp_path / "sample.geo").read_text()), {1: epoxy, 2: gold})
    assert {module.material for module in geometry.get_modules()} == {epoxy, gold}
    shifts_cm = sorted(surface.shift.z_cm for surface in geometry.get_surfaces() if surface.description == "Plane")
    np.testing.assert_allclose(shifts_cm, [-1 - 6e-6, -6e-6, 0], rtol=1e-12)
    simulation = inputs.PenepmaInput()
    simulation.read(io.StringIO((tmp_path / "simulation.in").read_text()))
    assert (simulation.SENERG.get(), simulation.SDIREC.get(), simulation.RSEED.get()) == ((2000,), (150, 0), (11, 12))
    assert (simulation.NSIMSH.get(), simulation.GEOMFN.get()) == ((1000,), ("sample.geo",))
    assert simulation.materials.get()[0] == (
        ("material1.mat", 50, 1e5, 1e5, 0, 0, 0, 0),
        ("material2.mat", 50, 1e5, 1e5, 0, 0, 0, 0),
    )


@real
@pytest.mark.slow
def test_gold_at_2_kev() -> None:
    """Reference values from 1e5 electrons, as many here; 0.01 is four standard errors of all electrons: a false alarm in 200 runs at most."""
    found = Penepma(showers=100_000).bombard(BULK_GOLD, 2.0, rng=1)
    assert found.primaries == pytest.approx(0.405, abs=0.01)
    assert found.electrons == pytest.approx(0.464, abs=0.01)
    assert found.transmitted == 0


@real
@pytest.mark.slow
def test_gold_through_60_nm_of_epoxy_at_2_kev() -> None:
    """The reference value has a standard error of 0.001, 40 000 electrons one of 0.0014; together four of them are 0.007."""
    assert Penepma(showers=40_000).bombard(GOLD_BELOW_EPOXY.layers, 2.0, rng=1).primaries == pytest.approx(0.086, abs=0.007)


@real
@pytest.mark.slow
def test_layers_of_one_material_are_a_bulk() -> None:
    engine = Penepma(showers=5000)
    stacked = [(GOLD, thickness_nm) for thickness_nm in (1.0, 2.0, 5.0, math.inf)]
    assert engine.bombard(stacked, 2.0, rng=3).primaries == engine.bombard(BULK_GOLD, 2.0, rng=3).primaries

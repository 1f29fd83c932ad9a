"""MCXray: its files against their published layout, and images from an engine that stands in for it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.errors import EngineError, InputError, UnsupportedError
from synthfib.physics.materials import material
from synthfib.rendering import render
from synthfib.simulators.external import mcxray_files as files
from synthfib.simulators.external.faces import Face, face_of
from synthfib.simulators.external.mcxray import MCXray, Spot, boxes_of
from synthfib.simulators.monte_carlo.detectors import BSE, Detector

STAND_IN = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).parent / 'fake_engines' / 'mcxray.py'))}"
THEIR_READERS = ("Specimen", "MicroscopeParameters", "SimulationParameters", "Models", "ResultsParameters", "SimulationInputs")
PHASES = (material("vacuum"), material("epoxy"), material("gold"))


def striped() -> LabelVolume:
    """Epoxy, gold and a vacuum slit with gold at its bottom, along x."""
    labels = np.array([1, 2, 0], np.uint8) * np.ones((8, 2, 1), np.uint8)
    labels[4:, :, 2] = 2
    return LabelVolume(labels, (5.0, 2.5, 2.5), PHASES)


def plan(tilt_deg: float = 0.0) -> MillingPlan:
    return MillingPlan(np.array([2.5]), (2.5, 2.5), tilt_deg)


def face() -> Face:
    return face_of(striped(), plan(), 0, 2.0)


def pairs(path: Path) -> dict[str, str]:
    return dict(line.split("=") for line in path.read_text().splitlines() if "=" in line and not line.startswith("*"))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (command,) = MCXray(executable="mcxray", electrons_per_pixel=300, beam_sigma_nm=1.0).write_input(Spot(face(), 4), tmp_path)
    assert command.shell_line == "mcxray spot.sim > stdout.txt"
    return tmp_path


def test_the_simulation_names_the_other_files(written: Path) -> None:
    names = pairs(written / "spot.sim")
    assert names.pop("Version") == "1.4.4"
    assert list(names) == ["specimen", "model", "microscope", "parameters", "map", "results"]
    assert sorted(path.name for path in written.iterdir()) == ["spot.mdl", "spot.mic", "spot.par", "spot.rp", "spot.sam", "spot.sim"]
    assert set(names.values()) - {path.name for path in written.iterdir()} == {"spot.mpp"}  # a map that MCXray does not look for


def test_the_beam_is_aimed_at_the_pixel_in_angstrom(written: Path) -> None:
    microscope = pairs(written / "spot.mic")
    assert (float(microscope["BeamPosX"]), float(microscope["BeamPosY"])) == (37.5, 37.5)
    assert float(microscope["BeamEnergy"]) == 2
    assert (float(microscope["BeamStandardDeviation"]), float(microscope["BeamDiameter"])) == (10, 33)
    parameters = pairs(written / "spot.par")
    assert (parameters["BaseFileName"], parameters["ElectronNbr"]) == ("spot", "300")
    assert set(pairs(written / "spot.rp").values()) == {"0", "1.4.4"}


def test_boxes_cover_the_block_once_and_reach_outwards() -> None:
    boxes, materials = boxes_of(face())
    assert sorted(m.name for m in materials) == ["epoxy", "gold", "gold"]
    inside = np.clip(boxes, [0, 0, 0, 0, 0, 0], [7.5, 7.5, 5, 5, 1e9, 1e9])
    widths = inside[:, 1::2] - inside[:, ::2]
    depth_nm = face().edges_nm[0][-1]
    by_name = {name: sum(w[0] * w[1] * min(w[2], depth_nm) for w, m in zip(widths, materials, strict=True) if m.name == name) for name in ("epoxy",)}
    assert by_name["epoxy"] == pytest.approx(2.5 * 5 * depth_nm)
    assert boxes[:, 0].min() == boxes[:, 2].min() == -1e6
    assert boxes[:, 4].min() == 0
    assert boxes[:, 5].max() > 1e6


def test_a_bulk_sample_is_one_box() -> None:
    block = LabelVolume(np.full((40, 4, 4), 2, np.uint8), (5.0, 2.5, 2.5), PHASES)
    boxes, (only,) = boxes_of(face_of(block, plan(), 0, 2.0))
    assert only == material("gold")
    assert len(boxes) == 1


def test_regions_are_boxes_in_angstrom_with_mass_fractions(written: Path) -> None:
    text = (written / "spot.sam").read_text()
    assert "NumberRegions=3\n" in text
    regions = text.split("NumberElements=")[1:]
    assert len(regions) == 3
    for region in regions:
        lines = region.strip().splitlines()
        fractions = [float(line.partition("=")[2]) for line in lines if line.startswith("WeightFraction")]
        assert len(fractions) == int(lines[0])
        assert sum(fractions) == pytest.approx(1)
        assert lines[-2] == "RegionType=BOX"
        x0, x1, y0, y1, z0, z1 = map(float, lines[-1].removeprefix("RegionParameters=").split())
        assert (y0, y1) == (-1e7, 1e7 + 50)
        assert 0 <= z0 < z1
        assert x0 < x1


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves files open
def test_their_own_readers_accept_the_files(written: Path) -> None:
    reason = "needs the package pymcxray, which reads and writes MCXray's files"
    their = {name: pytest.importorskip(f"pymcxray.FileFormat.{name}", reason=reason) for name in THEIR_READERS}

    def read(name: str, suffix: str) -> Any:
        reader = getattr(their[name], name)()
        reader.read(str(written / f"spot.{suffix}"))
        assert reader.version.toString() == "1.4.4"
        return reader

    specimen = read("Specimen", "sam")
    boxes, materials = boxes_of(face())
    assert specimen.numberRegions == len(specimen.regions) == 3
    for region, box, own in zip(specimen.regions, boxes, materials, strict=True):
        np.testing.assert_allclose([(element.atomicNumber, element.massFraction) for element in region.elements], own.composition)
        assert region.regionMassDensity_g_cm3 == own.density_g_cm3
        dimensions = region.regionDimensions
        edges = [getattr(dimensions, f"{end}{axis}") for axis in "XYZ" for end in ("minimum", "maximum")]
        np.testing.assert_allclose(edges, 10 * box)
    microscope = read("MicroscopeParameters", "mic")
    assert (microscope.beamEnergy_keV, microscope.beamPositionX_A, microscope.beamPositionY_A) == (2, 37.5, 37.5)
    assert (microscope.beamStandardDeviation_A, microscope.detectorCrystalAtomSymbol) == (10, "Si")
    parameters = read("SimulationParameters", "par")
    assert (parameters.baseFilename, parameters.numberElectrons, parameters.elasticCrossSectionScalingFactor) == ("spot", 300, 1)
    models = read("Models", "mdl")
    assert (models.modelAtomCrossSection, models.modelAtomCollision, models.modelSampleEnergyLoss, models.modelAtomMac) == (0, 1, 0, 3)
    results = read("ResultsParameters", "rp")
    assert not results.isComputeXrayCharacteristic
    inputs = read("SimulationInputs", "sim")
    assert (inputs.specimenFilename, inputs.microsopeFilename, inputs.resultParametersFilename) == ("spot.sam", "spot.mic", "spot.rp")


@pytest.fixture
def mcxray() -> MCXray:
    return MCXray(executable=STAND_IN, electrons_per_pixel=400)


def test_pixels_yield_what_lies_below_the_beam(mcxray: MCXray) -> None:
    stack = render(striped(), plan(), mcxray, energies_kev=[1.0, 2.0], rng=0)
    gold, epoxy = (round(400 * material(name).density_g_cm3 / 40) / 400 for name in ("gold", "epoxy"))
    assert stack.data.shape == (2, 1, 2, 3)
    np.testing.assert_allclose(stack.data, np.broadcast_to([epoxy, gold, gold], stack.data.shape), rtol=1e-6)
    assert stack.standard_error is not None
    np.testing.assert_allclose(stack.standard_error, np.sqrt(stack.data * (1 - stack.data) / 399), rtol=1e-5)


def test_detectors_are_applied_afterwards() -> None:
    """The stand-in's electrons leave 13.8 degrees from the normal, evenly in energy."""
    detectors = (
        BSE,
        Detector("fast", energy_window=(0.5, 1.0)),
        Detector("flat", polar_window_deg=(14, 90)),
        Detector("steep", polar_window_deg=(0, 14)),
    )
    mcxray = MCXray(executable=STAND_IN, electrons_per_pixel=400, detectors=detectors)
    everything, fast, flat, steep = mcxray.simulate(striped(), plan(), energies_kev=[2.0], rng=0).data
    np.testing.assert_allclose(fast, everything / 2, atol=0.5 / 400)
    assert not flat.any()
    assert np.array_equal(steep, everything)


def test_a_tilt_is_refused(mcxray: MCXray) -> None:
    with pytest.raises(UnsupportedError, match="a tilt of 52 degrees"):
        render(striped(), plan(52.0), mcxray, energies_kev=[2.0], rng=0)


HEADER = "X (nm), Y (nm), Z (nm), E (keV), Theta (rad)\n"
COUNTS = "Total simulated electrons = 400\nNumber of backscattered electrons = 1\n"


@pytest.mark.parametrize(
    ("exits", "counts", "words"),
    [
        (None, COUNTS, "is missing or not text"),
        ("", COUNTS, "lacks Z"),
        ("X (nm), Z (nm)\n", COUNTS, r"lacks E \(keV\), Theta \(rad\)"),
        (HEADER + "0, 0, 0, 1", COUNTS, "cut off or damaged"),
        (HEADER + "0, 0, 0, one, 3\n", COUNTS, "cut off or damaged"),
        (HEADER + "0, 0, 0, nan, 3\n", COUNTS, "must be finite numbers"),
        (HEADER + "0, 0, 0, 1, 3\n0, 0, -1, 1, 3\n", COUNTS, "counts 1 backscattered electrons, its list has 2"),
        (HEADER, None, "must say how many electrons"),
        (HEADER, "Total simulated electrons = many\n", "must say how many electrons"),
        (HEADER, COUNTS.replace("400", "399"), "was to follow 400 electrons, it followed 399"),
    ],
)
def test_damaged_output_is_one_sentence(mcxray: MCXray, tmp_path: Path, exits: str | None, counts: str | None, words: str) -> None:
    for name, text in (("spot_ElectronExitResults.csv", exits), ("spot_ElectronResults.dat", counts)):
        if text is not None:
            (tmp_path / name).write_text(text)
    with pytest.raises(EngineError, match=words):
        mcxray.read_output(Spot(face(), 0), tmp_path)


def test_transmitted_electrons_do_not_count(mcxray: MCXray, tmp_path: Path) -> None:
    (tmp_path / "spot_ElectronExitResults.csv").write_text(HEADER + "0, 0, 0, 1, 3\n0, 0, 90, 2, 0.1\n")
    (tmp_path / "spot_ElectronResults.dat").write_text(f"*** Results\n{COUNTS}")
    found = mcxray.read_output(Spot(face(), 5), tmp_path)
    assert (found.energy.tolist(), found.primary.tolist()) == ([0.5], [2000])
    assert found.polar_deg[0] == pytest.approx(np.degrees(np.pi - 3))


def test_all_columns_that_are_named_exist_in_the_published_reader() -> None:
    exits = pytest.importorskip("pymcxray.FileFormat.Results.ElectronExistResults", reason="needs the package pymcxray with scipy")
    assert set(files.EXIT_COLUMNS) == {exits.Z_nm, exits.E_keV, exits.THETA_rad}


def test_no_electrons_are_refused() -> None:
    with pytest.raises(InputError, match="between 1 and 1e9"):
        MCXray(electrons_per_pixel=0)

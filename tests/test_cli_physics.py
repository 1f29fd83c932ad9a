"""Electron physics on the command line: numbers, pictures, and one sentence for what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_eta_of_gold(synthfib: Run) -> None:
    """0.446 is published; 20 000 electrons have a standard error of 0.0035, 4 of them make a false alarm in 16 000."""
    said = synthfib("physics", "eta", "--material", "gold", "--energy-kev", 2, "--electrons", 20_000, "--seed", 1, "--json").json
    assert said["eta"] == pytest.approx(0.446, abs=0.008 + 4 * said["standard_error"])
    assert said["standard_error"] == pytest.approx(0.0035, rel=0.02)
    assert said["electrons_per_second"] > 1000
    assert said["layers"] == [{"material": "gold", "thickness_nm": None}]


def test_eta_is_plotted_beside_measurements(synthfib: Run, tmp_path: Path) -> None:
    out = tmp_path / "eta.png"
    arguments = ("physics", "eta", "--material", "Au", "--energies-kev", "1,2", "--electrons", 2000, "--out", out)
    said = synthfib(*arguments, "--json").json
    assert [result["energy_kev"] for result in said["results"]] == [1, 2]
    assert out.read_bytes().startswith(b"\x89PNG")
    again = synthfib(*arguments)
    assert again.code == 2
    assert "--force" in again.err


def test_layers_tilt_and_detectors_matter(synthfib: Run) -> None:
    def eta(*arguments: object) -> float:
        value = synthfib("physics", "eta", "--electrons", 5000, *arguments, "--json").json["eta"]
        assert isinstance(value, float)
        return value

    gold = eta()
    assert eta("--layers", "epoxy:20,gold") < gold - 0.05
    assert eta("--layers", "epoxy:20, SiO2@2.2") < gold - 0.2
    assert eta("--tilt-deg", 60) > gold + 0.05
    assert eta("--detector", "icd") < gold - 0.1
    assert eta("--energy-window", "0.5,1") < gold - 0.02
    assert eta("--elastic-model", "screened-rutherford") > gold + 0.1


def test_ranges(synthfib: Run) -> None:
    low, high = synthfib("physics", "range", "--material", "gold", "--energies-kev", "2,20", "--json").json["ranges"]
    assert low["kanaya_okayama_range_nm"] == pytest.approx(18.4, rel=0.01)
    assert low["transport_mean_free_path_nm"] == pytest.approx(4.71, rel=0.01)
    assert low["median_backscatter_depth_nm"] == pytest.approx(2.9, rel=0.03)
    assert high["median_backscatter_depth_nm"] is None
    assert high["csda_range_nm"] > low["csda_range_nm"]
    assert " - " in synthfib("physics", "range", "--energies-kev", "20").out


def test_cross_sections_of_models_beside_each_other(synthfib: Run, tmp_path: Path) -> None:
    out = tmp_path / "law.png"
    said = synthfib(
        "physics", "cross-section", "--material", "epoxy", "--energies-kev", "2", "--models", "partial-waves,browning", "--out", out, "--json"
    )
    elements, paths = said.json["elements"], said.json["mean_free_paths"]
    assert [(row["element"], row["model"]) for row in elements[:3]] == [("H", "partial-waves"), ("H", "browning"), ("C", "partial-waves")]
    assert elements[2]["transport_nm2"] == pytest.approx(0.11725e-3, rel=0.005)
    assert paths[0]["mean_free_path_nm"] == pytest.approx(6.25, rel=0.03)
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("sample", [("--material", "gold"), ("--layers", "epoxy:20,gold", "--tilt-deg", 52)])
def test_trajectories_are_drawn(synthfib: Run, tmp_path: Path, sample: tuple[object, ...]) -> None:
    out = tmp_path / "paths.png"
    said = synthfib("physics", "trajectories", *sample, "--drawn", 20, "--electrons", 2000, "--out", out, "--json").json
    assert 0 < said["eta"] < 1
    assert out.read_bytes().startswith(b"\x89PNG")


REFUSED = {
    "energy too low": ("eta --energy-kev 0.1", ["keV", "0.1"]),
    "energy in volts": ("eta --energies-kev 1,2000", ["keV", "2000"]),
    "energy nan": ("range --energies-kev nan", ["keV", "nan"]),
    "energy off the tables": ("cross-section --energies-kev 31", ["30 keV", "31"]),
    "energy that is no number": ("eta --energies-kev two", ["'two'"]),
    "no electrons": ("eta --electrons 0", ["electrons", "0"]),
    "no electrons for the histogram": ("trajectories --electrons 0 --out x.png", ["electrons", "0"]),
    "no trajectories": ("trajectories --drawn 0 --out x.png", ["--drawn"]),
    "unknown material": ("eta --material gould", ["'gould'", "gold"]),
    "unknown element": ("cross-section --material Xx2@3", ["element symbols", "'Xx2'"]),
    "formula without density": ("range --material SiO2", ["density", "SiO2@"]),
    "density 0": ("eta --material SiO2@0", ["density", "SiO2@0"]),
    "density inf": ("range --material Au@inf", ["density", "inf"]),
    "range in nothing": ("range --material vacuum", ["vacuum"]),
    "cross-section of nothing": ("cross-section --material vacuum", ["vacuum"]),
    "layer without thickness": ("eta --layers epoxy,gold", ["material:nm", "'epoxy'"]),
    "layer of no thickness": ("eta --layers epoxy:0,gold", ["'epoxy:0'"]),
    "layer thickness nan": ("eta --layers epoxy:nan,gold", ["'epoxy:nan'"]),
    "no layers": ("eta --layers ,", ["material:nm"]),
    "endless vacuum": ("eta --layers epoxy:10,vacuum", ["vacuum"]),
    "empty energy window": ("eta --energy-window 0.5,0.5", ["energy window", "0.5"]),
    "empty angle window": ("eta --polar-window-deg 40,10", ["polar angle window", "40"]),
    "window of one number": ("eta --energy-window 0.5", ["LOW,HIGH", "0.5"]),
    "unknown detector": ("eta --detector etd", ["detector", "'etd'"]),
    "unknown elastic model": ("eta --elastic-model mott", ["'mott'", "partial-waves"]),
    "unknown model to plot": ("cross-section --models mott --out x.png", ["'mott'"]),
    "unknown energy loss": ("eta --energy-loss bethe", ["csda", "'bethe'"]),
    "tilted too far": ("eta --tilt-deg 90", ["tilt", "90"]),
    "picture of another kind": ("eta --out x.jpg", [".png", "x.jpg"]),
    "folder of the picture is missing": ("trajectories --out nowhere/x.png", ["nowhere"]),
    "unknown command": ("etta", ["etta"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(synthfib: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    command, words = REFUSED[case]
    refused = synthfib("physics", *command.split())
    assert refused.code == 2, refused.err
    assert refused.out == ""
    assert refused.err.startswith("Error: ")
    assert refused.err.count("\n") == 1
    assert not [word for word in words if word not in refused.err], refused.err
    assert list(tmp_path.iterdir()) == []

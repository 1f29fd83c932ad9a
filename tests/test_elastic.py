"""Elastic cross-sections by model, for elements and materials, and the tables behind them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from synthfib.errors import InputError, UnknownNameError
from synthfib.physics import browning, elastic_tables, screened_rutherford
from synthfib.physics.elastic import elastic_scattering, inverse_mean_free_path_per_nm, inverse_transport_mean_free_path_per_nm
from synthfib.physics.elastic_tables import DEFLECTION, ENERGIES_KEV, SHIPPED
from synthfib.physics.materials import material, material_names


def test_integrals_of_the_closed_forms() -> None:
    fit, born = elastic_scattering(29, model="browning"), elastic_scattering(29, model="screened-rutherford")
    for i in (20, 50, 79):
        energy_kev = float(min(ENERGIES_KEV[i], 30))
        assert fit.total_nm2[i] == pytest.approx(browning.elastic_cross_section_nm2(29, energy_kev), rel=1e-6)
        assert fit.transport_nm2[i] == pytest.approx(browning.transport_cross_section_nm2(29, energy_kev), rel=1e-6)
        total = screened_rutherford.total_cross_section_nm2(29, energy_kev)
        assert born.total_nm2[i] == pytest.approx(total, rel=1e-6)
        alpha = screened_rutherford.screening_parameter(29, energy_kev)
        assert born.transport_nm2[i] == pytest.approx(total * screened_rutherford.mean_deflection(alpha), rel=1e-6)


# Screened Rutherford values in 1e-3 nm2: element, keV, total, transport.
@pytest.mark.parametrize(("z", "energy_kev", "total", "transport"), [(6, 1, 5.169, 0.414), (79, 1, 151.5, 38.44), (79, 20, 8.33, 0.2525)])
def test_screened_rutherford(z: int, energy_kev: float, total: float, transport: float) -> None:
    assert screened_rutherford.total_cross_section_nm2(z, energy_kev) == pytest.approx(total * 1e-3, rel=2e-3)
    mean = screened_rutherford.mean_deflection(screened_rutherford.screening_parameter(z, energy_kev))
    assert screened_rutherford.total_cross_section_nm2(z, energy_kev) * mean == pytest.approx(transport * 1e-3, rel=2e-3)


def test_mean_free_paths_of_materials() -> None:
    """Free-atom values in nm by ELSEPA at 1, 2 and 4 keV."""
    energies = np.array([1.0, 2.0, 4.0])
    gold, epoxy = material("gold"), material("epoxy")
    np.testing.assert_allclose(1 / inverse_mean_free_path_per_nm(gold, energies), [0.677, 0.925, 1.293], rtol=0.02)
    np.testing.assert_allclose(1 / inverse_mean_free_path_per_nm(epoxy, energies), [3.37, 6.25, 11.96], rtol=0.03)
    np.testing.assert_allclose(1 / inverse_transport_mean_free_path_per_nm(gold, energies), [2.44, 4.71, 10.76], rtol=0.005)


def test_vacuum_does_not_scatter() -> None:
    assert not inverse_mean_free_path_per_nm(material("vacuum"), np.array([0.1, 20.0])).any()


@pytest.mark.parametrize("energy_kev", [0.049, 30.1, float("nan")])
def test_energies_off_the_tables_are_refused(energy_kev: float) -> None:
    with pytest.raises(InputError, match=r"0\.05 to 30 keV"):
        inverse_mean_free_path_per_nm(material("gold"), np.array([1.0, energy_kev]))


def test_unknown_models_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="partial-waves"):
        elastic_scattering(6, model="partial-wave")


def test_every_named_material_is_shipped() -> None:
    assert {z for name in material_names() for z, _ in material(name).composition} <= set(SHIPPED)


def test_grids() -> None:
    assert (ENERGIES_KEV[0], ENERGIES_KEV[-1]) == pytest.approx((0.05, 30))
    assert np.ptp(np.diff(np.log(ENERGIES_KEV))) < 1e-12
    assert (DEFLECTION[0], DEFLECTION[-1]) == (0, pytest.approx(2))
    assert np.all(np.diff(DEFLECTION) > 0)


def test_the_shipped_file_holds_plain_numbers() -> None:
    path = Path(elastic_tables.__file__).with_suffix(".npz")
    assert path.stat().st_size < 2_000_000
    with np.load(path, allow_pickle=False) as tables:
        assert sorted(tables.files) == sorted(f"z{z}" for z in SHIPPED)
        assert all(np.all(tables[name] > 0) for name in tables.files)


@pytest.fixture
def computations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An empty cache, and a stand-in for the computation that notes what it was asked for."""
    asked: list[int] = []

    def compute(z: int, *, on_progress: elastic_tables.OnProgress | None = None) -> np.ndarray:
        asked.append(z)
        if on_progress is not None:
            on_progress(1, 1)
        return np.full((ENERGIES_KEV.size, DEFLECTION.size), z, np.float32)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(elastic_tables, "computed", compute)
    return asked


def test_other_elements_are_computed_once(computations: list[int]) -> None:
    heard: list[tuple[int, int]] = []
    for _ in range(2):
        assert np.all(elastic_tables.tabulated(22, on_progress=lambda *done: heard.append(done)) == 22)
    assert computations == [22]
    assert heard == [(1, 1)]
    elastic_tables.tabulated(79)
    assert computations == [22]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "folder", "other grid"])
def test_damaged_caches_are_replaced(computations: list[int], damage: str) -> None:
    elastic_tables.tabulated(22)
    path = elastic_tables.cached_file(22)
    assert path is not None
    whole = path.read_bytes()
    middle = len(whole) // 2
    broken = {
        "cut": whole[:middle],
        "empty": b"",
        "text": b"not a table",
        "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
    }
    if damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "other grid":
        np.savez(path, z22=np.ones((3, 4), np.float32))
    else:
        path.write_bytes(broken[damage])
    assert np.all(elastic_tables.tabulated(22) == 22)
    assert computations == [22, 22]
    if damage != "folder":
        assert path.read_bytes() == whole


def test_unusable_cache_folders_are_no_error(computations: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert np.all(elastic_tables.tabulated(22) == 22)
    assert computations == [22]


def test_the_cache_is_where_the_desktop_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    path = elastic_tables.cached_file(22)
    assert path is not None
    assert path.parent == tmp_path / ".cache" / "synthfib"


def test_written_tables_are_the_same_bytes(computations: list[int], tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        elastic_tables.write_shipped(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert zipfile.ZipFile(tmp_path / "one.npz").testzip() is None
    assert computations == [*SHIPPED, *SHIPPED]


@pytest.mark.slow
@pytest.mark.parametrize("z", [6, 79])
def test_shipped_tables_are_what_the_code_computes(z: int) -> None:
    energies: list[int] = []
    again = elastic_tables.computed(z, on_progress=lambda done, _: energies.append(done))
    np.testing.assert_allclose(again, elastic_tables.tabulated(z), rtol=1e-5)
    assert energies == list(range(1, ENERGIES_KEV.size + 1))

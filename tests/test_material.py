import pytest

from synthfib.data.material import Material
from synthfib.errors import InputError, UnknownNameError
from synthfib.physics.elements import ATOMIC_NUMBER, ATOMIC_WEIGHT, DENSITY_G_CM3, mass_fractions
from synthfib.physics.materials import material, material_names


def test_epoxy_has_the_mass_fractions_of_its_formula() -> None:
    fractions = dict(material("epoxy").composition)
    assert fractions == pytest.approx({1: 0.0711, 6: 0.7409, 8: 0.1880}, abs=2e-4)


def test_every_name_gives_a_material_that_survives_a_round_trip() -> None:
    for name in material_names():
        assert Material.from_dict(material(name).to_dict()) == material(name)


def test_vacuum_is_a_material_of_nothing() -> None:
    assert material("vacuum").is_vacuum
    assert not material("gold").is_vacuum


def test_the_periodic_table_is_in_order() -> None:
    assert [ATOMIC_NUMBER[s] for s in ("H", "C", "O", "Al", "Cu", "Ag", "Au", "U")] == [1, 6, 8, 13, 29, 47, 79, 92]
    assert len(ATOMIC_WEIGHT) == 92
    assert ATOMIC_WEIGHT[79] == pytest.approx(196.97)


@pytest.mark.parametrize("formula", ["", "Xx2", "C0", "2C", "C-1", "Al(OH)3"])
def test_a_bad_formula_is_refused(formula: str) -> None:
    with pytest.raises(InputError, match="formula"):
        mass_fractions(formula)


@pytest.mark.parametrize(
    ("composition", "density"),
    [(((79, 0.5),), 19.3), (((79, 1.0),), 0.0), ((), 1.0), (((120, 1.0),), 1.0), (((79, 1.0),), -1.0), (((79, 1.0),), float("nan"))],
)
def test_an_impossible_material_is_refused(composition: tuple[tuple[int, float], ...], density: float) -> None:
    with pytest.raises(InputError):
        Material("odd", composition, density)


def test_an_unknown_material_names_its_neighbours() -> None:
    with pytest.raises(UnknownNameError, match="did you mean gold"):
        material("golf")


def test_every_element_is_a_material() -> None:
    assert len(DENSITY_G_CM3) == 92
    for symbol, z in ATOMIC_NUMBER.items():
        assert material(symbol).composition == ((z, 1.0),)
    assert [material(symbol).density_g_cm3 for symbol in ("Fe", "W", "U")] == [7.874, 19.30, 18.95]
    # Close to the named materials, which are not bound to this table.
    assert material("Au").density_g_cm3 == pytest.approx(material("gold").density_g_cm3, rel=0.01)


def test_a_formula_with_its_density_is_a_material() -> None:
    glass = material("SiO2@2.2")
    assert dict(glass.composition) == pytest.approx({8: 0.5326, 14: 0.4674}, abs=1e-4)
    assert glass.density_g_cm3 == 2.2
    assert Material.from_dict(glass.to_dict()) == glass


def test_dealloyed_gold_keeps_two_atoms_of_silver_in_a_hundred() -> None:
    alloy = dict(material("dealloyed-gold").composition)
    assert alloy[47] / ATOMIC_WEIGHT[47] / (alloy[47] / ATOMIC_WEIGHT[47] + alloy[79] / ATOMIC_WEIGHT[79]) == pytest.approx(0.02)
    gold, silver = material("gold"), material("silver")
    volume = alloy[79] / gold.density_g_cm3 + alloy[47] / silver.density_g_cm3
    assert material("dealloyed-gold").density_g_cm3 == pytest.approx(1 / volume, rel=1e-3)


@pytest.mark.parametrize("name", ["SiO2@0", "SiO2@-1", "SiO2@nan", "SiO2@inf", "SiO2@", "SiO2@heavy", "SiO2@2.2@3"])
def test_a_formula_needs_a_density_above_zero(name: str) -> None:
    with pytest.raises(InputError, match="density"):
        material(name)


@pytest.mark.parametrize(
    ("name", "words"), [("SiO2", "density"), ("Xx2@3", "formula"), ("@3", "formula"), ("Qq", "Unknown material"), ("", "material")]
)
def test_a_name_that_is_no_material_is_refused(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        material(name)

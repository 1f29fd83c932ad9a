import pytest

from synthfib.data.material import Material
from synthfib.errors import InputError, UnknownNameError
from synthfib.physics.elements import ATOMIC_NUMBER, ATOMIC_WEIGHT, mass_fractions
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

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.catalogue import (
    CorpusRecipe,
    MillingFaultsRecipe,
    PositionMeasurementRecipe,
    SliceThicknessRecipe,
    SplitSizes,
    dump_recipe,
    list_recipes,
    load_corpus,
    load_material,
    load_microscope,
    small_edition,
)
from synthfib.corpus.build import build_volume
from synthfib.corpus.recipe import make_generator, recipe_digest, resolve, slice_thickness, stage_seed
from synthfib.corpus.volume import make_structure, milling_plan, structure_shape
from synthfib.data.milling import SliceThickness
from synthfib.data.milling_faults import MillingFaults
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.errors import InputError, RecipeError, UnknownNameError


def tiny(**changes: Any) -> CorpusRecipe:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        materials=("npg", "hnpg-vacuum"),
        microscope="helios-g3-multi-voltage",
        energies_kev=(2.0,),
        voxel_size_nm=5.0,
        slices=3,
        pixels=(16, 12),
        splits=SplitSizes(train=2, validation=1, test=1),
    )
    return recipe.model_copy(update=changes)


def test_a_generator_is_what_the_recipe_says() -> None:
    volume = make_generator(load_material("hnpg")).generate((24, 24, 24), (5.0, 5.0, 5.0), rng=1)
    assert volume.solid_fraction == pytest.approx(0.123, abs=1 / 24**3)
    assert [phase.name for phase in volume.phases] == ["epoxy", "gold"]
    assert dict(volume.provenance.steps[0].parameters)["ligament_diameters_nm"] == [110, 15]


def test_slice_thickness_is_what_the_recipe_says() -> None:
    assert slice_thickness(load_microscope("helios-g3").slice_thickness) == SliceThickness(10.16, 3.12, None)
    assert slice_thickness(SliceThicknessRecipe(mean_nm=10, grid_nm=2.5)) == SliceThickness(10, 0, 2.5)
    faulty = SliceThicknessRecipe(mean_nm=10, faults=MillingFaultsRecipe(drift_std_nm=1), measurement=PositionMeasurementRecipe())
    assert slice_thickness(faulty) == SliceThickness(10, faults=MillingFaults(1), measurement=PositionMeasurement())


def test_seeds_differ_by_everything_and_stay() -> None:
    seeds = [stage_seed(s, v, t) for s in (0, 1, 2**62) for v in (0, 1) for t in ("train/milling", "test/milling", "train/structure")]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert stage_seed(1, 0, "train/milling") == 7548623886570438202


def test_volumes_stay_when_a_split_grows() -> None:
    small, large = tiny(), tiny(splits=SplitSizes(train=5, validation=1, test=1))
    assert np.array_equal(build_volume(small, 3).images, build_volume(large, 6).images)
    assert not np.array_equal(build_volume(small, 2).images, build_volume(small, 3).images)


def test_a_volume_is_what_the_recipe_says() -> None:
    stack = build_volume(tiny(), 1)
    assert stack.shape == (1, 3, 16, 12)
    assert [phase.name for phase in stack.phases] == ["vacuum", "gold"]
    assert stack.plan.pixel_size_nm == (5.0, 5.0)
    assert stack.labels is not None
    assert stack.depth_to_solid_nm is not None
    assert stack.channels[0].energy_kev == 2.0
    assert np.array_equal(stack.images, build_volume(tiny(), 1).images)


def test_a_volume_that_is_not_there() -> None:
    with pytest.raises(InputError, match="volumes 0 to 3, got 4"):
        build_volume(tiny(), 4)


def test_the_corpus_overrides_its_microscope() -> None:
    resolved = resolve(tiny(energies_kev=None, simulator="mock", slice_thickness=SliceThicknessRecipe(mean_nm=10.0, std_nm=0.0)))
    assert resolved.energies_kev == (1, 2, 4)
    assert resolved.simulator == "mock"
    assert resolve(tiny(degradations="good-day")).microscope.degradations == "good-day"
    assert milling_plan(resolved, resolved.places[0]).positions_nm.tolist() == [0, 10, 20]


def test_digest_follows_content_not_spelling(tmp_path: Path) -> None:
    recipe = tiny()
    digest = recipe_digest(recipe)
    assert recipe_digest(recipe.model_copy(update={"materials": ("nanoporous-gold", "hnpg-vacuum")})) == digest
    assert recipe_digest(recipe.model_copy(update={"seed": 8})) != digest
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(recipe))
    assert recipe_digest(load_corpus(path)) == digest


def test_digest_follows_the_recipes_that_are_named(tmp_path: Path) -> None:
    npg = load_material("npg")
    for solid_fraction in (0.3, 0.31):
        structure = npg.structure.model_copy(update={"solid_fraction": solid_fraction})
        (tmp_path / f"{solid_fraction}.yaml").write_text(dump_recipe(npg.model_copy(update={"structure": structure})))
    same, other = (recipe_digest(tiny(materials=(str(tmp_path / f"{f}.yaml"),))) for f in (0.3, 0.31))
    assert same == recipe_digest(tiny(materials=("npg",)))
    assert other != same
    with pytest.raises(RecipeError, match="two different materials called 'nanoporous-gold'"):
        resolve(tiny(materials=("npg", str(tmp_path / "0.31.yaml"))))


@pytest.mark.parametrize(
    "changes", [{"materials": ("npgg",)}, {"microscope": "helios"}, {"simulator": "depth-wieghted"}, {"materials": ("npg", "unobtainium")}]
)
def test_unknown_names_are_found_before_any_work(changes: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError):
        resolve(tiny(**changes))


@pytest.mark.parametrize(
    "title", ["1e3", "no", "12:30", "0777", "null", "a: b", "# x", "é \U0001f52c", "'", '"', "- x", "*x", "&x", "!x", "2020-01-01", ".5"]
)
def test_any_text_survives_dump_and_load(tmp_path: Path, title: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(tiny(title=title)), encoding="utf-8")
    assert load_corpus(path).title == title


@pytest.mark.parametrize("voxel_size_nm", [0.1, 1 / 3, 1e5, 12345.678901234567])
def test_numbers_survive_dump_and_load(tmp_path: Path, voxel_size_nm: float) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(tiny(voxel_size_nm=voxel_size_nm)))
    assert load_corpus(path) == tiny(voxel_size_nm=voxel_size_nm)


@pytest.mark.parametrize("name", [listing.name for listing in list_recipes("material")])
def test_every_material_can_be_drawn(name: str) -> None:
    """Whatever has a fraction meets it."""
    recipe = load_material(name)
    volume = make_generator(recipe).generate((32, 32, 32), (5.0, 5.0, 5.0), rng=1)
    names = (recipe.phases.pore, recipe.phases.solid, recipe.phases.second_solid)
    assert [phase.name for phase in volume.phases] == [name for name in names if name]
    assert volume.provenance.steps[-1].name == recipe.structure.generator
    wanted = getattr(recipe.structure, "solid_fraction", 1 - getattr(recipe.structure, "porosity", float("nan")))
    if not math.isnan(wanted):
        assert volume.solid_fraction == pytest.approx(wanted, abs=0.51 / 32**3)


def test_another_solid_fraction_suits_those_who_count_pores() -> None:
    generator = make_generator(load_material("rpgm"), solid_fraction=0.4)
    assert generator.generate((24, 24, 24), (5.0, 5.0, 5.0), rng=1).solid_fraction == pytest.approx(0.4, abs=1e-4)
    with pytest.raises(InputError, match="no solid fraction to choose"):
        make_generator(load_material("calibration-bulk"), solid_fraction=0.4)


def test_one_structure_is_milled_several_times() -> None:
    """Siblings share the structure, its seed and its depth, and differ in their slices."""
    resolved = resolve(tiny(thickness_draws=3, splits=SplitSizes(train=2, validation=0, test=1)))
    assert [place.name for place in resolved.places] == [*(f"train-{i:03d}" for i in range(6)), *(f"test-{i:03d}" for i in range(3))]
    first, second, *_ = resolved.places
    assert [place.name for place in resolved.siblings(second)] == ["train-000", "train-001", "train-002"]
    assert resolved.seed(first, "structure") == resolved.seed(second, "structure") != resolved.seed(resolved.places[3], "structure")
    assert resolved.seed(first, "milling") != resolved.seed(second, "milling")
    assert structure_shape(resolved, first) == structure_shape(resolved, second)
    assert make_structure(resolved, first) is make_structure(resolved, second), "drawn once"
    assert not np.array_equal(make_structure(resolved, first).labels, make_structure(resolved, resolved.places[3]).labels)


def test_a_small_edition_changes_sizes_and_nothing_else() -> None:
    recipe = load_corpus("hnpg-multivoltage")
    small = small_edition(recipe)
    assert small.name == "hnpg-multivoltage-small"
    assert recipe.small is not None
    assert (small.slices, small.pixels, small.splits) == (recipe.small.slices, recipe.small.pixels, recipe.small.splits)
    assert (small.seed, small.materials, small.energies_kev) == (recipe.seed, recipe.materials, recipe.energies_kev)
    with pytest.raises(RecipeError, match="'hnpg-multivoltage-small' has no small edition"):
        small_edition(small)

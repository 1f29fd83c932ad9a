from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from synthfib import catalogue
from synthfib.catalogue import Kind, LeveledWaveRecipe, load_corpus, load_material, load_microscope
from synthfib.catalogue.finding import catalogue_root
from synthfib.catalogue.json_schema import json_schema, schema_text
from synthfib.errors import InputError, RecipeError, UnknownNameError

KINDS: tuple[Kind, ...] = ("material", "microscope", "corpus")

MATERIAL: dict[str, Any] = {
    "schema": "synthfib/material@1",
    "name": "sponge",
    "title": "A sponge",
    "structure": {"generator": "leveled-wave", "ligament_diameters_nm": [40, 10.5], "solid_fraction": 0.25},
    "phases": {"pore": "vacuum", "solid": "gold"},
}

PACKING: dict[str, Any] = {"generator": "boolean-model", "grains": {"shape": "cube"}, "solid_fraction": 0.3}
COPY: dict[str, Any] = {"generator": "self-similar", "base": {"generator": "plurigaussian"}, "mask_scale": 0.1, "solid_fraction": 0.1}
THREE: dict[str, Any] = {
    "generator": "plurigaussian",
    "ligament_diameter_nm": 20,
    "domain_diameter_nm": 30,
    "solid_fraction": 0.6,
    "second_solid_fraction": 0.3,
}


def write(folder: Path, recipe: dict[str, Any], name: str = "recipe.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return path


def changed(**changes: Any) -> dict[str, Any]:
    return {**MATERIAL, **changes}


def structure(**changes: Any) -> dict[str, Any]:
    return changed(structure={**MATERIAL["structure"], **changes})


def problem(folder: Path, recipe: dict[str, Any]) -> str:
    with pytest.raises(RecipeError) as caught:
        load_material(write(folder, recipe))
    return str(caught.value)


@pytest.mark.parametrize("folder", ["generators", "simulators", "datasets"])
def test_catalogue_folders_hold_no_python(folder: str) -> None:
    found = sorted(path for path in (catalogue_root() / folder).rglob("*") if path.is_file())
    assert found
    assert {path.suffix for path in found} <= {".yaml", ".md"}


def test_an_installed_package_brings_its_own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "synthfib"
    monkeypatch.setattr("synthfib.catalogue.finding.files", lambda name: package)
    (tmp_path / "generators").mkdir()
    package.mkdir()
    write(tmp_path / "generators", MATERIAL, "sponge.yaml")
    assert load_material("sponge").title == "A sponge"
    (package / "_catalogue" / "generators").mkdir(parents=True)
    write(package / "_catalogue" / "generators", changed(title="Shipped"), "sponge.yaml")
    assert load_material("sponge").title == "Shipped"


@pytest.mark.parametrize("kind", KINDS)
def test_every_recipe_validates_and_is_named_as_its_file(kind: Kind) -> None:
    listings = catalogue.list_recipes(kind)
    assert listings
    for listing in listings:
        assert listing.name == (listing.path.parent.name if kind == "corpus" else listing.path.stem)
    names = [name for listing in listings for name in (listing.name, *listing.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_every_recipe_has_references(kind: Kind) -> None:
    load = {"material": load_material, "microscope": load_microscope, "corpus": load_corpus}[kind]
    for listing in catalogue.list_recipes(kind):
        assert load(listing.name).references, listing.name


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_json_schema_is_the_generated_one(kind: Kind) -> None:
    shipped = Path(catalogue.__file__).parent / "schemas" / f"{kind}.json"
    assert shipped.read_text(encoding="utf-8") == schema_text(kind)
    assert json.loads(shipped.read_text()) == json_schema(kind)


def test_json_schema_names_the_schema_key_and_forbids_others() -> None:
    schema = json_schema("material")
    assert {"schema", "name", "title", "structure", "phases"} == set(schema["required"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", ["npg", "npg-epoxy", "nanoporous-gold"])
def test_aliases_lead_to_the_same_recipe(name: str) -> None:
    assert load_material(name).name == "nanoporous-gold"


def test_the_numbers_of_the_first_recipes() -> None:
    hnpg = load_material("hnpg")
    assert isinstance(hnpg.structure, LeveledWaveRecipe)
    assert hnpg.structure.ligament_diameters_nm == (110, 15)
    assert hnpg.structure.solid_fraction == 0.123
    assert (hnpg.phases.pore, hnpg.phases.solid) == ("epoxy", "gold")
    assert load_material("hnpg-vacuum").phases.pore == "vacuum"
    assert load_material("npg-vacuum").structure == load_material("npg").structure
    microscope = load_microscope("helios-g3-multi-voltage")
    assert microscope.energies_kev == (1, 2, 4)
    assert microscope.beam_current_pa == 50
    assert (microscope.slice_thickness.mean_nm, microscope.slice_thickness.std_nm) == (10.16, 3.12)
    corpus = load_corpus("hnpg-multivoltage")
    assert corpus.pixels == (512, 512)
    assert (corpus.splits.train, corpus.splits.validation, corpus.splits.test) == (6, 2, 2)
    assert corpus.slice_thickness is not None
    assert corpus.slice_thickness.grid_nm == corpus.voxel_size_nm, "no face within a voxel"


@pytest.mark.parametrize("corpus", [listing.name for listing in catalogue.list_recipes("corpus")])
def test_what_a_corpus_names_exists(corpus: str) -> None:
    recipe = load_corpus(corpus)
    assert all(load_material(name) for name in recipe.materials)
    assert load_microscope(recipe.microscope)
    for name in ("card.md", "datasheet.md", "CHANGELOG.md"):
        assert catalogue.corpus_words(corpus, name)
        assert catalogue.corpus_words(f"{corpus}-small", name) == catalogue.corpus_words(corpus, name)


def test_an_unknown_corpus_has_no_words() -> None:
    assert catalogue.corpus_words("nobody-wrote-this", "card.md") is None


def test_near_matches_of_an_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown material 'nanoporous-glod': did you mean nanoporous-gold"):
        load_material("nanoporous-glod")
    with pytest.raises(UnknownNameError, match=r"Unknown corpus 'npg': known: .*quickstart"):
        load_corpus("npg")


@pytest.mark.parametrize("name", ["../generators/nanoporous-gold", "/etc/passwd", "..", "a\\b", "nanoporous-gold\0", ""])
def test_a_name_never_becomes_a_path(name: str) -> None:
    with pytest.raises(InputError):
        load_material(name)


def test_paths_must_exist_and_end_in_yaml(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no material recipe"):
        load_material(tmp_path / "missing.yaml")
    (tmp_path / "recipe.txt").write_text("a: 1")
    with pytest.raises(InputError, match=r"a file ending in \.yaml"):
        load_material(tmp_path / "recipe.txt")


def test_whole_numbers_and_lists_are_accepted(tmp_path: Path) -> None:
    recipe = load_material(write(tmp_path, MATERIAL))
    assert isinstance(recipe.structure, LeveledWaveRecipe)
    assert recipe.structure.ligament_diameters_nm == (40.0, 10.5)
    assert isinstance(recipe.structure.ligament_diameters_nm[0], float)
    assert recipe.structure.n_waves == 1000


def test_recipes_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_material("npg").title = "other"


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (structure(solid_fraction=0), "line 9: structure.solid_fraction must be above 0, got 0."),
        (structure(solid_fraction=1.2), "line 9: structure.solid_fraction must be below 1, got 1.2."),
        (structure(solid_fraction="0.3"), 'structure.solid_fraction must be a number, got "0.3".'),
        (structure(solid_fraction=True), "structure.solid_fraction must be a number, got true."),
        (structure(ligament_diameters_nm=[]), "structure.ligament_diameters_nm needs 1 or more values, got []."),
        (structure(ligament_diameters_nm=[9, 8, 7, 6]), "structure.ligament_diameters_nm may have 3 values at most"),
        (structure(ligament_diameters_nm=[15, 110]), "must run from the coarsest to the finest, got [15, 110]."),
        (structure(ligament_diameters_nm=25), "structure.ligament_diameters_nm must be a list, got 25."),
        (structure(ligament_diameters_nm=[-25]), "structure.ligament_diameters_nm.0 must be 0.01 or more, got -25."),
        (structure(ligament_diameters_nm=[2.5e-8]), "lengths are in nanometres, multiply metres by 1e9."),
        (structure(n_waves=2.5), "structure.n_waves must be a whole number, got 2.5."),
        (structure(generator="magic"), "line 5: structure.generator must be one of 'leveled-wave', 'random-pores', "),
        (changed(structure={"solid_fraction": 0.3}), "line 4: structure.generator is required, add it."),
        (structure(porosity=0.3), "structure.porosity is not a known key; known keys are generator, ligament_diameters_nm, n_waves, solid_fraction."),
        (changed(structure=PACKING), "structure.grains.shape must be one of 'sphere', 'cylinder', 'ellipsoid', got \"cube\"."),
        (changed(structure=COPY), "structure.base.generator must be one of 'leveled-wave', 'random-pores', 'boolean-model', got \"plurigaussian\"."),
        (changed(structure=THREE), "the recipe must name phases.second_solid"),
        (changed(phases={"pore": "vacuum", "solid": "gold", "second_solid": "silver"}), "must not name phases.second_solid"),
        (changed(structure=None), "line 4: structure must be a mapping of keys to values, got null."),
        (changed(name="Bad Name"), "line 2: name must be lower-case words and digits joined by hyphens"),
        (changed(references=["Smith 2020"]), "references.0 must be a DOI (10.1234/...) or a web address"),
        (changed(titel="x"), "line 13: titel is not a known key; did you mean title?"),
        (changed(zzz=1), "zzz is not a known key; known keys are aliases, name"),
        (changed(phases={"pore": "vacuum"}), "phases.solid is required, add it."),
        (changed(phases={"pore": "vacuum", "sollid": "gold"}), "phases.sollid is not a known key; did you mean solid?"),
        (changed(schema="synthfib/corpus@1"), "line 1: schema says that this is a corpus recipe, a material recipe is required."),
        (changed(schema="synthfib/material@7"), "schema must be 'synthfib/material@1', got \"synthfib/material@7\"."),
    ],
)
def test_a_bad_value_is_one_sentence_with_its_line(tmp_path: Path, recipe: dict[str, Any], sentence: str) -> None:
    text = problem(tmp_path, recipe)
    assert sentence in text
    assert "\n" not in text


def test_infinity_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(MATERIAL).replace("0.25", "1e999"))
    with pytest.raises(RecipeError, match="solid_fraction must be"):
        load_material(path)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    recipe = structure(solid_fraction=1.2, n_waves=0, ligament_diameter_nm=[1])
    del recipe["structure"]["ligament_diameters_nm"], recipe["title"]
    recipe["extra"] = 1
    lines = problem(tmp_path, recipe).splitlines()
    assert lines[0].endswith("recipe.yaml has 5 problems:")
    assert lines[1:] == [
        "  line 1: title is required, add it.",
        "  line 5: structure.solid_fraction must be below 1, got 1.2.",
        "  line 6: structure.n_waves must be 1 or more, got 0.",
        "  line 7: structure.ligament_diameter_nm is not a known key; did you mean ligament_diameters_nm?",
        "  line 12: extra is not a known key; known keys are aliases, name, phases, references, schema, structure, title.",
    ]


@pytest.mark.parametrize("content", ["3", "[1, 2]", "text", "null", "a: [\ud83d]".encode("utf-8", "replace").decode()])
def test_what_is_no_mapping_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(content)
    with pytest.raises(RecipeError):
        load_material(path)


def test_lone_surrogates_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(MATERIAL).replace("A sponge", '"\\ud800"'))
    with pytest.raises(RecipeError) as caught:
        load_material(path)
    str(caught.value).encode()


CORPUS: dict[str, Any] = {
    "schema": "synthfib/corpus@1",
    "name": "mine",
    "title": "Mine",
    "version": "1.0.0",
    "license": "CC0-1.0",
    "seed": 1,
    "materials": ["npg", "materials/sponge.yaml"],
    "microscope": "helios-g3",
    "voxel_size_nm": 2.5,
    "slices": 2,
    "pixels": [8, 8],
    "splits": {"train": 1, "validation": 0, "test": 0},
}


def test_paths_in_a_corpus_recipe_are_relative_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "materials").mkdir()
    sponge = write(tmp_path / "materials", MATERIAL, "sponge.yaml")
    write(tmp_path, CORPUS)
    monkeypatch.chdir(tmp_path.parent)
    recipe = load_corpus(f"{tmp_path.name}/recipe.yaml")
    assert recipe.materials == ("npg", str(sponge))
    assert load_material(recipe.materials[1]).name == "sponge"


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("slice_thickness", {"mean_nm": -10}, "slice_thickness.mean_nm must be 0.01 or more, got -10."),
        ("slice_thickness", {"mean_nm": 10, "std": 3}, "slice_thickness.std is not a known key; did you mean std_nm?"),
        ("voxel_size_nm", 2.5e-9, "voxel_size_nm must be 0.01 or more, got 2.5e-09; lengths are in nanometres, multiply metres by 1e9."),
        ("energies_kev", [2, 2.0], "energies_kev must not name an energy twice"),
        ("energies_kev", [2000], "energies_kev.0 must be 10 or less, got 2000."),
        ("splits", {"train": 0, "validation": 0, "test": 0}, "splits must hold at least one volume"),
        ("pixels", [8], "pixels"),
        ("seed", -1, "seed must be 0 or more, got -1."),
        ("version", "1.0", "version must be a version such as 1.0.0"),
        ("materials", [], "materials needs 1 or more values"),
    ],
)
def test_bad_corpus_recipes(tmp_path: Path, key: str, value: Any, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_corpus(write(tmp_path, {**CORPUS, key: value}))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_modules_do_not_import_pydantic() -> None:
    code = "import sys, synthfib, synthfib.data.volume, synthfib.simulators.registry; sys.exit('pydantic' in sys.modules or 'yaml' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

"""The recipes that travel with a corpus, so that it can be built again from itself."""

from __future__ import annotations

import re
from pathlib import Path

from synthfib.catalogue import CorpusRecipe, dump_recipe, load_corpus
from synthfib.catalogue.validation import validate
from synthfib.catalogue.yaml_loading import load_yaml
from synthfib.corpus.contained import contained
from synthfib.corpus.recipe import ResolvedRecipe
from synthfib.errors import RecipeError

RECIPE = "recipe.yaml"
MICROSCOPE = "microscope.yaml"
_REFERENCE = re.compile(r"(materials/[a-z0-9-]+|microscope)\.yaml")


def recipe_texts(resolved: ResolvedRecipe) -> dict[str, str]:
    """Return the text of each recipe by its path in the corpus."""
    names = [f"materials/{material.name}.yaml" for material in resolved.materials]
    return {
        **{f"materials/{material.name}.yaml": dump_recipe(material) for material in resolved.materials},
        MICROSCOPE: dump_recipe(resolved.microscope),
        RECIPE: dump_recipe(resolved.corpus, materials=names, microscope=MICROSCOPE),
    }


def own_recipe(folder: Path) -> CorpusRecipe:
    """Return the recipe of the corpus in `folder`, which names nothing outside it.

    Raises
    ------
    InputError
        If it is missing, does not validate, or names a file outside the corpus.
    """
    recipe = bare_recipe(folder)
    for reference in (*recipe.materials, recipe.microscope):
        if not _REFERENCE.fullmatch(reference):
            message = "must name recipes inside its corpus, materials/<name>.yaml and microscope.yaml"
            raise RecipeError(f"{folder / RECIPE} {message}, got {reference!r}.")
        contained(folder, reference)
    return load_corpus(folder / RECIPE)


def bare_recipe(folder: Path) -> CorpusRecipe:
    """Return what `recipe.yaml` of a corpus says, without a look at what it names; raises as `own_recipe` does."""
    return validate(load_yaml(contained(folder, RECIPE)), CorpusRecipe)

"""Everything in a corpus beside its data: what it is, where it comes from, how to make it again."""

from __future__ import annotations

from pathlib import Path

from synthfib.catalogue import dump_recipe
from synthfib.corpus.card import render_card
from synthfib.corpus.manifest import MANIFEST, Manifest
from synthfib.corpus.recipe import ResolvedRecipe


def description(resolved: ResolvedRecipe, manifest: Manifest, folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file by its path; the recipes travel with the corpus, so that it can be built again from itself.

    Parameters
    ----------
    resolved : ResolvedRecipe
        The recipe.
    manifest : Manifest
        What was built.
    folder : Path
        Where the data of the corpus are: the figures come from them.
    """
    names = [f"materials/{material.name}.yaml" for material in resolved.materials]
    texts = {
        **{f"materials/{material.name}.yaml": dump_recipe(material) for material in resolved.materials},
        "microscope.yaml": dump_recipe(resolved.microscope),
        "recipe.yaml": dump_recipe(resolved.corpus, materials=names, microscope="microscope.yaml"),
        "README.md": render_card(resolved, manifest),
        MANIFEST: manifest.to_text(),
    }
    return {name: text.encode() for name, text in texts.items()}

"""Everything in a corpus beside its data: what it is, where it comes from, how to cite it, how to make it again."""

from __future__ import annotations

from pathlib import Path

from synthfib.corpus.about import About, gather
from synthfib.corpus.card import EXAMPLES, FIGURES, render_card
from synthfib.corpus.croissant import croissant_text
from synthfib.corpus.datacite import datacite_text
from synthfib.corpus.datasheet import datasheet_text
from synthfib.corpus.example_faces import draw_example_faces, example_faces
from synthfib.corpus.figures import draw_figures
from synthfib.corpus.manifest import MANIFEST, Manifest
from synthfib.corpus.own_recipe import recipe_texts
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

    Raises
    ------
    InputError
        If a volume is missing or damaged.
    """
    about = gather(resolved, manifest, folder)
    faces = example_faces(manifest.volumes, folder)
    pictures = {FIGURES: draw_figures(manifest, about.statistics, resolved.thickness)}
    if faces:
        pictures[EXAMPLES] = draw_example_faces(faces)
    texts = {**recipe_texts(resolved), **_texts(about, folder), "README.md": render_card(about, n_examples=len(faces)), MANIFEST: manifest.to_text()}
    return {**{name: text.encode() for name, text in texts.items()}, **pictures}


def _texts(about: About, folder: Path) -> dict[str, str]:
    return {
        "CHANGELOG.md": about.words.changes,
        "CITATION.cff": about.work.to_cff(),
        "DATASHEET.md": datasheet_text(about),
        "croissant.json": croissant_text(about, folder),
        "LICENSE": about.licence.to_text(about.work.title, about.creators),
        "datacite.json": datacite_text(about),
    }

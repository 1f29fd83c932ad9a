"""Where recipes are: the catalogue inside an installed package, or the folders beside a checkout."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from synthfib.catalogue.recipes import MODELS, CorpusRecipe, Kind, MaterialRecipe, MicroscopeRecipe, Recipe
from synthfib.catalogue.validation import validate
from synthfib.catalogue.yaml_loading import load_yaml
from synthfib.errors import InputError, UnknownNameError

_PATTERNS: dict[Kind, str] = {"material": "generators/*.yaml", "microscope": "simulators/*.yaml", "corpus": "datasets/*/recipe.yaml"}
_SUFFIXES = (".yaml", ".yml")
_Model = TypeVar("_Model", bound=Recipe)


@dataclass(frozen=True, slots=True)
class Listing:
    """One entry of the catalogue."""

    name: str
    title: str
    aliases: tuple[str, ...]
    path: Path


def catalogue_root() -> Path:
    """Return the folder that holds generators/, simulators/ and datasets/."""
    package = Path(str(files("synthfib")))
    shipped = package / "_catalogue"
    return shipped if shipped.is_dir() else package.parent


def list_recipes(kind: Kind) -> tuple[Listing, ...]:
    """Return every recipe of a kind, sorted by name.

    Raises
    ------
    RecipeError
        If a recipe of the catalogue does not validate.
    """
    paths = catalogue_root().glob(_PATTERNS[kind])
    recipes = ((_read(path, MODELS[kind]), path) for path in paths)
    return tuple(sorted((Listing(r.name, r.title, r.aliases, path) for r, path in recipes), key=lambda listing: listing.name))


def load_material(name_or_path: str | Path) -> MaterialRecipe:
    """Return a material recipe by name, alias or path of a YAML file.

    Raises
    ------
    UnknownNameError
        If the catalogue has no such name; near matches are listed.
    InputError
        If the file does not exist or cannot be read.
    RecipeError
        If the recipe does not validate; every problem is listed with its line.
    """
    return _read(_find("material", name_or_path), MaterialRecipe)


def load_microscope(name_or_path: str | Path) -> MicroscopeRecipe:
    """Return a microscope recipe by name, alias or path; raises as `load_material` does."""
    return _read(_find("microscope", name_or_path), MicroscopeRecipe)


def load_corpus(name_or_path: str | Path) -> CorpusRecipe:
    """Return a corpus recipe by name, alias or path; paths inside it become absolute; raises as `load_material` does."""
    path = _find("corpus", name_or_path)
    recipe = _read(path, CorpusRecipe)
    materials = tuple(_beside(path, reference) for reference in recipe.materials)
    return recipe.model_copy(update={"materials": materials, "microscope": _beside(path, recipe.microscope)})


def recipe_text(name_or_path: str | Path) -> str:
    """Return the text of a recipe of any kind, as it was written.

    Raises
    ------
    UnknownNameError
        If no recipe has that name.
    """
    kinds: tuple[Kind, ...] = ("material", "microscope", "corpus")
    listings = [listing for kind in kinds for listing in list_recipes(kind)]
    known = {name: listing.path for listing in listings for name in (listing.name, *listing.aliases)}
    text = str(name_or_path)
    if text.lower().endswith(_SUFFIXES):
        return _existing("material", Path(text)).read_text(encoding="utf-8")
    if text not in known:
        raise UnknownNameError("recipe", text, known)
    return known[text].read_text(encoding="utf-8")


def corpus_words(corpus_name: str, file_name: str) -> str | None:
    """Return a text that the catalogue has beside the recipe of a corpus, ``card.md`` for example, or None; small editions share it."""
    for listing in list_recipes("corpus"):
        file = listing.path.with_name(file_name)
        if corpus_name in (listing.name, f"{listing.name}-small") and file.is_file():
            return file.read_text(encoding="utf-8")
    return None


def _read(path: Path, model: type[_Model]) -> _Model:
    return validate(load_yaml(path), model)


def _find(kind: Kind, name_or_path: str | Path) -> Path:
    # A name is only ever looked up, never joined to a path.
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or "\\" in text or text.lower().endswith(_SUFFIXES):
        return _existing(kind, Path(text))
    listings = list_recipes(kind)
    for listing in listings:
        if text == listing.name or text in listing.aliases:
            return listing.path
    raise UnknownNameError(kind, text, [name for listing in listings for name in (listing.name, *listing.aliases)])


def _existing(kind: Kind, path: Path) -> Path:
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"A {kind} recipe is a name of the catalogue or a file ending in .yaml, got {str(path)!r}; see: synthfib list.")
    if not path.is_file():
        raise InputError(f"There is no {kind} recipe {str(path)!r}; give an existing .yaml file or a name of the catalogue.")
    return path


def _beside(recipe: Path, reference: str) -> str:
    is_path = reference.lower().endswith(_SUFFIXES)
    return str((recipe.parent / reference).resolve()) if is_path else reference

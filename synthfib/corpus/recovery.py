"""Find the recipe of a corpus whose own recipes may be damaged."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from synthfib.catalogue import CorpusRecipe, list_recipes, load_corpus, small_edition
from synthfib.corpus.manifest import Manifest
from synthfib.corpus.own_recipe import MICROSCOPE, RECIPE, bare_recipe, own_recipe, recipe_texts
from synthfib.corpus.recipe import ResolvedRecipe, resolve
from synthfib.corpus.secret import Secret
from synthfib.errors import InputError

_SMALL = "-small"
_MOST_BYTES_TO_TRY = 20_000


def trusted_recipe(folder: Path, sums: dict[str, str], manifest: Manifest | None, secret: Secret | None) -> ResolvedRecipe:
    """Return the recipe that a corpus was built from: its own, or one of the catalogue that is proven to be the same.

    Parameters
    ----------
    folder : Path
        The corpus.
    sums : dict
        Digests by path, as SHA256SUMS has them.
    manifest : Manifest, optional
        Its manifest, if that can be read.
    secret : Secret, optional
        What its sealed test split follows from.

    Raises
    ------
    InputError
        If no recipe at hand has a digest that was recorded, or the secret is not that of the recipe.
    """
    by_digest = None
    for candidate in _candidates(folder, manifest):
        try:
            resolved = resolve(candidate())
        except InputError:
            continue
        texts = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in recipe_texts(resolved).items()}
        if texts.items() <= sums.items():
            return resolve(candidate(), secret)
        if manifest is not None and resolved.digest == manifest.recipe_digest:
            by_digest = by_digest or candidate
    if by_digest is None:
        raise InputError(
            f"The recipes of {folder} are damaged, and the catalogue has none like them; put {RECIPE}, materials/ and {MICROSCOPE} back."
        )
    return resolve(by_digest(), secret)


def unflipped(content: bytes, sha256: str) -> bytes | None:
    """Return what `content` was before one of its bits was flipped, given its digest; None if more is wrong, or it is too long to try."""
    if len(content) <= _MOST_BYTES_TO_TRY:
        for position, mask in itertools.product(range(len(content)), (1 << bit for bit in range(8))):
            tried = bytearray(content)
            tried[position] ^= mask
            if hashlib.sha256(tried).hexdigest() == sha256:
                return bytes(tried)
    return None


def is_recipe(name: str) -> bool:
    """Whether a file of a corpus is a recipe."""
    return name in (RECIPE, MICROSCOPE) or name.startswith("materials/")


def _candidates(folder: Path, manifest: Manifest | None) -> Iterator[Callable[[], CorpusRecipe]]:
    """Yield recipes that may be meant, the most likely ones first."""
    yield lambda: own_recipe(folder)
    for microscope in (MICROSCOPE, *(listing.name for listing in list_recipes("microscope"))):
        for own_materials in (True, False):
            yield lambda microscope=microscope, own=own_materials: _mended(folder, microscope, own)  # type: ignore[misc]
    name = manifest.name if manifest is not None else None
    for listing in list_recipes("corpus"):
        if name is None or listing.name == name.removesuffix(_SMALL):
            yield lambda listing=listing: load_corpus(listing.path)  # type: ignore[misc]
            yield lambda listing=listing: small_edition(load_corpus(listing.path))  # type: ignore[misc]


def _mended(folder: Path, microscope: str, own_materials: bool) -> CorpusRecipe:
    """Return the recipe of a corpus with recipes of the catalogue for those that it names."""
    recipe = bare_recipe(folder)
    paths = [str(folder / name) if own_materials else PurePosixPath(name).stem for name in recipe.materials]
    beside = str(folder / microscope) if microscope.endswith(".yaml") else microscope
    return recipe.model_copy(update={"materials": tuple(paths), "microscope": beside})

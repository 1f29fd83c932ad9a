"""How to cite what was used."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Json

if TYPE_CHECKING:
    from synthfib.corpus.citation import Work


class Style(StrEnum):
    """How a citation is written."""

    bibtex = "bibtex"
    cff = "cff"


def cite(
    what: Annotated[str | None, typer.Argument(metavar="[CORPUS]", help="A corpus: its folder, name or recipe; synthfib itself by default.")] = None,
    style: Annotated[Style, typer.Option("--style", help="bibtex, or cff for the text of a CITATION.cff.")] = Style.bibtex,
    small: Annotated[bool, typer.Option("--small", help="The small edition of the corpus.")] = False,
    json: Json = False,
) -> None:
    """Print how to cite a corpus and synthfib."""
    from synthfib.corpus.citation import software

    works = [software()] if what is None else [_corpus(what, small), software()]
    text = "\n".join(work.to_bibtex() for work in works) if style is Style.bibtex else works[0].to_cff()
    options.say({"works": [asdict(work) for work in works]}, text.rstrip("\n"), json=json)


def _corpus(what: str, small: bool) -> Work:
    from synthfib.catalogue import load_corpus, small_edition
    from synthfib.corpus.about import work_of
    from synthfib.corpus.load import Corpus
    from synthfib.corpus.own_recipe import own_recipe
    from synthfib.corpus.recipe import resolve

    if Path(what).is_dir():
        return work_of(resolve(own_recipe(Path(what))), Corpus.open(what).manifest)
    recipe = load_corpus(what)
    return work_of(resolve(small_edition(recipe) if small else recipe))

"""What there is to choose from."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Json


class Kind(StrEnum):
    """What can be listed."""

    materials = "materials"
    microscopes = "microscopes"
    corpora = "corpora"
    generators = "generators"
    simulators = "simulators"
    degradations = "degradations"
    presets = "presets"
    models = "models"
    interpolations = "interpolations"


def list_(kind: Annotated[Kind | None, typer.Argument(help="What to list; everything by default.")] = None, json: Json = False) -> None:
    """List recipes, generators, simulators, degradations with their strengths, presets, models and interpolations."""
    listing = {each.value: _entries(each) for each in ([kind] if kind else Kind)}
    lines = []
    for title, entries in listing.items():
        lines += [title, *(f"  {name:<38} {text}".rstrip() for name, text in entries.items())]
    options.say(listing, "\n".join(lines), json=json)


def show(name: Annotated[str, typer.Argument(help="A recipe: name, alias, or YAML file.")]) -> None:
    """Print a recipe."""
    from synthfib.catalogue import recipe_text

    typer.echo(recipe_text(name), nl=False)


def _entries(kind: Kind) -> dict[str, str]:
    from synthfib.generators.registry import GENERATORS
    from synthfib.reconstruction.interpolation.registry import INTERPOLATORS
    from synthfib.segmentation.registry import SEGMENTERS
    from synthfib.simulators.registry import SIMULATORS

    registries = {Kind.generators: GENERATORS, Kind.simulators: SIMULATORS, Kind.models: SEGMENTERS, Kind.interpolations: INTERPOLATORS}
    if kind in registries:
        return dict.fromkeys(registries[kind].names(), "")
    if kind in (Kind.degradations, Kind.presets):
        return _degradations() if kind is Kind.degradations else _presets()
    from synthfib.catalogue import Kind as RecipeKind
    from synthfib.catalogue import list_recipes

    kinds: dict[Kind, RecipeKind] = {Kind.materials: "material", Kind.microscopes: "microscope", Kind.corpora: "corpus"}
    recipes = list_recipes(kinds[kind])
    return {r.name: r.title + (f" (also: {', '.join(r.aliases)})" if r.aliases else "") for r in recipes}


def _degradations() -> dict[str, str]:
    """Every degradation with its strengths, the main one first."""
    from synthfib.degradations.compose import strength_names
    from synthfib.degradations.registry import DEGRADATIONS

    return {name: ", ".join(strength_names(name)) for name in DEGRADATIONS.names()}


def _presets() -> dict[str, str]:
    """Every preset with what is in it."""
    from synthfib.degradations.presets import PRESETS

    return {name: ", ".join(strengths) for name, strengths in PRESETS.items()}

"""Recipes back to YAML, so that `yaml_loading` reads the same recipe."""

from __future__ import annotations

from typing import Any

import yaml

from synthfib.catalogue.recipes import Recipe
from synthfib.catalogue.yaml_loading import IMPLICIT


class _Dumper(yaml.SafeDumper):
    """A SafeDumper that quotes whatever YAML 1.1 or our loader would not read as text, and writes no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern, _first in IMPLICIT:
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def dump_recipe(recipe: Recipe, **changes: Any) -> str:
    """Return the YAML text of a recipe, some top-level keys changed; what is None or an empty list is left out."""
    data = {**recipe.model_dump(mode="json", exclude_none=True), **changes}
    ordered = {"schema": data.pop("schema"), **{key: value for key, value in data.items() if value != []}}
    return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)

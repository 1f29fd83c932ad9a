"""JSON Schema of the recipes, for editors and other programs."""

from __future__ import annotations

import json
from typing import Any

from synthfib.catalogue.recipes import MODELS, Kind


def json_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one kind of recipe; `schemas/<kind>.json` in this package holds the same."""
    schema = MODELS[kind].model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text(kind: Kind) -> str:
    """Return the text of `schemas/<kind>.json`."""
    return json.dumps(json_schema(kind), indent=2) + "\n"

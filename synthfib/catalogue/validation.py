"""From a YAML document to a recipe, or to one error that names every problem with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from synthfib.catalogue.fields import NAME_PATTERN, REFERENCE_PATTERN, VERSION_PATTERN
from synthfib.catalogue.recipes import MODELS, Recipe
from synthfib.catalogue.yaml_loading import Document, Location, recipe_error
from synthfib.errors import RecipeError

_Model = TypeVar("_Model", bound=Recipe)

# pydantic's error types, as what is required; the values in braces come with the error.
_REQUIRED = {
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_type": "must be text",
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "tuple_type": "must be a list",
    "finite_number": "must be a finite number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
    "too_short": "needs {min_length} or more values",
    "too_long": "may have {max_length} values at most",
    "string_too_short": "must not be empty",
    "string_too_long": "may have {max_length} characters at most",
    "value_error": "{error}",
}
_REQUIRED_PATTERN = {
    NAME_PATTERN: "must be lower-case words and digits joined by hyphens",
    REFERENCE_PATTERN: "must be a DOI (10.1234/...) or a web address",
    VERSION_PATTERN: "must be a version such as 1.0.0",
}


def validate(document: Document, model: type[_Model]) -> _Model:
    """Return the recipe that `document` describes.

    Raises
    ------
    RecipeError
        If anything is wrong; the message has one sentence per problem, with dotted path and line.
    """
    _check_kind(document, model)
    try:
        # Strict JSON mode: a list may stand for a tuple and a whole number for a float, nothing else is converted.
        return model.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        raise explain(document, model, error) from None


def _check_kind(document: Document, model: type[Recipe]) -> None:
    schema = document.data.get("schema") if isinstance(document.data, dict) else None
    kinds = {f"synthfib/{kind}@1": (kind, known) for kind, known in MODELS.items()}
    kind, known = kinds.get(str(schema), ("", model))
    if known is not model:
        wanted = next(name for name, other in MODELS.items() if other is model)
        text = f"schema says that this is a {kind} recipe, a {wanted} recipe is required"
        raise recipe_error(document.source, [(document.line(("schema",)), text)])


def explain(document: Document, model: type[BaseModel], error: ValidationError) -> RecipeError:
    """Return all problems of a failed validation as one error for people."""
    details = [_at_its_key(detail) for detail in error.errors(include_url=False) if not _follows_from_another(detail)]
    missing = {_own(document.data, detail["loc"]) for detail in details if detail["type"] == "missing"}
    problems = []
    for detail in details:
        at = _own(document.data, detail["loc"])
        if detail["type"] == "extra_forbidden":
            text, meant = _unknown_key(model, detail["loc"], at)
            missing.discard((*at[:-1], meant))
            problems.append((at, text))
        elif detail["type"] != "missing":
            problems.append((at, _problem(at, detail["type"], detail.get("ctx", {}), detail["input"], detail["msg"])))
    problems += [(at, f"{_dotted(at)} is required, add it") for at in missing]
    return recipe_error(document.source, [(document.line(at), text) for at, text in problems])


def _follows_from_another(detail: Mapping[str, Any]) -> bool:
    # pydantic counts only the valid items of a list, and so calls one with a bad item too short as well.
    return bool(detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"])


def _at_its_key(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """Blame the key that tells the members of a union apart for what pydantic blames the whole mapping for."""
    if detail["type"] not in ("union_tag_invalid", "union_tag_not_found"):
        return detail
    key = detail["ctx"]["discriminator"].strip("'")
    at = {**detail, "loc": (*detail["loc"], key)}
    if detail["type"] == "union_tag_not_found":
        return {**at, "type": "missing"}
    return {**at, "type": "literal_error", "ctx": {"expected": f"one of {detail['ctx']['expected_tags']}"}, "input": detail["input"][key]}


def _problem(at: Location, kind: str, context: dict[str, Any], value: Any, message: str) -> str:
    required = _REQUIRED[kind].format(**context) if kind in _REQUIRED else _REQUIRED_PATTERN.get(context.get("pattern", ""), message.rstrip("."))
    text = f"{_dotted(at)} {required}, got {_short(value)}"
    if kind == "greater_than_equal" and str(at[-1] if isinstance(at[-1], str) else at[-2]).endswith("_nm") and 0 < value < 1e-3:
        text += "; lengths are in nanometres, multiply metres by 1e9"
    return text


def _unknown_key(model: type[BaseModel], location: Location, at: Location) -> tuple[str, str | None]:
    known = sorted(_keys_at(model, location[:-1]))
    near = get_close_matches(str(location[-1]), known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(known)}"
    return f"{_dotted(at)} is not a known key; {hint}", near[0] if near else None


def _keys_at(model: type[BaseModel], location: Location) -> set[str]:
    models = {model}
    for part in location:
        inner = {
            found for m in models for name, field in m.model_fields.items() if (field.alias or name) == part for found in _models_in(field.annotation)
        }
        # The tag of a union and the index of a list name no field; a tag leaves one member.
        tagged = {m for m in models for field in m.model_fields.values() if part in get_args(field.annotation)}
        models = inner or tagged or models
    return {field.alias or name for m in models for name, field in m.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _own(data: Any, location: tuple[Any, ...]) -> Location:
    """Drop from pydantic's location what is not in the file: the tags of unions."""
    own: list[str | int] = []
    for index, part in enumerate(location):
        inside = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int) and part < len(data))
        if inside:
            data = data[part]
        if inside or index == len(location) - 1:
            own.append(part)
    return tuple(own)


def _dotted(at: Location) -> str:
    return ".".join(map(str, at)) or "the recipe"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."

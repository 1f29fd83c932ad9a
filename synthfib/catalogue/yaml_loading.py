"""YAML as recipes use it: plain values only, no surprises, and every value remembers its line.

YAML 1.1 reads ``1e-3`` as text, ``no`` as false, ``0777`` as 511, ``12:30`` as 750 and keeps the last of two equal keys; aliases
let ten lines stand for gigabytes. Here numbers follow YAML 1.2 (decimal only), ``true``, ``false`` and ``null`` are the only words
with a meaning, and anchors, aliases, tags, doubled keys and files above 200 kB are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from synthfib.errors import InputError, RecipeError

MAX_BYTES = 200_000
MAX_DEPTH = 20

#: Where a value stands: mapping keys and sequence indices from the root.
Location = tuple[str | int, ...]

#: What plain scalars mean: tag, pattern and possible first characters.
IMPLICIT: tuple[tuple[str, re.Pattern[str], list[str]], ...] = tuple(
    (f"tag:yaml.org,2002:{kind}", re.compile(rf"(?:{pattern})\Z"), first)
    for kind, pattern, first in (
        ("null", r"null|~|", ["n", "~", ""]),
        ("bool", r"true|false", ["t", "f"]),
        ("int", r"[-+]?(?:0|[1-9][0-9]{0,18})", list("-+0123456789")),
        ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?", list("-+.0123456789")),
    )
)


@dataclass(frozen=True)
class Document:
    """What a YAML file says.

    Parameters
    ----------
    data : Any
        Dictionaries, lists, text, numbers, booleans and None.
    lines : mapping of tuple to int
        Line, counted from 1, of every value.
    source : str
        Name of the file, for messages.
    """

    data: Any
    lines: Mapping[Location, int]
    source: str

    def line(self, location: Location) -> int:
        """Return the line of a value, or of the nearest value around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)


class _Loader(yaml.SafeLoader):
    """A SafeLoader that composes plain nodes only; the resolvers are set below."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(problem="anchors (&) and aliases (*) are not allowed; write the value out", problem_mark=event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(problem=f"tags such as {event.tag} are not allowed; write a plain value", problem_mark=event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"values may be nested {MAX_DEPTH} deep at most", problem_mark=event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {}
for _tag, _regexp, _first in IMPLICIT:
    _Loader.add_implicit_resolver(_tag, _regexp, _first)


def load_yaml(path: Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    InputError
        If the file cannot be read or is larger than 200 kB.
    RecipeError
        If it is not the YAML described above.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give a readable YAML file.") from error
    return parse_yaml(content, source=str(path))


def parse_yaml(content: bytes, *, source: str) -> Document:
    """Read YAML from memory; `source` names it in messages.

    Raises
    ------
    RecipeError
        If it is not the YAML described above.
    """
    if len(content) > MAX_BYTES:
        raise RecipeError(f"{source} is larger than {MAX_BYTES // 1000} kB, which no recipe is; give the recipe file itself.")
    try:
        node = _compose(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecipeError(f"{source} must be UTF-8 text, byte {error.start} is not; save it as UTF-8.") from error
    except yaml.YAMLError as error:
        raise RecipeError(f"{source}{_where(error)} is not valid YAML: {_reason(error)}.") from error
    if node is None:
        raise RecipeError(f"{source} is empty, a recipe is required.")
    lines: dict[Location, int] = {}
    problems: list[tuple[int, str]] = []
    data = _plain(node, (), lines, problems)
    if problems:
        raise recipe_error(source, problems)
    return Document(data, lines, source)


def recipe_error(source: str, problems: list[tuple[int, str]]) -> RecipeError:
    """Return one error for all problems, each a line number and a sentence, which gets its full stop here."""
    lines = [f"line {line}: {text}{'' if text.endswith('?') else '.'}" for line, text in sorted(problems)]
    if len(lines) == 1:
        return RecipeError(f"{source}, {lines[0]}")
    return RecipeError("\n  ".join([f"{source} has {len(lines)} problems:", *lines]))


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def _plain(node: yaml.Node, at: Location, lines: dict[Location, int], problems: list[tuple[int, str]]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, lines, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*at, index), lines, problems) for index, item in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, at: Location, lines: dict[Location, int], problems: list[tuple[int, str]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append((line, "a key must be text, not a list or a mapping"))
            continue
        key = str(key_node.value)
        if key in result:
            problems.append((line, f"the key {'.'.join(map(str, (*at, key)))} appears twice, first in line {lines[*at, key]}; keep one"))
            continue
        lines[*at, key] = line
        result[key] = _plain(value_node, (*at, key), lines, problems)
    return result


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text == "true"
        case "int":
            return int(text)
        case "float":
            return float(text)
    return text


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}," if mark is not None else ""


def _reason(error: yaml.YAMLError) -> str:
    parts = [getattr(error, name, None) for name in ("context", "problem", "reason")]
    reason = ", ".join(part for part in parts if part) or str(error)
    return " ".join(reason.split()).rstrip(".")

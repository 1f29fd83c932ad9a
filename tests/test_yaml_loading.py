from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from synthfib.catalogue.yaml_loading import MAX_BYTES, load_yaml, parse_yaml
from synthfib.errors import InputError, RecipeError


def read(text: str) -> Any:
    return parse_yaml(text.encode(), source="recipe.yaml").data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("5e3", 5000.0),
        ("2.5e3", 2500.0),
        ("-1.0E+2", -100.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("0", 0),
        ("-12", -12),
        ("9223372036854775807", 2**63 - 1),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_numbers_and_words_follow_yaml_1_2(text: str, value: object) -> None:
    result = read(f"a: {text}")["a"]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "text", ["no", "yes", "on", "off", "True", "12:30:45", "0777", "0o17", "0x1f", "1_000", "2020-01-01", ".inf", ".nan", "+", ".", "e5"]
)
def test_what_could_surprise_stays_text(text: str) -> None:
    assert read(f"a: {text}") == {"a": text}


def test_keys_are_text() -> None:
    assert read("1: a\ntrue: b\n<<: {c: 1}") == {"1": "a", "true": "b", "<<": {"c": 1}}


def test_every_value_remembers_its_line() -> None:
    document = parse_yaml(b"a: 1\nb:\n  c:\n    - 1\n    - 2\n", source="x")
    assert [document.line(at) for at in (("a",), ("b",), ("b", "c"), ("b", "c", 1))] == [1, 2, 3, 5]
    assert document.line(("b", "missing")) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: &x [1]\nb: [*x, *x]", "line 1, is not valid YAML: anchors"),
        (b"a: 1\nb: *x", "line 2, is not valid YAML: anchors"),
        (b"a: !!python/object/apply:os.system [ls]", "tags such as"),
        (b"a: !!float 1", "tags such as"),
        (b"a: 1\na: 2", "line 2: the key a appears twice, first in line 1; keep one."),
        (b"a: {b: 1, b: 2}", "the key a.b appears twice"),
        (b"? [1]\n: 2", "a key must be text"),
        (b"a: 1\n---\nb: 2", "another document"),
        (b"a: [1,", "is not valid YAML"),
        (b"a: \x07", "is not valid YAML"),
        (b"a: 'x", "is not valid YAML"),
        (b"\xff\xfe", "must be UTF-8"),
        (b"", "is empty"),
        (b"# nothing", "is empty"),
        (b"[" * 10_000, "nested 20 deep"),
        (b"{a: " * 10_000, "nested 20 deep"),
        (b"#" * (MAX_BYTES + 1), "larger than 200 kB"),
    ],
)
def test_refuses_in_one_sentence(content: bytes, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_yaml(content, source="recipe.yaml")
    text = str(caught.value)
    assert text.startswith("recipe.yaml")
    assert message in text
    assert "\n" not in text


def test_all_doubled_keys_are_named_at_once() -> None:
    with pytest.raises(RecipeError, match=r"2 problems:\n  line 2: the key a .*\n  line 4: the key b "):
        read("a: 1\na: 2\nb: 1\nb: 2")


def test_alias_bomb_is_refused_at_once() -> None:
    levels = "\n".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 12))
    start = time.perf_counter()
    with pytest.raises(RecipeError, match="anchors"):
        read("l0: &l0 [lol]\n" + levels)
    assert time.perf_counter() - start < 1


def test_huge_integers_do_not_break_python() -> None:
    assert read(f"a: {'9' * 5000}")["a"] == float("inf")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_yaml(tmp_path / "missing.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_yaml(tmp_path)


def test_reads_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load_yaml(path).data == {"a": 1}

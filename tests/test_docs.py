"""The documentation names commands, options, files and pictures that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from synthfib.cli.app import app

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def options_of(command: str, arguments: list[str]) -> set[str]:
    """Options of a command, or of the member of a group that the first argument names."""
    chosen = COMMANDS[command]
    chosen = chosen.commands[arguments[0]] if hasattr(chosen, "commands") else chosen
    return {option for parameter in chosen.params for option in parameter.opts} | {"--help"}


def shown_commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            lines = (re.sub(r"^(\$ )?(\.venv/bin/)?", "", line.strip()) for line in block.replace("\\\n", " ").splitlines())
            found += [(page.relative_to(ROOT).as_posix(), line) for line in lines if line.startswith("synthfib ")]
    return found


def test_there_are_commands_to_check() -> None:
    assert len(shown_commands()) > 10


@pytest.mark.parametrize(("page", "line"), shown_commands())
def test_commands_of_the_documentation_exist(page: str, line: str) -> None:
    _, command, *arguments = shlex.split(line, comments=True)
    assert command in COMMANDS, page
    used = {argument.partition("=")[0] for argument in arguments if argument.startswith("--")}
    assert used <= options_of(command, arguments), page


def test_reference_has_every_command() -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)", text, flags=re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("ImageStack(3 x ")

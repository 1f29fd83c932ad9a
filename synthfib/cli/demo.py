"""The whole line at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Json, Seed


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; new, empty, or of an earlier demo.")] = Path("demo"),
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Build a small corpus, train on it, score three methods and write a report."""
    from synthfib.benchmark.leaderboard import leaderboard
    from synthfib.cli.progress import progress
    from synthfib.report.demo import run_demo

    with progress("Demo") as report:
        document = run_demo(out, rng=seed, on_progress=report)
    options.say(document, f"{leaderboard(document['scores'])}\nopen {out / 'report.html'}", json=json)

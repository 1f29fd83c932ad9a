"""Leaderboards: show the entries on a corpus, check them, enter a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json
from synthfib.errors import InputError

if TYPE_CHECKING:
    from synthfib.benchmark.entries import Entry

leaderboard = typer.Typer(name="leaderboard", help="Show, check and make entries of leaderboards.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Option("--folder", help="Folder of leaderboards; that of synthfib by default.")]


@leaderboard.command("show")
def show(
    key: Annotated[str | None, typer.Argument(metavar="CORPUS@VERSION", help="Name and version of a corpus; all by default.")] = None,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Print all entries on a corpus as one table; every score is computed anew from the counted pixels."""
    from synthfib.benchmark.entries import known_leaderboards, leaderboard_root, read_leaderboard
    from synthfib.benchmark.leaderboard import mean_table

    root = folder or leaderboard_root()
    boards = {each: [entry.summary() for entry in read_leaderboard(root, each)] for each in ([key] if key else known_leaderboards(root))}
    text = "\n".join(f"{each}\n{mean_table(entries)}" for each, entries in boards.items())
    options.say({"leaderboards": boards}, text.rstrip("\n") or "There are no leaderboards yet.", json=json)


@leaderboard.command("check")
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of leaderboards; that of synthfib by default.")] = None, json: Json = False
) -> None:
    """Check that every entry keeps the rules; exit code 1 if one does not."""
    from synthfib.benchmark.entries import leaderboard_root, read_entry

    root = folder or leaderboard_root()
    if not root.is_dir():
        raise InputError(f"A folder of leaderboards is required, there is none at {str(root)!r}.")
    files, problems = sorted(root.glob("*/*")), []
    for file in files:
        try:
            read_entry(file)
        except InputError as error:
            problems.append(str(error))
    options.say({"entries": len(files), "problems": problems}, "\n".join(problems or [f"{len(files)} entries, all keep the rules"]), json=json)
    if problems:
        raise typer.Exit(1)


@leaderboard.command("enter")
def enter(
    source: Annotated[Path, typer.Argument(help="Folder of a finished benchmark, or of a corpus if there are --predictions.")],
    name: Annotated[str, typer.Option("--name", help="Name of the entry: lower-case words joined by hyphens.")],
    title: Annotated[str, typer.Option("--title", help="One line on the method.")],
    author: Annotated[list[str], typer.Option("--author", help="Who made it; give it again for more.")],
    entrant: Annotated[str | None, typer.Option("--entrant", help="Which entrant of the benchmark; that of the same name by default.")] = None,
    predictions: Annotated[
        list[Path] | None, typer.Option("--predictions", help="Predictions made elsewhere, a folder per seed; give it three times or more.")
    ] = None,
    own_data: Annotated[bool, typer.Option("--own-data", help="The predictions come from a model that learned on other data.")] = False,
    folder: Folder = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write the entry of a benchmark, or of predictions that were made elsewhere, into the folder of leaderboards."""
    from synthfib.benchmark.campaign import read_campaign
    from synthfib.benchmark.entries import entry_of_campaign, entry_text, leaderboard_root
    from synthfib.data.atomic import write_text

    if predictions:
        entry = _of_predictions(source, predictions, name, title, author, own_data)
    else:
        entry = entry_of_campaign(read_campaign(source), entrant or name, name=name, title=title, authors=author)
    out = (folder or leaderboard_root()) / entry.key / f"{entry.name}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(options.new_file(out, force), entry_text(entry))
    options.say({"out": str(out), "entry": entry.summary()}, f"written to {out}", json=json)


def _of_predictions(corpus: Path, folders: list[Path], name: str, title: str, authors: list[str], own_data: bool) -> Entry:
    from synthfib.benchmark.entries import entry_of_predictions
    from synthfib.benchmark.predictions import score_predictions
    from synthfib.benchmark.run import Task
    from synthfib.corpus.load import Corpus

    task = Task(Corpus.open(corpus))
    scored = {seed: score_predictions(task, folder) for seed, folder in enumerate(folders, start=1)}
    return entry_of_predictions(scored, name=name, title=title, authors=authors, own_data=own_data)

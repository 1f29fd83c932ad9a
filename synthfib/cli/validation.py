"""What proves the physics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json

validate = typer.Typer(name="validate", help="Check what is computed against what is known.", no_args_is_help=True, rich_markup_mode=None)


@validate.callback()
def validation() -> None:
    """Check what is computed against what is known."""


@validate.command()
def physics(
    tier: Annotated[
        list[str] | None,
        typer.Option("--tier", metavar="V|M|X", help="Identities (V), same physics (M), experiment and other codes (X); default all."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A twentieth of the electrons: seconds, and standard errors 4.5 times as large.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="PAGE", help="Page to write: .html.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Check the Monte Carlo electron physics; exit code 1 if a check fails."""
    import time

    from synthfib.cli.progress import progress
    from synthfib.data.atomic import write_text
    from synthfib.data.writers import check_ending
    from synthfib.report.physics_tables import text_table
    from synthfib.report.validation_page import validation_page, validation_rows
    from synthfib.validation.run import TIERS, validate

    if html is not None:
        check_ending(html, (".html",))
        options.new_file(html, force)
    start = time.perf_counter()
    with progress("Validating") as report:
        outcomes = validate(tier or TIERS, quick=quick, on_progress=report)
    counts = {verdict: sum(outcome.verdict == verdict for outcome in outcomes) for verdict in ("pass", "fail", "known difference")}
    if html is not None:
        write_text(html, validation_page(outcomes, quick=quick))
    document = {
        "tiers": {name: text for name, text in TIERS.items() if name in (tier or TIERS)},
        "quick": quick,
        "counts": counts,
        "checks": [outcome.to_dict() for outcome in outcomes],
        "seconds": time.perf_counter() - start,
        "html": None if html is None else str(html),
    }
    titles, *rows = validation_rows(outcomes)
    summary = ", ".join(f"{count} x {verdict}" for verdict, count in counts.items()) + (f"\nwritten to {html}" if html else "")
    options.say(document, f"{text_table(titles, rows)}\n{summary}", json=json)
    if counts["fail"]:
        raise typer.Exit(1)

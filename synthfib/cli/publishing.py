"""Publishing: check a corpus and send it, seal its test split, and open that again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Json

Corpus = Annotated[Path, typer.Argument(help="Folder of a corpus.")]


def publish(
    path: Corpus,
    to: Annotated[str, typer.Option("--to", metavar="FOLDER|hf://OWNER/NAME", help="A new folder, or a dataset on Hugging Face.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, say what would be sent, send nothing.")] = False,
    accept_otsu: Annotated[bool, typer.Option("--accept-otsu", help="The corpus is meant to be that easy, or that hard, for a threshold.")] = False,
    json: Json = False,
) -> None:
    """Check a corpus and publish it; exit code 1, and nothing sent, if anything is wrong."""
    from synthfib.cli.progress import progress
    from synthfib.corpus.publish import publish_corpus

    with progress("Checking") as report:
        done = publish_corpus(
            path, to, dry_run=dry_run, accept_otsu=accept_otsu, on_progress=lambda done, total: report(done / total, f"({done} of {total} volumes)")
        )
    n_bytes = sum(done.files.values())
    document = {
        "path": str(path),
        "to": to,
        "name": done.name,
        "version": done.version,
        "files": done.files,
        "bytes": n_bytes,
        "problems": list(done.problems),
        "sent": done.sent,
    }
    corpus = f"{done.name} {done.version}: {len(done.files)} files, {n_bytes / 1e6:.1f} MB"
    if done.problems:
        lines = [*done.problems, f"{len(done.problems)} problem(s), nothing was sent"]
    elif dry_run:
        lines = [*(f"{size:>14} bytes  {name}" for name, size in done.files.items()), f"{corpus} would be sent to {to}"]
    else:
        lines = [f"{corpus}, sent to {to}" if done.sent else f"{corpus}, in {to} already"]
    options.say(document, "\n".join(lines), json=json)
    if done.problems:
        raise typer.Exit(1)


def seal(
    recipe: Annotated[str, typer.Argument(help="Corpus recipe: a name, an alias, or a YAML file.")],
    out: Annotated[Path, typer.Option("--out", help="File of the secret to write; keep it, and do not publish it.")],
    json: Json = False,
) -> None:
    """Draw a secret seed for the test split of a corpus; print the line that its recipe needs."""
    from synthfib.catalogue import load_corpus
    from synthfib.corpus.secret import Secret, write_secret
    from synthfib.errors import InputError

    loaded = load_corpus(recipe)
    if loaded.sealed is not None:
        raise InputError(f"The recipe {loaded.name!r} is sealed already; take `sealed` out of it to seal it anew.")
    if not loaded.splits.test:
        raise InputError(f"The recipe {loaded.name!r} has no test split to seal; give it one.")
    secret = Secret.draw()
    write_secret(out, secret)
    line = f"sealed: {secret.commitment}"
    options.say({"out": str(out), "commitment": secret.commitment, "line": line}, line, json=json)


def reveal(
    corpus: Corpus,
    secret: Annotated[Path, typer.Option("--secret", help="The secret that the corpus was sealed with.")],
    out: Annotated[Path, typer.Option("--out", help="New folder for the test volumes with their truth.")],
    json: Json = False,
) -> None:
    """Build a sealed test split with its truth, and prove that it is the one that was sealed."""
    from synthfib.cli.progress import progress
    from synthfib.corpus.reveal import reveal_corpus
    from synthfib.corpus.secret import read_secret

    known = read_secret(secret)
    with progress("Revealing") as report:
        done = reveal_corpus(corpus, known, out, on_progress=lambda done, total: report(done / total, f"({done} of {total} volumes)"))
    document = {"out": str(out), "volumes": list(done.volumes), "digests": done.n_digests}
    options.say(document, f"{len(done.volumes)} volume(s) in {out}, {done.n_digests} published digests found true", json=json)

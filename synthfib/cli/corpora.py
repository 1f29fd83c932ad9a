"""Corpora: what one will need, making one, and checking one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Json

if TYPE_CHECKING:
    from synthfib.catalogue import CorpusRecipe

Recipe = Annotated[str, typer.Argument(help="Corpus recipe: a name (see `synthfib list corpora`), an alias, or a YAML file.")]
Small = Annotated[bool, typer.Option("--small", help="The small edition of the corpus.")]
SecretFile = Annotated[Path | None, typer.Option("--secret", help="Secret of a sealed test split, written by `synthfib seal`.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes that build volumes side by side.")]


def plan(
    recipe: Recipe,
    workers: Workers = 1,
    small: Small = False,
    probe: Annotated[bool, typer.Option("--probe/--no-probe", help="Build small pieces to measure, or only count.")] = True,
    json: Json = False,
) -> None:
    """Predict memory, disk and time of a build."""
    loaded = _corpus(recipe, small)
    if probe:
        from synthfib.cli.progress import progress
        from synthfib.corpus.probe import measure_plan

        with progress(f"Measuring {loaded.name}") as report:
            expected = measure_plan(loaded, workers=workers, on_progress=report)
    else:
        from synthfib.corpus.plan import plan_corpus

        expected = plan_corpus(loaded, workers=workers)
    how = "measured on pieces of it, within 30 % if the machine is idle" if probe else "from constants, within a factor of two"
    text = (
        f"{expected.n_volumes} volumes, {expected.n_slices} slices, largest structure {' x '.join(map(str, expected.largest_shape))} voxels\n"
        f"memory {expected.memory_bytes / 1e9:.2f} GB, disk {expected.disk_bytes / 1e9:.3f} GB, "
        f"about {expected.seconds / 60:.1f} min on {expected.workers} process(es)\n"
        f"{how}\n"
        f"simulator {expected.simulator}: {expected.reason}"
    )
    options.say(asdict(expected), text, json=json)


def build(
    recipe: Recipe,
    out: Annotated[Path, typer.Option("--out", help="Folder of the corpus; new, empty, or of the same build.")],
    workers: Workers = 1,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="I/N", help="Build the I-th of N shares (from 0), or that of a job array: slurm, or auto.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option("--scheduler", metavar="tcp://HOST:PORT", help="Build on this Dask cluster instead.")] = None,
    small: Small = False,
    secret: SecretFile = None,
    json: Json = False,
) -> None:
    """Build a corpus; a build that was stopped goes on where it was."""
    from synthfib.cli.progress import progress
    from synthfib.corpus.build import build_corpus
    from synthfib.corpus.secret import read_secret
    from synthfib.corpus.shards import read_shard

    loaded, share = _corpus(recipe, small), None if shard is None else read_shard(shard)
    with progress(f"Building {loaded.name}") as report:
        built = build_corpus(
            loaded,
            out,
            workers=workers,
            scheduler=scheduler,
            shard=share,
            secret=read_secret(secret) if secret else None,
            on_progress=lambda done, total: report(done / total, f"({done} of {total} volumes)"),
        )
    document = {"out": str(out), "name": loaded.name, "version": loaded.version, "volumes": built.n_volumes, "built_now": built.n_built}
    rest = "" if built.finished else "; the last of the other shares, or the same command without --shard, finishes the corpus"
    as_registered = _is_as_registered(out) if built.finished else None
    known = ", as registered" if as_registered else ""
    text = f"{loaded.name} {loaded.version}: {built.n_volumes} volumes in {out}, {built.n_built} of them built now{known}{rest}"
    options.say({**document, "finished": built.finished, "as_registered": as_registered}, text, json=json)


def _is_as_registered(out: Path) -> bool | None:
    """Say whether a corpus has the content that its name and version stand for, None if nobody knows; if not, say why on standard error."""
    from synthfib.corpus.editions import deviation, find_edition
    from synthfib.corpus.manifest import read_manifest

    manifest = read_manifest(out)
    edition = find_edition(manifest.name, manifest.version)
    if edition is None:
        return None
    different = deviation(manifest, edition)
    if different is not None:
        typer.echo(f"Warning: {different}", err=True)
    return False if different is not None else True if edition.content_digest is not None else None


def verify(
    path: Annotated[Path, typer.Argument(help="Folder of a corpus.")],
    repair: Annotated[bool, typer.Option("--repair", help="Make damaged and missing files again, and touch nothing else.")] = False,
    secret: SecretFile = None,
    json: Json = False,
) -> None:
    """Check every byte of a corpus; exit code 1 if something is wrong."""
    from synthfib.corpus.verify import verify_corpus

    repaired, problems = _repaired(path, secret) if repair else ((), ())
    report = verify_corpus(path)
    problems = (*problems, *report.problems)
    lines = [*(f"{name}: repaired" for name in repaired), *problems, *([] if problems else [f"{report.n_files} files, all as they should be"])]
    document = {"path": str(path), "files": report.n_files, "problems": list(problems), "repaired": list(repaired)}
    options.say(document, "\n".join(lines), json=json)
    if problems:
        raise typer.Exit(1)


def _repaired(path: Path, secret: Path | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from synthfib.cli.progress import progress
    from synthfib.corpus.repair import repair_corpus
    from synthfib.corpus.secret import read_secret

    with progress("Repairing") as report:
        done = repair_corpus(path, secret=read_secret(secret) if secret else None, on_progress=lambda done, total: report(done / total, ""))
    return done.repaired, done.problems


def _corpus(recipe: str, small: bool) -> CorpusRecipe:
    from synthfib.catalogue import load_corpus, small_edition

    loaded = load_corpus(recipe)
    return small_edition(loaded) if small else loaded

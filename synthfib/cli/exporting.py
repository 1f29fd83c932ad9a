"""Corpora and stacks for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Json


def export(
    source: Annotated[Path, typer.Argument(help="Folder of a corpus, or a stack (.h5).")],
    format_: Annotated[str, typer.Option("--format", metavar="NAME", help="imagej, ome-zarr, nifti, nnunet, vtk or mrc.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder to write; for one stack also a file: .tif (imagej), .ome.zarr (ome-zarr) or .vtr (vtk).")
    ],
    split: Annotated[str | None, typer.Option("--split", help="Only the volumes of this split.")] = None,
    volumes: Annotated[str | None, typer.Option("--volumes", metavar="NAME,...", help="Only these volumes.")] = None,
    truth: Annotated[bool, typer.Option("--truth", help="Depth to solid and shine-through as well.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds something else, over files of the same name.")] = False,
    json: Json = False,
) -> None:
    """Write a corpus or a stack for other programs; an export that was stopped goes on where it was."""
    from synthfib.cli.progress import progress
    from synthfib.corpus.export import export_corpus

    names = tuple(name.strip() for name in volumes.split(",")) if volumes else ()
    with progress("Exporting") as report:
        done = export_corpus(source, out, format_, split=split, volumes=names, truth=truth, force=force, on_progress=report)
    document = {"source": str(source), "format": format_, "out": str(out), "volumes": list(done.volumes), "files_now": done.n_files}
    options.say(document, f"{len(done.volumes)} volume(s) as {format_} in {done.out}, {done.n_files} files written now", json=json)

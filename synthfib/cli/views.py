"""Looking at structures and stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, VoxelSize


def view(
    file: Annotated[Path, typer.Argument(help="Structure (.h5, .tif, .npy, .mrc, .stl) or stack of images (.h5).")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Picture (.png), model (.glb) or page (.html) to write; without it a window opens.")
    ] = None,
    phases: Annotated[str | None, typer.Option("--phases", metavar="NAME,NAME", help="Phases to show; all solids by default.")] = None,
    face: Annotated[int, typer.Option("--slice", help="Slice that is exposed; those before it are milled away.")] = 0,
    angle_deg: Annotated[str, typer.Option("--angle-deg", metavar="RIGHT,UP", help="Where the camera stands, seen from the exposed face.")] = "30,20",
    energy_kev: Annotated[float | None, typer.Option("--energy-kev", help="Landing energy of the images of a stack; the first by default.")] = None,
    segmentation: Annotated[Path | None, typer.Option("--segmentation", help="Segmentation of a stack to show instead of its labels.")] = None,
    voxel_size_nm: VoxelSize = None,
    threshold: Annotated[str | None, typer.Option("--threshold", metavar="VALUE|kmeans", help="Grey values above this are solid.")] = None,
    mesh_unit: Annotated[str | None, typer.Option("--mesh-unit", metavar="nm|um|mm", help="Unit of the coordinates of a mesh.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Show a structure or a stack in three dimensions."""
    from synthfib.data.writers import check_ending
    from synthfib.report.block_file import read_block
    from synthfib.report.views import ENDINGS, show_view, write_view

    if out is not None:
        check_ending(out, ENDINGS)
        options.new_file(out, force)
    chosen = [name.strip() for name in phases.split(",")] if phases else []
    angle = options.angle_deg(angle_deg)
    block = read_block(
        file,
        voxel_size_nm=options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None,
        threshold=options.threshold(threshold) if threshold else None,
        mesh_unit=mesh_unit,
        energy_kev=energy_kev,
        segmentation=segmentation,
    )
    if out is None:
        seen = show_view(block, phases=chosen, face=face, angle_deg=angle)
    else:
        seen = write_view(block, out, phases=chosen, face=face, angle_deg=angle)
    document = {
        "file": str(file),
        "out": None if out is None else str(out),
        "caption": block.caption,
        "view": seen.kind,
        "triangles": seen.n_triangles,
        "averaged_voxels": list(seen.averaged_voxels),
        "note": seen.note,
    }
    options.say(document, f"{file.name}: {block.caption}\n{seen}" + (f"\nwritten to {out}" if out else ""), json=json)

"""Virtual structures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed


def generate(
    name: Annotated[str, typer.Argument(help="Material recipe: a name (see `synthfib list materials`), an alias, or a YAML file.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .h5, .tif, .npy or .mrc.")],
    shape: Annotated[str, typer.Option("--shape", metavar="Z,Y,X", help="Number of voxels.")],
    voxel_size_nm: Annotated[
        str, typer.Option("--voxel-size-nm", metavar="Z,Y,X", help="Voxel size in nm: three numbers, or one for a cube.")
    ] = "2.5",
    solid_fraction: Annotated[float | None, typer.Option("--solid-fraction", help="Solid fraction instead of that of the recipe.")] = None,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Generate a virtual structure with its exact labels."""
    import time

    from synthfib.catalogue import load_material
    from synthfib.corpus.recipe import make_generator
    from synthfib.data.writers import write_volume

    recipe = load_material(name)
    size, voxels = options.voxel_size_nm(voxel_size_nm), options.shape(shape)
    options.new_file(out, force)
    start = time.perf_counter()
    volume = make_generator(recipe, solid_fraction=solid_fraction).generate(voxels, size, rng=seed)
    write_volume(out, volume)
    document = {
        "name": recipe.name,
        "out": str(out),
        "shape": list(volume.shape),
        "voxel_size_nm": list(volume.voxel_size_nm),
        "phases": [phase.name for phase in volume.phases],
        "solid_fraction": volume.solid_fraction,
        "seed": seed,
        "seconds": time.perf_counter() - start,
    }
    options.say(document, f"{volume!r}\nwritten to {out}", json=json)

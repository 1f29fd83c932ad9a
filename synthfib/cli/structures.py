"""Virtual structures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed

if TYPE_CHECKING:
    from synthfib.data.volume import LabelVolume


def generate(
    name: Annotated[str, typer.Argument(help="Material recipe: a name (see `synthfib list materials`), an alias, or a YAML file.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .h5, .tif, .npy or .mrc.")],
    shape: Annotated[str, typer.Option("--shape", metavar="Z,Y,X", help="Number of voxels.")],
    voxel_size_nm: Annotated[
        str, typer.Option("--voxel-size-nm", metavar="Z,Y,X", help="Voxel size in nm: three numbers, or one for a cube.")
    ] = "2.5",
    solid_fraction: Annotated[float | None, typer.Option("--solid-fraction", help="Solid fraction instead of that of the recipe.")] = None,
    preview: Annotated[Path | None, typer.Option("--preview", help="Picture of the block to write besides: .png.")] = None,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Generate a virtual structure with its exact labels."""
    import time

    from synthfib.catalogue import load_material
    from synthfib.cli.progress import progress
    from synthfib.corpus.recipe import make_generator
    from synthfib.data.resources import peak_memory_bytes
    from synthfib.data.writers import VOLUME_ENDINGS, check_ending, write_volume
    from synthfib.generators.base import generate as draw

    recipe = load_material(name)
    size, voxels = options.voxel_size_nm(voxel_size_nm), options.shape(shape)
    check_ending(out, VOLUME_ENDINGS)
    options.new_file(out, force)
    if preview is not None:
        check_ending(preview, (".png",))
        options.new_file(preview, force)
    generator = make_generator(recipe, solid_fraction=solid_fraction)
    start = time.perf_counter()
    with progress(f"Generating {recipe.name}") as report:
        volume = draw(generator, voxels, size, rng=seed, on_progress=lambda share: report(share, ""))
    write_volume(out, volume)
    seconds, peak = time.perf_counter() - start, peak_memory_bytes()
    if preview is not None:
        _draw_preview(preview, recipe.name, volume)
    document = {
        "name": recipe.name,
        "out": str(out),
        "preview": None if preview is None else str(preview),
        "shape": list(volume.shape),
        "voxel_size_nm": list(volume.voxel_size_nm),
        "phases": [phase.name for phase in volume.phases],
        "solid_fraction": volume.solid_fraction,
        "seed": seed,
        "seconds": seconds,
        "peak_memory_mb": None if peak is None else peak / 1e6,
    }
    options.say(document, f"{volume!r}\nwritten to {out}", json=json)


def _draw_preview(path: Path, name: str, volume: LabelVolume) -> None:
    from synthfib.report.block import block_of_volume
    from synthfib.report.views import write_preview

    write_preview(block_of_volume(volume, name), path)

"""Images of structures."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed, VoxelSize

Energies = Annotated[str | None, typer.Option("--energies-kev", metavar="E,E", help="Landing energies instead of those of the microscope.")]
Detectors = Annotated[str | None, typer.Option("--detectors", metavar="bse|tld|icd,...", help="Detectors that look at once (monte-carlo).")]


def simulate(
    structure: Annotated[Path, typer.Argument(help="Structure to image: .h5, .tif, .npy, .mrc (one 3-D array z, y, x) or .stl.")],
    out: Annotated[Path, typer.Option("--out", help="Stack to write: .h5 (with the truth) or .tif (images only).")],
    material: Annotated[str | None, typer.Option("--material", help="Solid; by default what the file says, or gold.")] = None,
    pore: Annotated[str | None, typer.Option("--pore", help="What fills the pores; by default what the file says, or epoxy.")] = None,
    microscope: Annotated[str, typer.Option("--microscope", help="Microscope recipe: name, alias, or YAML file.")] = "helios-g3-multi-voltage",
    simulator: Annotated[str | None, typer.Option("--simulator", help="Simulator instead of that of the microscope.")] = None,
    energies_kev: Energies = None,
    electrons_per_pixel: Annotated[int | None, typer.Option("--electrons-per-pixel", min=1, help="Dose instead of that of the microscope.")] = None,
    detectors: Detectors = None,
    voxel_size_nm: VoxelSize = None,
    threshold: Annotated[str | None, typer.Option("--threshold", metavar="VALUE|kmeans", help="Grey values above this are solid.")] = None,
    mesh_unit: Annotated[str | None, typer.Option("--mesh-unit", metavar="nm|um|mm", help="Unit of the coordinates of a mesh.")] = None,
    mesh_margin_nm: Annotated[float, typer.Option("--mesh-margin-nm", help="Pore to add on every side of a mesh.")] = 0.0,
    yields: Annotated[bool, typer.Option("--yields", help="Keep the expected yields beside the images.")] = False,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Mill a structure slice by slice and record every face, with labels; an interrupted Monte Carlo run goes on where it was."""
    import shutil

    from synthfib.catalogue import load_microscope
    from synthfib.cli.progress import progress
    from synthfib.corpus.acquire import slice_and_view, with_dose
    from synthfib.data.readers import read_volume
    from synthfib.data.writers import check_ending, write_stack
    from synthfib.physics.materials import material as named

    recipe = load_microscope(microscope)
    energies = options.numbers(energies_kev, "--energies-kev") if energies_kev else None
    check_ending(out, {".h5": None, ".tif": None})
    options.new_file(out, force)
    volume = read_volume(
        structure,
        voxel_size_nm=options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None,
        default_phases=(named("epoxy"), named("gold")),
        threshold=options.threshold(threshold) if threshold else None,
        mesh_unit=mesh_unit,
        mesh_margin_nm=mesh_margin_nm,
    )
    chosen = {index: named(name) for index, name in enumerate((pore, material)) if name}
    volume = replace(volume, phases=tuple(chosen.get(index, phase) for index, phase in enumerate(volume.phases)))
    if electrons_per_pixel is not None:
        recipe = with_dose(recipe, electrons_per_pixel)
    faces = out.with_name(f"{out.name}.faces")
    with progress("Simulating") as report:
        stack = slice_and_view(
            volume,
            recipe,
            energies_kev=energies,
            simulator=simulator,
            rng=seed,
            detectors=detectors.split(",") if detectors else (),
            faces_folder=faces,
            on_progress=report,
        )
    write_stack(out, stack if yields else replace(stack, yields=None))
    shutil.rmtree(faces, ignore_errors=True)
    document = {
        "structure": {
            "shape": list(volume.shape),
            "voxel_size_nm": list(volume.voxel_size_nm),
            "solid_fraction": volume.solid_fraction,
            "solid_volume_nm3": volume.solid_fraction * math.prod(volume.extent_nm),
            "provenance": [step.to_dict() for step in volume.provenance.steps],
        },
        "out": str(out),
        "shape": list(stack.shape),
        "channels": [str(channel) for channel in stack.channels],
        "pixel_size_nm": list(stack.plan.pixel_size_nm),
        "phases": [phase.name for phase in stack.phases],
        "mean_slice_thickness_nm": float(stack.plan.thickness_nm.mean()) if stack.plan.n_slices > 1 else None,
        "solid_fraction": float((stack.labels > 0).mean()) if stack.labels is not None else None,
        "seed": seed,
    }
    options.say(document, f"{volume!r}\n{stack!r}\nwritten to {out}", json=json)

"""Where images lie and how thick slices are, from the images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, VoxelSize
from synthfib.errors import InputError

if TYPE_CHECKING:
    from synthfib.data.stack import ImageStack

Energies = Annotated[str | None, typer.Option("--energies-kev", metavar="E,E", help="Landing energies, if the file does not say.")]


def align(
    stack: Annotated[Path, typer.Argument(help="Stack to align: .h5, .tif or .npy.")],
    out: Annotated[Path, typer.Option("--out", help="Stack to write: .h5 (with the truth) or .tif (images only).")],
    reference_kev: Annotated[float | None, typer.Option("--reference-kev", help="Channel that stays in the mean: 2 keV or the first.")] = None,
    isotropic: Annotated[
        bool | None, typer.Option("--isotropic/--inclined", help="Whether slow motion is drift or structure; by default, the faces decide.")
    ] = None,
    affine: Annotated[bool, typer.Option("--affine", help="Undo rotation and stretch between channels too, by interpolation.")] = False,
    subpixel: Annotated[bool, typer.Option("--subpixel", help="Move by parts of a pixel, by interpolation; by default whole pixels.")] = False,
    voxel_size_nm: VoxelSize = None,
    energies_kev: Energies = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Take the drift between slices and channels out of a stack, and leave inclined structure inclined."""
    from synthfib.cli.progress import progress
    from synthfib.data.writers import check_ending, write_stack
    from synthfib.reconstruction.alignment import align as moved_back
    from synthfib.reconstruction.channel_maps import channel_maps
    from synthfib.reconstruction.registration import register, rms_error_px

    check_ending(out, (".h5", ".tif"))
    options.new_file(out, force)
    images = _read(stack, voxel_size_nm, energies_kev)
    reference = _reference(images, reference_kev)
    with progress("Aligning") as report:
        found = register(images, isotropic=isotropic, on_progress=report)
    displacement_px = found.displacement_px - found.displacement_px[reference].mean(axis=0)
    maps = channel_maps(images.images, displacement_px, reference) if affine else None
    write_stack(out, moved_back(images, displacement_px, maps=maps, subpixel=subpixel))
    document: dict[str, Any] = {
        "stack": str(stack),
        "out": str(out),
        "reference": str(images.channels[reference]),
        "rms_px": float((found.displacement_px**2).mean() ** 0.5),
        "largest_px": float(abs(displacement_px).max()),
        "expected_error_px": float((found.error_px**2).mean() ** 0.5),
        "displacement_px": displacement_px.round(4).tolist(),
        "maps": None if maps is None else maps.round(7).tolist(),
        "error_px": None,
    }
    if images.displacement_nm is not None:
        document["error_px"] = rms_error_px(found.displacement_px, images.displacement_nm / images.plan.pixel_size_nm)
    options.say(document, _text_of_alignment(document), json=json)


def thickness(
    stack: Annotated[Path, typer.Argument(help="Stack of images: .h5, .tif or .npy.")],
    mean_nm: Annotated[float | None, typer.Option("--mean-nm", help="Mean thickness; by default that of the nominal positions.")] = None,
    solid: Annotated[
        Path | None, typer.Option("--solid", help="Aligned segmentation of an isotropic structure, which the mean thickness is found from.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Table of positions to write: .csv, for `reconstruct --positions`.")] = None,
    voxel_size_nm: VoxelSize = None,
    energies_kev: Energies = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Estimate the thickness of every slice from the images alone, and hold measured series against the positions of the stack."""
    import numpy as np

    from synthfib.cli.progress import progress
    from synthfib.data.atomic import write_text
    from synthfib.data.writers import check_ending
    from synthfib.reconstruction.decorrelation import thickness_from_images
    from synthfib.reconstruction.registration import register
    from synthfib.reconstruction.thickness_errors import thickness_errors

    if out is not None:
        check_ending(out, (".csv",))
        options.new_file(out, force)
    if mean_nm is not None and solid is not None:
        raise InputError("The mean thickness is given by --mean-nm or found from --solid, got both; choose one.")
    images = _read(stack, voxel_size_nm, energies_kev)
    mean = _mean_nm(images, mean_nm, solid)
    with progress("Estimating thickness") as report:
        thickness_nm = thickness_from_images(images, register(images, on_progress=report).displacement_px, mean_nm=mean)
    own = images.plan.positions_nm
    series = {"images": own[0] + np.concatenate([[0.0], np.cumsum(thickness_nm)]), **images.plan.measured_positions_nm}
    if out is not None:
        lines = [f"{index},{position:.4f}" for index, position in enumerate(series["images"])]
        write_text(out, "\n".join(["slice,images_nm", *lines]) + "\n")
    document: dict[str, Any] = {
        "stack": str(stack),
        "mean_nm": mean,
        "thickness_nm": thickness_nm.round(4).tolist(),
        "against_positions_of_the_stack": {name: thickness_errors(positions, own) for name, positions in series.items()},
        "out": None if out is None else str(out),
    }
    options.say(document, _text_of_thickness(document), json=json)


def _read(stack: Path, voxel_size_nm: str | None, energies_kev: str | None) -> ImageStack:
    from synthfib.data.readers import read_stack

    return read_stack(
        stack,
        voxel_size_nm=options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None,
        energies_kev=options.numbers(energies_kev, "--energies-kev") if energies_kev else None,
    )


def _reference(stack: ImageStack, energy_kev: float | None) -> int:
    """Return the number of the channel at this energy; at 2 keV, or the first, if none is asked for."""
    from synthfib.data.stack import Channel

    if energy_kev is None:
        return next((number for number, channel in enumerate(stack.channels) if abs(channel.energy_kev - 2) < 0.01), 0)
    return stack.channel_index(Channel(energy_kev, stack.channels[0].detector))


def _mean_nm(stack: ImageStack, mean_nm: float | None, solid: Path | None) -> float:
    import numpy as np

    from synthfib.data.slices import read_solid
    from synthfib.reconstruction.isotropic_thickness import isotropic_mean_nm

    if solid is not None:
        return isotropic_mean_nm(read_solid(solid), stack.plan.pixel_size_nm)
    if mean_nm is not None or stack.plan.n_slices < 2:
        return 10.0 if mean_nm is None else mean_nm
    return float(np.diff(stack.plan.measured_positions_nm.get("nominal", stack.plan.positions_nm)).mean())


def _text_of_alignment(document: dict[str, Any]) -> str:
    error = "" if document["error_px"] is None else f"; true error {document['error_px']:.3f} px"
    return (
        f"drift of {document['rms_px']:.3f} px RMS, at most {document['largest_px']:.2f} px beside {document['reference']}; "
        f"expected error {document['expected_error_px']:.3f} px{error}\nwritten to {document['out']}"
    )


def _text_of_thickness(document: dict[str, Any]) -> str:
    values = document["thickness_nm"]
    lines = [f"{len(values)} slices of {document['mean_nm']:.2f} nm in the mean, {min(values):.2f} to {max(values):.2f} nm"]
    lines += [
        f"  {name:<12} differs by {error['thickness_nm']:.2f} nm in thickness and {error['position_nm']:.2f} nm in position (RMS)"
        for name, error in document["against_positions_of_the_stack"].items()
    ]
    return "\n".join(lines + ([f"written to {document['out']}"] if document["out"] else []))

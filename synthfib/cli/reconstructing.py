"""From segmented slices to a volume."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, VoxelSize
from synthfib.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synthfib.data.face_files import FaceFile
    from synthfib.reconstruction.interpolation import Interpolator
    from synthfib.reconstruction.volume_file import Reconstructed


def reconstruct(
    stack: Annotated[Path, typer.Argument(help="Segmentation or stack with labels (.h5), .tif, .npy, or a folder of binary images.")],
    out: Annotated[Path, typer.Option("--out", help="Volume to write: .h5.")],
    method: Annotated[str, typer.Option("--method", help="How gaps are filled; see `synthfib list interpolations`.")] = "shape-based",
    images: Annotated[
        Path | None, typer.Option("--images", help="Stack (.h5) with images of the slices, for shine-through; STACK itself by default.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", help="Weights of one's own for a method with a network, see `train-interpolation`.")
    ] = None,
    positions: Annotated[
        Path | None, typer.Option("--positions", help="Depths of the slices in nm: CSV with a column, or with columns <series>_nm; or a stack (.h5).")
    ] = None,
    measured: Annotated[
        str | None, typer.Option("--measured", metavar="SERIES", help="Series of depths to go by: ruler, automatic, nominal or true.")
    ] = None,
    grid_nm: Annotated[float, typer.Option("--grid-nm", help="Distance of the planes of the volume in nm.")] = 2.5,
    slice_grid_nm: Annotated[
        float | None, typer.Option("--slice-grid-nm", help="Grid that slices are put on, a multiple of --grid-nm, which it is by default.")
    ] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Of slices next to one plane keep the nearest, instead of moving the others.")] = False,
    voxel_size_nm: VoxelSize = None,
    compare: Annotated[Path | None, typer.Option("--compare", help="The true volume on the same grid, to count what is misplaced.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Put slices where they were measured, and fill the gaps between them."""
    from contextlib import ExitStack

    import numpy as np

    from synthfib.cli.progress import progress
    from synthfib.data.face_files import open_faces
    from synthfib.data.readers import read_volume
    from synthfib.data.writers import check_ending
    from synthfib.reconstruction.grid import depths_in_planes
    from synthfib.reconstruction.interpolation import ImageInterpolator
    from synthfib.reconstruction.interpolation.face_images import open_images
    from synthfib.reconstruction.volume_file import reconstruct_file

    check_ending(out, (".h5",))
    options.new_file(out, force)
    if out.exists() and stack.exists() and out.samefile(stack):
        raise InputError(f"The output must be another file than the slices {str(stack)!r}; choose another name.")
    filling = _method(method, weights)
    looks = isinstance(filling, ImageInterpolator)
    if images is not None and not looks:
        raise InputError(f"The method {method!r} does not look at images; leave out --images, or choose shine-through.")
    truth = read_volume(compare) if compare is not None else None
    with ExitStack() as files:
        faces = files.enter_context(open_faces(stack, voxel_size_nm=options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None))
        seen = files.enter_context(open_images(images or stack)) if looks else None
        series, positions_nm = _series(faces, positions, measured)
        _check_one_per_slice(faces, positions_nm, series)
        depths, chosen = depths_in_planes(positions_nm, grid_nm, slice_grid_nm=slice_grid_nm, drop=drop)
        moved_nm = np.abs(depths * grid_nm - positions_nm[chosen])
        told = {"positions": series, "slice_grid_nm": slice_grid_nm or grid_nm}
        with progress("Reconstructing") as report:
            found = reconstruct_file(
                faces, depths, chosen, out, filling, grid_nm=grid_nm, images=seen, parameters=told, truth=truth, on_progress=report
            )
        size_nm = [grid_nm, *faces.pixel_size_nm]
    document: dict[str, Any] = {
        "stack": str(stack),
        "out": str(out),
        "method": method,
        **told,
        "slices": int(depths.size),
        "dropped_slices": int(positions_nm.size - depths.size),
        "moved_nm": {"mean": float(moved_nm.mean()), "greatest": float(moved_nm.max())},
        "shape": list(found.shape),
        "voxel_size_nm": size_nm,
        "first_plane": found.first_plane,
        "solid_fraction": found.solid_voxels / float(np.prod(found.shape)),
    }
    document |= _against(found) if truth is not None else {}
    options.say(document, _text(document), json=json)


def _method(name: str, weights: Path | None) -> Interpolator:
    from synthfib.reconstruction.interpolation import INTERPOLATORS

    made = INTERPOLATORS.load(name)
    if weights is None:
        return made()  # type: ignore[no-any-return]
    if "weights" not in signature(made).parameters:
        raise InputError(f"The method {name!r} has no weights; leave out --weights, or choose neural-spline, shine-through or inpainting.")
    return made(weights)  # type: ignore[no-any-return]


def _series(faces: FaceFile, file: Path | None, wanted: str | None) -> tuple[str, NDArray[np.float64]]:
    """Name and values of the positions to go by: the series asked for, else the only one, else what the file itself goes by."""
    from synthfib.data.position_files import read_positions

    known = faces.positions_nm if file is None else read_positions(file)
    name = wanted or (next(iter(known)) if len(known) == 1 else "true" if file is None else None)
    if name is None or name not in known:
        asked = f"got {wanted!r}" if wanted else "none was chosen"
        raise InputError(
            f"Slices need one series of positions, {asked}, known are {', '.join(known)}; choose with --measured, or give others with --positions."
        )
    return name, known[name]


def _check_one_per_slice(faces: FaceFile, positions_nm: NDArray[np.float64], series: str) -> None:
    n_slices = int(faces.faces.shape[0])
    if n_slices < 2:
        raise InputError("A volume needs two slices or more, got one; there is nothing to fill in between.")
    if positions_nm.shape != (n_slices,):
        raise InputError(f"One position per slice is required, {series!r} has {positions_nm.size} for {n_slices} slices; complete the table.")


def _against(found: Reconstructed) -> dict[str, Any]:
    from synthfib.evaluation.overlap import scores

    against = scores(found.confusion)
    return {"against_truth": {"mp_percent": 100 * against["mp"], "mgp_percent": 100 * against["mgp"], "mean_dice": against["mean_dice"]}}


def _text(document: dict[str, Any]) -> str:
    moved, shape, dropped = document["moved_nm"], " x ".join(map(str, document["shape"])), document["dropped_slices"]
    lines = [
        f"{document['slices']} slices by their {document['positions']} positions ({dropped} dropped), moved by {moved['mean']:.2f} nm in the mean, "
        f"{moved['greatest']:.2f} nm at most",
        f"{shape} voxels, solid fraction {document['solid_fraction']:.4f}, written to {document['out']}",
    ]
    if "against_truth" in document:
        against = document["against_truth"]
        lines.append(
            f"misplaced {against['mp_percent']:.2f} % of the voxels, {against['mgp_percent']:.2f} % of the solid, "
            f"mean Dice {against['mean_dice']:.4f}"
        )
    return "\n".join(lines)

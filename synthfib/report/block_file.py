"""Read a file as a block to look at, whether it holds a structure or a stack of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from synthfib.data import hdf5
from synthfib.data.material import Material
from synthfib.data.readers import read_stack, read_volume
from synthfib.data.segmentation_file import read_segmentation
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.report.block import Block, block_of_stack, block_of_volume


def read_block(
    path: Path,
    *,
    voxel_size_nm: Sequence[float] | None = None,
    threshold: float | str | None = None,
    mesh_unit: str | None = None,
    energy_kev: float | None = None,
    segmentation: Path | None = None,
) -> Block:
    """Read what there is to see in a file.

    Parameters
    ----------
    path : Path
        A stack (.h5), or any structure that `data.readers.read_volume` reads; what that does not say counts as gold in epoxy.
    voxel_size_nm : sequence of float, optional
        Voxel size ``(z, y, x)`` in nm of a structure, if the file does not say.
    threshold : float or ``"kmeans"``, optional
        Grey values of a structure above it are solid.
    mesh_unit : {"nm", "um", "mm"}, optional
        Unit of the coordinates of a mesh.
    energy_kev : float, optional
        Landing energy of the images of a stack to show; those of the first channel by default.
    segmentation : Path, optional
        Where a method found solid in a stack, to be shown instead of its labels.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind, or an option does not belong to it.
    """
    if not _is_stack(path):
        if energy_kev is not None or segmentation is not None:
            raise InputError(f"A landing energy and a segmentation are for stacks (.h5), {str(path)!r} is none; leave them out.")
        gold = (material("epoxy"), material("gold"))
        volume = read_volume(path, voxel_size_nm=voxel_size_nm, default_phases=gold, threshold=threshold, mesh_unit=mesh_unit)
        return block_of_volume(volume, path.name)
    if voxel_size_nm is not None or threshold is not None or mesh_unit is not None:
        raise InputError(f"A voxel size, a threshold and a mesh unit are for structures, {str(path)!r} is a stack; leave them out.")
    stack = read_stack(path)
    if segmentation is not None:
        stack = _with_segmentation(stack, segmentation)
    channel = 0 if energy_kev is None else stack.channel_index(Channel(energy_kev, stack.channels[0].detector))
    return block_of_stack(stack, path.name, channel=channel)


def _is_stack(path: Path) -> bool:
    if path.suffix.lower() not in (".h5", ".hdf5"):
        return False
    with hdf5.open_for_reading(path) as file:
        return hdf5.kind_of(file) == hdf5.STACK_KIND


def _with_segmentation(stack: ImageStack, path: Path) -> ImageStack:
    """Put a segmentation in the place of the labels; what its solid is made of is known if there are two phases."""
    found = read_segmentation(path)
    if found.solid.shape != stack.shape[1:]:
        raise InputError(f"Segmentation and stack must have one shape (slice, y, x), got {found.solid.shape} and {stack.shape[1:]}.")
    phases = stack.phases if len(stack.phases) == 2 else (Material("pore"), Material("solid"))
    return replace(stack, labels=found.solid, phases=phases)

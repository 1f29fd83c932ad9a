"""A stack on disk through a chain of degradations, one image at a time, so that its size does not matter."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from synthfib.data import hdf5
from synthfib.data.atomic import atomic_path
from synthfib.data.hdf5 import StackOutline
from synthfib.data.resources import free_disk_bytes
from synthfib.degradations.base import Run
from synthfib.degradations.compose import Chain, Settings, draw
from synthfib.degradations.stacks import OnProgress, degraded, grey_type, make_face, places, recorded_run, to_signal
from synthfib.errors import InputError, ResourceError


def degrade_file(
    source: Path, out: Path, settings: Settings, *, rng: int, bit_depth: int | None = None, on_progress: OnProgress | None = None
) -> Chain:
    """Write the stack of an HDF5 file with further degradations to another HDF5 file, and return what was drawn.

    The images and the truth are those of `degrade`; no more than a few images are in memory at a time.

    Parameters
    ----------
    source, out : pathlib.Path
        A stack that synthfib wrote, and the file to write, which must be another one.
    settings : mapping
        Strengths by degradation.
    rng : int
        Seed.
    bit_depth : int, optional
        Bits of a grey value, 8 or 16; as they are by default.
    on_progress : callable, optional
        Told the share of the work done.

    Raises
    ------
    InputError
        If the file is no stack or is damaged, or a name or a strength cannot be used.
    ResourceError
        If the disk has no room for the output.
    """
    with hdf5.open_for_reading(source) as file:
        if hdf5.kind_of(file) != hdf5.STACK_KIND:
            raise InputError(f"An image stack that synthfib wrote is required, {str(source)!r} is none.")
        outline, images = hdf5.read_outline(file), file["images"]
        run = recorded_run(outline, images.shape[2:])
        chain = draw(settings, run, rng=rng)
        dtype = images.dtype if bit_depth is None else grey_type(bit_depth)
        _check_room(source, out, math.prod(images.shape) * dtype.itemsize)
        told = StackOutline(outline.channels, outline.plan, outline.phases, chain.describe(outline.provenance))
        with atomic_path(out) as temporary, h5py.File(temporary, "w") as target:
            hdf5.write_outline(target, told)
            hdf5.write_positions(target, outline.plan)
            _write_images(file, target, run, chain, dtype, on_progress or (lambda share, note: None))
    return chain


def _check_room(source: Path, out: Path, images_bytes: int) -> None:
    """Noise hardly compresses: images need what they are, and the truth no more than the whole source."""
    needed, free = images_bytes + source.stat().st_size, free_disk_bytes(out)
    if needed > free:
        raise ResourceError(
            f"The output needs up to {needed / 1e9:.1f} GB, {str(out.parent)!r} has {free / 1e9:.1f} GB; make room or choose another disk."
        )


def _write_images(source: Any, target: Any, run: Run, chain: Chain, dtype: np.dtype[Any], on_progress: OnProgress) -> None:
    images, truth = source["images"], {name: source.get(name) for name in hdf5.TRUTH_AXES}
    known = truth.pop("displacement_nm")
    displacement_nm = np.zeros((*images.shape[:2], 2), np.float32) if known is None else np.asarray(known)
    labels, depth_to_solid_nm = truth["labels"], truth["depth_to_solid_nm"]
    faces = (make_face(run, c, i, to_signal(images[c, i]), labels, depth_to_solid_nm, displacement_nm[c, i].tolist()) for c, i in places(run))
    dataset = hdf5.create_dataset(target, "images", images.shape, dtype, "channel,slice,y,x")
    for done, (face, grey) in enumerate(degraded(faces, chain, dtype), 1):
        dataset[face.channel, face.index] = grey
        displacement_nm[face.channel, face.index] = face.displacement_nm
        on_progress(done / (run.n_channels * run.n_slices), "")
    for name, own in truth.items():
        if own is not None:
            source.copy(own, target, name)
    if known is not None or displacement_nm.any():
        hdf5.write_dataset(target, "displacement_nm", displacement_nm, hdf5.TRUTH_AXES["displacement_nm"])

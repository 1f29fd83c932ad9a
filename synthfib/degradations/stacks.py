"""Whole stacks through a chain of degradations, face by face on as many threads as there are cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.stack import ImageStack, YieldStack
from synthfib.degradations.base import Face, Run, Stage
from synthfib.degradations.compose import Chain, Settings, draw
from synthfib.errors import InputError

#: Told the share of the work done, and a word on it.
OnProgress: TypeAlias = Callable[[float, str], None]
Grey: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]


def record(
    stack: YieldStack,
    settings: Settings,
    *,
    rng: int,
    bit_depth: int = 8,
    labels: NDArray[np.uint8] | None = None,
    phases: tuple[Material, ...] = (),
    depth_to_solid_nm: NDArray[np.float32] | None = None,
    on_progress: OnProgress | None = None,
) -> ImageStack:
    """Return the images that a microscope with these degradations records of an expected yield.

    Parameters
    ----------
    stack : YieldStack
        Expected yield.
    settings : mapping
        Strengths by degradation; exactly one must record, such as ``dose-noise``.
    rng : int
        Seed.
    bit_depth : int
        Bits of a grey value, 8 or 16.
    labels, phases, depth_to_solid_nm
        The truth, see `ImageStack`; it is passed on as it is.
    on_progress : callable, optional
        Told the share of the work done.

    Raises
    ------
    InputError
        If a name or a strength cannot be used, or nothing or more than one thing records.
    """
    _, _, y, x = stack.data.shape
    brightest = tuple(float(value) for value in stack.data.max(axis=(1, 2, 3)))
    run = Run(stack.plan, stack.channels, (y, x), brightest, phases, followed_electrons=stack.electrons_per_pixel)
    chain = draw(settings, run, rng=rng)
    if sum(link.degradation.stage is Stage.RECORDING for link in chain.links) != 1:
        raise InputError("Exactly one degradation must record the expected yield as grey values; name dose-noise once.")
    faces = (make_face(run, c, i, stack.data[c, i], labels, depth_to_solid_nm) for c, i in places(run))
    images, moved = _collect(faces, chain, run, grey_type(bit_depth), on_progress)
    return ImageStack(images, stack.channels, stack.plan, labels, phases, depth_to_solid_nm, moved, provenance=chain.describe(stack.provenance))


def degrade(stack: ImageStack, settings: Settings, *, rng: int, bit_depth: int | None = None, on_progress: OnProgress | None = None) -> ImageStack:
    """Return recorded images with further degradations; labels stay, displacements add up.

    Parameters
    ----------
    stack : ImageStack
        Recorded images, which count as signal from 0 (black) to 1 (white).
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
        If a name or a strength cannot be used.
    """
    _, _, y, x = stack.shape
    run = recorded_run(stack, (y, x))
    chain = draw(settings, run, rng=rng)
    known = stack.displacement_nm
    faces = (
        make_face(run, c, i, to_signal(stack.images[c, i]), stack.labels, stack.depth_to_solid_nm, None if known is None else known[c, i])
        for c, i in places(run)
    )
    dtype = stack.images.dtype if bit_depth is None else grey_type(bit_depth)
    images, moved = _collect(faces, chain, run, dtype, on_progress)
    provenance = chain.describe(stack.provenance)
    displacement_nm = moved if moved is not None or known is None else known
    return replace(stack, images=images, displacement_nm=displacement_nm, provenance=provenance)


def recorded_run(stack: Any, shape: tuple[int, int]) -> Run:
    """Return the run of recorded images, given their plan, channels and phases."""
    return Run(stack.plan, stack.channels, shape, (1.0,) * len(stack.channels), stack.phases, recorded=True)


def places(run: Run) -> Iterator[tuple[int, int]]:
    """Channel and slice of every image, slice by slice within a channel as they lie in a file."""
    return ((channel, index) for channel in range(run.n_channels) for index in range(run.n_slices))


def make_face(
    run: Run, channel: int, index: int, image: NDArray[np.float32], labels: Any = None, depth_to_solid_nm: Any = None, displacement_nm: Any = None
) -> Face:
    """Return one image of a run; `labels` and `depth_to_solid_nm` hold all slices, as arrays or in a file."""
    return Face(
        image,
        index,
        channel,
        run.plan.pixel_size_nm,
        float(run.plan.positions_nm[index]),
        run.full_scale[channel],
        None if labels is None else labels[index],
        None if depth_to_solid_nm is None else depth_to_solid_nm[index],
        (0.0, 0.0) if displacement_nm is None else (float(displacement_nm[0]), float(displacement_nm[1])),
    )


def grey_type(bit_depth: int) -> np.dtype[Any]:
    """Return the type of grey values with so many bits.

    Raises
    ------
    InputError
        If it is neither 8 nor 16.
    """
    if bit_depth not in (8, 16):
        raise InputError(f"The bit depth must be 8 or 16, got {bit_depth!r}.")
    return np.dtype(np.uint8 if bit_depth == 8 else np.uint16)


def to_signal(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return grey values as signal from 0 (black) to 1 (white)."""
    return np.asarray(np.divide(image, np.float32(np.iinfo(image.dtype).max), dtype=np.float32))


def to_grey(image: NDArray[np.float32], dtype: np.dtype[Any]) -> Grey:
    """Round signal from 0 to 1 to grey values; the inverse of `to_signal`, exactly."""
    highest = np.iinfo(dtype).max
    scaled = image * np.float32(highest)
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, highest, out=scaled)
    return scaled.astype(dtype)


def degraded(faces: Iterable[Face], chain: Chain, dtype: np.dtype[Any]) -> Iterator[tuple[Face, Grey]]:
    """Yield every face after the chain, and its grey values, in the order of `faces`; few are held at a time."""

    def one(face: Face) -> tuple[Face, Grey]:
        face = chain.apply(face)
        return face, to_grey(face.image, dtype)

    workers = os.cpu_count() or 1
    waiting: deque[Future[tuple[Face, Grey]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for face in faces:
            waiting.append(pool.submit(one, face))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _collect(
    faces: Iterable[Face], chain: Chain, run: Run, dtype: np.dtype[Any], on_progress: OnProgress | None
) -> tuple[Grey, NDArray[np.float32] | None]:
    """All images, and their displacements if anything moved."""
    images: Grey = np.empty((run.n_channels, run.n_slices, *run.shape), dtype)
    displacement_nm = np.zeros((run.n_channels, run.n_slices, 2), np.float32)
    for done, (face, grey) in enumerate(degraded(faces, chain, dtype), 1):
        images[face.channel, face.index] = grey
        displacement_nm[face.channel, face.index] = face.displacement_nm
        if on_progress is not None:
            on_progress(done / (run.n_channels * run.n_slices), "")
    return images, displacement_nm if displacement_nm.any() else None

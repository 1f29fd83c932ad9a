"""The contract of every generator."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol, runtime_checkable

import numpy as np

from synthfib.data.volume import LabelVolume
from synthfib.generators.progress import OnProgress


@runtime_checkable
class Generator(Protocol):
    """Draws a labelled microstructure.

    Contract: lengths are absolute nanometres; the target volume fraction is reached exactly (to half a voxel);
    same `rng` seed, same bytes, for any number of threads; the parameters and the seed are recorded in the provenance.
    """

    def generate(self, shape: tuple[int, int, int], voxel_size_nm: tuple[float, float, float], *, rng: np.random.Generator | int) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)``."""
        ...


@runtime_checkable
class ReportingGenerator(Generator, Protocol):
    """A generator that can take a while and says how far it is."""

    reports_progress: ClassVar[Literal[True]]

    def generate(
        self,
        shape: tuple[int, int, int],
        voxel_size_nm: tuple[float, float, float],
        *,
        rng: np.random.Generator | int,
        on_progress: OnProgress | None = None,
    ) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)``."""
        ...


def generate(
    generator: Generator,
    shape: tuple[int, int, int],
    voxel_size_nm: tuple[float, float, float],
    *,
    rng: np.random.Generator | int,
    on_progress: OnProgress | None = None,
) -> LabelVolume:
    """Return what `generator` draws; `on_progress` is called by generators that say how far they are."""
    if isinstance(generator, ReportingGenerator):
        return generator.generate(shape, voxel_size_nm, rng=rng, on_progress=on_progress)
    return generator.generate(shape, voxel_size_nm, rng=rng)

"""The contract of every generator."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from synthfib.data.volume import LabelVolume


@runtime_checkable
class Generator(Protocol):
    """Draws a labelled microstructure.

    Contract: lengths are absolute nanometres; the target volume fraction is reached exactly (to half a voxel);
    same `rng` seed, same bytes, for any number of threads; the parameters and the seed are recorded in the provenance.
    """

    def generate(self, shape: tuple[int, int, int], voxel_size_nm: tuple[float, float, float], *, rng: np.random.Generator | int) -> LabelVolume:
        """Return a volume of `shape` voxels ``(z, y, x)``."""
        ...

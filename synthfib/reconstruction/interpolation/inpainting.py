"""The published network fills sections across the faces, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.interpolation.base import Interpolator
from synthfib.reconstruction.interpolation.trained import trained_network

if TYPE_CHECKING:
    import torch

# Sections that go through the network together: its 600 maps of them should stay in the cache.
_SECTIONS = 2


class Inpainting(Interpolator):
    """A network that sees zx and zy sections with missing lines; both predictions of a voxel are averaged.

    Faces lie on whole planes: fractional depths are rounded, and of two faces on one plane the lower one counts. Reposition slices first.

    Parameters
    ----------
    weights : Path, optional
        Weights of one's own, written by ``synthfib train-interpolation``; by default those that come with the package.
    threads : int
        Threads of the arithmetic.

    References
    ----------
    T. Sardhara et al., Ultramicroscopy 256 (2024) 113878, doi 10.1016/j.ultramic.2023.113878, and its supplementary material.
    """

    name: ClassVar[str] = "inpainting"
    # The network sees 12 planes further, with a face on each at worst, and its cubic curves one face more.
    halo: ClassVar[int] = 14

    def __init__(self, weights: Path | None = None, *, threads: int = 2) -> None:
        self._weights, self._threads = weights, threads

    def fill(self, faces: NDArray[np.bool_], depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range."""
        from synthfib.training.cubic_lines import cubic_lines
        from synthfib.training.determinism import reproducible
        from synthfib.training.networks.inpainting import MISSING, REACH

        places = np.rint(depths).astype(np.intp)
        first, end = max(planes[0] - REACH, int(places[0])), min(planes[1] + REACH, int(places[-1]) + 1)
        known, values = np.isin(np.arange(first, end), places), faces.astype(np.float32)
        shown = np.full((end - first, *faces.shape[1:]), MISSING, np.float32)
        inside = (places >= first) & (places < end)
        shown[places[inside] - first] = values[inside]
        smooth = cubic_lines(values, places.astype(np.float64), (first, end))
        network, _ = trained_network("inpainting", self._weights)
        with reproducible(seed=0, threads=self._threads):
            both = _sections(network, shown, smooth, 1) + _sections(network, shown, smooth, 2)
        solid = np.where(known[:, None, None], shown, both / 2) > MISSING
        return solid[planes[0] - first : planes[1] - first]


def _sections(network: torch.nn.Module, shown: NDArray[np.float32], smooth: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return what the network draws in the sections across one axis, ``(z, y, x)``."""
    import torch

    drawn = np.empty_like(shown)
    planes, curves, results = (np.moveaxis(array, axis, 0)[:, None] for array in (shown, smooth, drawn))
    with torch.inference_mode():
        for start in range(0, len(planes), _SECTIONS):
            batch = slice(start, start + _SECTIONS)
            inputs = (
                torch.from_numpy(np.ascontiguousarray(array[batch])).contiguous(memory_format=torch.channels_last) for array in (planes, curves)
            )
            results[batch] = network(*inputs).numpy()
    return drawn

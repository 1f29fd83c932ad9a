"""The published network fills sections across the faces, line by line."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.reconstruction.interpolation.base import Interpolator
from synthfib.reconstruction.interpolation.trained import trained_network

if TYPE_CHECKING:
    import torch

# Pixels of the sections that go through the network together: few of its 600 maps of them fit into the cache.
_PIXELS = 2**17


class Inpainting(Interpolator):
    """A network that sees zx and zy sections with missing lines; both predictions of a voxel are averaged.

    Faces lie on whole planes: fractional depths are rounded, and of two faces on one plane the lower one counts. Reposition slices first.

    Parameters
    ----------
    weights : Path, optional
        Weights of one's own, written by ``synthfib train-interpolation``; by default those that come with the package.
    threads : int
        Threads of the arithmetic.
    half_precision : bool
        Compute in bfloat16, several times faster on processors that can; one voxel in ten thousand came out otherwise.

    References
    ----------
    T. Sardhara et al., Ultramicroscopy 256 (2024) 113878, doi 10.1016/j.ultramic.2023.113878, and its supplementary material.
    """

    name: ClassVar[str] = "inpainting"
    # The network sees 12 planes further, with a face on each at worst, and its cubic curves one face more.
    halo: ClassVar[int] = 14

    def __init__(self, weights: Path | None = None, *, threads: int = 2, half_precision: bool = False) -> None:
        self._weights, self._threads, self._half_precision = weights, threads, half_precision

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
        if self._half_precision:
            network = deepcopy(network).bfloat16()
        with reproducible(seed=0, threads=self._threads):
            both = _sections(network, shown, smooth, 1) + _sections(network, shown, smooth, 2)
        solid = np.where(known[:, None, None], shown, both / 2) > MISSING
        return solid[planes[0] - first : planes[1] - first]


def _sections(network: torch.nn.Module, shown: NDArray[np.float32], smooth: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return what the network draws in the sections across one axis, ``(z, y, x)``."""
    import torch

    drawn, like = np.empty_like(shown), next(network.parameters())
    planes, curves, results = (np.moveaxis(array, axis, 0)[:, None] for array in (shown, smooth, drawn))
    with torch.inference_mode():
        sections = max(2, _PIXELS // (planes.shape[2] * planes.shape[3]))
        for start in range(0, len(planes), sections):
            batch = slice(start, start + sections)
            inputs = (
                torch.from_numpy(np.ascontiguousarray(array[batch])).to(like).contiguous(memory_format=torch.channels_last)
                for array in (planes, curves)
            )
            results[batch] = network(*inputs).float().numpy()
    return drawn

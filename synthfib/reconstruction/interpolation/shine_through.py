"""What lies in a gap shines through the pores of the face above it: a network reads it there."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.reconstruction.interpolation.base import ImageInterpolator
from synthfib.reconstruction.interpolation.face_images import FaceImages
from synthfib.reconstruction.interpolation.gap_drawing import draw_planes
from synthfib.reconstruction.interpolation.trained import trained_network

_PREFIX = "shine-through"


class ShineThrough(ImageInterpolator):
    """The neural spline, which sees the images of the four faces around a gap as well.

    Images of pores are no blank: they are brighter the nearer the next solid lies below. Segmentation fights that; here it tells what the
    slices leave out.

    Parameters
    ----------
    weights : Path, optional
        Weights of one's own, written by ``synthfib train-interpolation``; by default those of the package that know the most landing energies
        of the images.
    threads : int
        Threads of the arithmetic.
    """

    name: ClassVar[str] = "shine-through"
    halo: ClassVar[int] = 1

    def __init__(self, weights: Path | None = None, *, threads: int = 2) -> None:
        self._weights, self._threads = weights, threads

    def fill_seeing(self, faces: NDArray[np.bool_], images: FaceImages, depths: NDArray[np.float64], planes: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the planes of a range.

        Raises
        ------
        InputError
            If there are no weights for these landing energies.
        """
        network, card = trained_network("shine-through", self._weights or shipped_weights(images.energies_kev))
        return draw_planes(network, faces, images.scaled(card.energies_kev), depths, planes, threads=self._threads)


def shipped_weights(energies_kev: tuple[float, ...]) -> Path:
    """Return the weights of the package for images at these energies.

    Raises
    ------
    InputError
        If there are none.
    """
    known = {_energies(path): path for path in Path(__file__).parent.glob(f"{_PREFIX}-*-kev.safetensors")}
    fitting = [energies for energies in known if set(energies) <= set(energies_kev)]
    if not fitting:
        sets = "; ".join(", ".join(f"{energy:g}" for energy in energies) for energies in sorted(known))
        given = ", ".join(f"{energy:g}" for energy in energies_kev)
        raise InputError(
            f"The method {_PREFIX!r} knows images at {sets} keV, got {given} keV; train weights for them with: synthfib train-interpolation"
        )
    return known[max(fitting, key=len)]


def _energies(path: Path) -> tuple[float, ...]:
    """Landing energies in the name of a file, ``shine-through-1-2-4-kev``."""
    return tuple(float(word) for word in path.stem.removeprefix(_PREFIX).removesuffix("kev").strip("-").split("-"))

"""Which interpolation methods can work here and now: all but those whose package or weights are missing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from synthfib.errors import SynthfibError
from synthfib.reconstruction.interpolation.base import Interpolator, interpolate
from synthfib.reconstruction.interpolation.face_images import FaceImages
from synthfib.reconstruction.interpolation.registry import INTERPOLATORS


def ready_method(name: str, energies_kev: tuple[float, ...] = ()) -> Interpolator:
    """Return a method that has filled a small gap, so that nothing it needs is missing; with images at some energies, if there are any.

    Raises
    ------
    MissingDependencyError
        If an optional package is not installed.
    InputError
        If there is no such method, or it has no weights.
    """
    method: Interpolator = INTERPOLATORS.load(name)()
    faces = np.zeros((2, 4, 4), np.bool_)
    faces[1, 1:3, 1:3] = True
    images = FaceImages(
        faces.astype(np.uint8)[None].repeat(len(energies_kev), axis=0), np.array([[0, 1]] * len(energies_kev), np.float32), energies_kev
    )
    for _ in interpolate(faces, [0, 3], method, images=images if energies_kev else None):
        pass
    return method


def ready_methods(names: Iterable[str] | None = None, energies_kev: tuple[float, ...] = ()) -> tuple[dict[str, Interpolator], dict[str, str]]:
    """Return which of the named methods, all by default, can work, and why the others cannot; with images at some energies, if there are any."""
    ready: dict[str, Interpolator] = {}
    missing: dict[str, str] = {}
    for name in INTERPOLATORS.names() if names is None else names:
        try:
            ready[name] = ready_method(name, energies_kev)
        except (ImportError, SynthfibError) as error:
            missing[name] = str(error)
    return ready, missing

"""Make the structures that a network for gaps learns from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthfib.catalogue import load_material
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import SliceThickness
from synthfib.training.gap_card import GapStructures
from synthfib.training.gap_examples import GapExamples


def make_structures(structures: GapStructures, *, on_volume: Callable[[int], None] | None = None) -> GapExamples:
    """Return examples from structures of the catalogue, cubes of `structures.voxels` voxels along an edge.

    Parameters
    ----------
    structures : GapStructures
        Materials take turns; volume i of seed s has the seed ``(s, i)``.
    on_volume : callable, optional
        Told the number of finished volumes.

    Raises
    ------
    InputError
        If a material is unknown, or cannot be made in this size.
    """
    generators = [make_generator(load_material(name)) for name in structures.materials]
    side, voxel_nm = structures.voxels, structures.voxel_size_nm
    volumes = []
    for number in range(structures.volumes):
        generator = generators[number % len(generators)]
        rng = np.random.default_rng([structures.seed, number])
        volumes.append(generator.generate((side, side, side), (voxel_nm,) * 3, rng=rng).labels != 0)
        if on_volume is not None:
            on_volume(number + 1)
    return GapExamples(volumes, SliceThickness(structures.mean_thickness_nm, structures.std_thickness_nm, grid_nm=voxel_nm))

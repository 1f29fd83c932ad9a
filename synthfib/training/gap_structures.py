"""Make the structures that a network for gaps learns from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from synthfib.catalogue import load_material, load_microscope
from synthfib.catalogue.recipes import MicroscopeRecipe
from synthfib.corpus.acquire import acquire
from synthfib.corpus.recipe import degradations_of, make_generator
from synthfib.data.milling import SliceThickness
from synthfib.data.volume import LabelVolume
from synthfib.training.gap_card import GapStructures
from synthfib.training.gap_examples import GapExamples
from synthfib.training.gap_images import GapImageExamples, ImagedStructure
from synthfib.training.grey_values import PercentileScaling
from synthfib.training.stacks import InputStack

# What the last face shows through its pores.
_PLANES_BELOW = 32


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
    return GapExamples([volume.labels != 0 for volume in _volumes(structures, 0, on_volume)], _thickness(structures))


def image_structures(
    structures: GapStructures, microscopes: Sequence[str], energies_kev: Sequence[float], *, on_volume: Callable[[int], None] | None = None
) -> GapImageExamples:
    """Return the same with images of their faces, as microscopes of the catalogue record them, but for drift.

    Parameters
    ----------
    structures : GapStructures
        As for `make_structures`; volume i is milled and imaged with the seed ``(s, i, 1)``.
    microscopes : sequence of str
        Names of microscope recipes; they take turns each time that all materials had theirs.
    energies_kev : sequence of float
        Landing energies in keV.
    on_volume : callable, optional
        Told the number of finished volumes.

    Raises
    ------
    InputError
        If a name is unknown, or structures cannot be made or imaged.
    """
    recipes, voxel_nm = [_without_drift(name) for name in microscopes], structures.voxel_size_nm
    imaged = []
    for number, volume in enumerate(_volumes(structures, _PLANES_BELOW, None)):
        rng = np.random.default_rng([structures.seed, number, 1])
        plan = _thickness(structures).plan(pixel_size_nm=(voxel_nm, voxel_nm), rng=rng, depth_nm=structures.voxels * voxel_nm)
        recipe = recipes[number // len(structures.materials) % len(recipes)]
        stack = acquire(volume, plan, recipe, energies_kev=energies_kev, rng=int(rng.integers(2**63)))
        scaled = InputStack.of(stack, stack.channels, PercentileScaling())
        imaged.append(ImagedStructure(volume.labels != 0, plan.voxel_index(voxel_nm), scaled.scaled(scaled.images)))
        if on_volume is not None:
            on_volume(number + 1)
    return GapImageExamples(imaged)


def _without_drift(microscope: str) -> MicroscopeRecipe:
    recipe = load_microscope(microscope)
    return recipe.model_copy(update={"degradations": {name: of for name, of in degradations_of(recipe).items() if name != "drift"}})


def _thickness(structures: GapStructures) -> SliceThickness:
    return SliceThickness(structures.mean_thickness_nm, structures.std_thickness_nm, grid_nm=structures.voxel_size_nm)


def _volumes(structures: GapStructures, planes_below: int, on_volume: Callable[[int], None] | None) -> Iterator[LabelVolume]:
    generators = [make_generator(load_material(name)) for name in structures.materials]
    side, voxel_nm = structures.voxels, structures.voxel_size_nm
    for number in range(structures.volumes):
        generator, rng = generators[number % len(generators)], np.random.default_rng([structures.seed, number])
        yield generator.generate((side + planes_below, side, side), (voxel_nm, voxel_nm, voxel_nm), rng=rng)
        if on_volume is not None:
            on_volume(number + 1)

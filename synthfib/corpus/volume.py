"""One volume of a corpus, a pure function of the recipe and its place."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from synthfib.catalogue import MaterialRecipe
from synthfib.corpus.acquire import acquire
from synthfib.corpus.recipe import Place, ResolvedRecipe, make_generator
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.physics.materials import material
from synthfib.physics.ranges import backscatter_depth_nm

#: The stages that draw random numbers.
STAGES = ("milling", "structure", "acquisition")


def make_structure(resolved: ResolvedRecipe, place: Place) -> LabelVolume:
    """Return the structure that one volume is cut from; the same for all its siblings, and drawn once if they are made in a row."""
    drawn = _remembered if resolved.corpus.thickness_draws > 1 else _draw
    recipe = resolved.material_of(place).model_dump_json()
    return drawn(recipe, structure_shape(resolved, place), resolved.corpus.voxel_size_nm, resolved.seed(place, "structure"))


def _draw(recipe: str, shape: tuple[int, int, int], voxel_nm: float, seed: int) -> LabelVolume:
    generator = make_generator(MaterialRecipe.model_validate_json(recipe))
    return generator.generate(shape, (voxel_nm, voxel_nm, voxel_nm), rng=seed)


_remembered = lru_cache(maxsize=1)(_draw)


def make_stack(resolved: ResolvedRecipe, place: Place, structure: LabelVolume) -> ImageStack:
    """Return the images and the truth of one volume of a structure."""
    stack = acquire(
        structure,
        milling_plan(resolved, place),
        resolved.microscope,
        energies_kev=resolved.energies_kev,
        simulator=resolved.simulator,
        rng=resolved.seed(place, "acquisition"),
    )
    return stack if "yields" in resolved.corpus.keep else replace(stack, yields=None)


def milling_plan(resolved: ResolvedRecipe, place: Place) -> MillingPlan:
    """Return the faces of one volume."""
    pixel_nm = resolved.corpus.voxel_size_nm
    return resolved.thickness.plan(pixel_size_nm=(pixel_nm, pixel_nm), n_slices=resolved.corpus.slices, rng=resolved.seed(place, "milling"))


def structure_shape(resolved: ResolvedRecipe, place: Place) -> tuple[int, int, int]:
    """Return the voxels ``(z, y, x)`` of a structure: down to the last face of any milling, and as deep below as half of its electrons come from."""
    phases = resolved.material_of(place).phases
    matter = [m for m in map(material, (phases.pore, phases.solid)) if not m.is_vacuum]
    below_nm = max((backscatter_depth_nm(m, max(resolved.energies_kev)) for m in matter), default=0.0)
    last = max(int(milling_plan(resolved, sibling).voxel_index(resolved.corpus.voxel_size_nm)[-1]) for sibling in resolved.siblings(place))
    return (last + 1 + math.ceil(below_nm / resolved.corpus.voxel_size_nm), *resolved.corpus.pixels)

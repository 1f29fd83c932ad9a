"""Images of one structure, measured or virtual, to test on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from synthfib.catalogue import CorpusRecipe, MaterialRecipe
from synthfib.catalogue.structures import StructureRecipe
from synthfib.corpus.acquire import slice_and_view
from synthfib.corpus.recipe import ResolvedRecipe, make_generator, resolve
from synthfib.data.readers import read_volume
from synthfib.data.stack import ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import UnknownNameError
from synthfib.physics.materials import material

_NAME = "test-000"


@dataclass(frozen=True, slots=True, eq=False)
class ImagedStructure:
    """A corpus of one stack, in the split "test"; see `synthfib.training.stacks.LabelledStacks`.

    Parameters
    ----------
    name, version : str
        Name and version of the corpus.
    stack : ImageStack
        Images with labels.
    """

    name: str
    version: str
    stack: ImageStack

    @property
    def digest(self) -> str:
        """SHA-256 of images and labels."""
        assert self.stack.labels is not None
        return hashlib.sha256(self.stack.images.tobytes() + self.stack.labels.tobytes()).hexdigest()

    def names(self, split: str, /) -> tuple[str, ...]:
        """Return the one name, for the split "test"."""
        return (_NAME,) if split == "test" else ()

    def read(self, name: str, /) -> ImageStack:
        """Return the stack."""
        if name != _NAME:
            raise UnknownNameError("volume", name, [_NAME])
        return self.stack


def image_file(recipe: CorpusRecipe, path: Path, *, voxel_size_nm: Sequence[float] | None = None) -> ImagedStructure:
    """Return images of a measured structure, as the microscope of a recipe makes them.

    What is bright is the solid of the first material of the recipe, told from its pores by k-means. The structure is scaled so that its voxels are as
    wide as the pixels of the recipe, and cut to the size of its volumes.

    Parameters
    ----------
    recipe : CorpusRecipe
        Says what the images are like.
    path : Path
        A grey or labelled volume.
    voxel_size_nm : sequence of float, optional
        Edges ``(z, y, x)`` of its voxels in nm, if the file does not say.

    Raises
    ------
    InputError
        If the file is no volume, or does not say its voxel size and none is given.
    """
    resolved = resolve(recipe)
    names = resolved.materials[0].phases
    measured = read_volume(path, voxel_size_nm=voxel_size_nm, phases=(material(names.pore), material(names.solid)), threshold="kmeans")
    scale = recipe.voxel_size_nm / measured.voxel_size_nm[2]
    z_nm, y_nm, x_nm = (scale * size for size in measured.voxel_size_nm)
    depth, height, width = _shape(resolved, z_nm)
    return _imaged(resolved, replace(measured, voxel_size_nm=(z_nm, y_nm, x_nm)).crop(slice(depth), slice(height), slice(width)))


def image_stand_in(recipe: CorpusRecipe, structure: StructureRecipe) -> ImagedStructure:
    """Return images of a virtual structure, made of the first material of a recipe, as its microscope makes them."""
    resolved = resolve(recipe)
    of = resolved.materials[0]
    drawn = make_generator(MaterialRecipe.model_validate({**dict(of), "structure": structure}))
    edge_nm = recipe.voxel_size_nm
    return _imaged(resolved, drawn.generate(_shape(resolved, edge_nm), (edge_nm, edge_nm, edge_nm), rng=recipe.seed))


def _shape(resolved: ResolvedRecipe, voxel_depth_nm: float) -> tuple[int, int, int]:
    """Return the voxels that the slices of one volume of the recipe are cut from."""
    return (round(resolved.corpus.slices * resolved.thickness.mean_nm / voxel_depth_nm), *resolved.corpus.pixels)


def _imaged(resolved: ResolvedRecipe, volume: LabelVolume) -> ImagedStructure:
    recipe = resolved.corpus
    microscope = resolved.microscope
    if recipe.slice_thickness is not None:
        microscope = microscope.model_copy(update={"slice_thickness": recipe.slice_thickness})
    stack = slice_and_view(volume, microscope, energies_kev=resolved.energies_kev, simulator=resolved.simulator, rng=recipe.seed)
    return ImagedStructure(recipe.name, recipe.version, stack)

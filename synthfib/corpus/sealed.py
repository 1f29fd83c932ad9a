"""What is published of a volume whose truth is sealed: what its microscope would know, and proof that the truth existed."""

from __future__ import annotations

from dataclasses import replace

from synthfib.corpus.manifest import array_sha256, stack_arrays
from synthfib.corpus.recipe import Place, ResolvedRecipe
from synthfib.data.milling import MillingPlan
from synthfib.data.provenance import SEAL, Provenance
from synthfib.data.stack import ImageStack
from synthfib.data.volume import LabelVolume


def published(resolved: ResolvedRecipe, place: Place, stack: ImageStack, structure: LabelVolume) -> ImageStack:
    """Return a volume of a sealed split as it is published.

    It keeps images, channels, pixel size and tilt, the positions that were asked for and those that were measured. The faces stand where they
    were asked for. Everything else is withheld, seeds and strengths of degradations too; the digests of what is withheld are in the provenance.

    Raises
    ------
    InputError
        If the recipe has no secret.
    """
    return replace(visible(stack), provenance=Provenance().then(SEAL, {"withheld_sha256": withheld_sha256(resolved, place, stack, structure)}))


def visible(stack: ImageStack) -> ImageStack:
    """Return what of a volume is no secret."""
    plan = stack.plan
    faces = MillingPlan(plan.measured_positions_nm["nominal"], plan.pixel_size_nm, plan.tilt_deg, plan.measured_positions_nm)
    return ImageStack(stack.images, stack.channels, faces)


def withheld_sha256(resolved: ResolvedRecipe, place: Place, stack: ImageStack, structure: LabelVolume) -> dict[str, str]:
    """Return a digest of every array that is withheld, which tells nothing to those who do not have the salt.

    Raises
    ------
    InputError
        If the recipe has no secret.
    """
    secret, shown = resolved.own_secret(), stack_arrays(visible(stack))
    truth = {name: array for name, array in stack_arrays(stack).items() if name not in shown or name == "positions_nm"}
    digests = {name: array_sha256(array) for name, array in {**truth, "structure": structure.labels}.items()}
    return {name: secret.conceal(f"{place.name}/{name}", digest) for name, digest in digests.items()}

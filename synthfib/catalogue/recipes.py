"""What recipes may say: strict models of materials, microscopes and corpora."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from synthfib.catalogue.fields import (
    VERSION_PATTERN,
    Chance,
    Commitment,
    Count,
    Degradations,
    Energies,
    Keepsake,
    Length,
    LengthOrZero,
    Name,
    Reference,
    Size,
    Strict,
    Text,
)
from synthfib.catalogue.structures import Structure
from synthfib.errors import RecipeError

Kind = Literal["material", "microscope", "corpus"]


class Recipe(Strict):
    """What every recipe has."""

    name: Name = Field(description="Kebab-case name, equal to the name of the file or folder.")
    title: Text = Field(description="One line for people.")
    aliases: tuple[Name, ...] = Field(default=(), description="Shorter names that mean the same.")
    references: tuple[Reference, ...] = Field(default=(), description="DOIs (10....) or web addresses of what the numbers come from.")


class PhaseNames(Strict):
    """Names of the materials of pore and solid, and of a second solid where the structure has one."""

    pore: Name = Field(description="Material of label 0, for example epoxy or vacuum.")
    solid: Name = Field(description="Material of label 1, for example gold.")
    second_solid: Name | None = Field(default=None, description="Material of label 2, for the generator plurigaussian only.")


class MaterialRecipe(Recipe):
    """A porous material: its structure and what it is made of."""

    schema_: Literal["synthfib/material@1"] = Field(alias="schema")
    structure: Annotated[Structure, Field(discriminator="generator", description="The generator and its parameters.")]
    phases: PhaseNames

    @model_validator(mode="after")
    def _as_many_phases_as_labels(self) -> MaterialRecipe:
        three = self.structure.generator == "plurigaussian"
        if three != (self.phases.second_solid is not None):
            raise ValueError("must name phases.second_solid" if three else "must not name phases.second_solid: its structure has one solid")
        return self


class MillingFaultsRecipe(Strict):
    """What goes wrong while slices are milled."""

    drift_std_nm: LengthOrZero = Field(default=0.0, description="Standard deviation of the slowly varying mean thickness in nm.")
    drift_slices: float = Field(default=50.0, gt=0, le=1e6, description="Number of slices over which that mean forgets itself.")
    missed_cut_chance: Chance = Field(default=0.0, description="Chance per slice that next to nothing is removed, and the rest with the next slice.")
    double_cut_chance: Chance = Field(default=0.0, description="Chance per slice that two cuts lie between two images.")


class PositionMeasurementRecipe(Strict):
    """How face positions are measured, by a ruler and by an estimate on the fly."""

    ruler_error_nm: LengthOrZero = Field(default=0.5, description="Standard deviation of each position read from the ruler in nm.")
    automatic_error_nm: LengthOrZero = Field(default=2.0, description="Standard deviation of each thickness estimated on the fly in nm.")
    still_chance: float = Field(default=0.2, ge=0, lt=1, description="Chance that this estimate sees no motion and says 0 to 1 nm.")


class SliceThicknessRecipe(Strict):
    """How thick slices are: constant, or gamma-distributed if the standard deviation is above 0."""

    mean_nm: Length = Field(description="Mean thickness in nm.")
    std_nm: float = Field(default=0.0, ge=0, le=1e5, description="Standard deviation in nm.")
    grid_nm: Length | None = Field(default=None, description="Round face positions to multiples of this length in nm; null leaves them continuous.")
    faults: MillingFaultsRecipe | None = Field(default=None, description="What goes wrong; by default nothing.")
    measurement: PositionMeasurementRecipe | None = Field(default=None, description="How positions are measured; by default only true ones are kept.")


class MicroscopeRecipe(Recipe):
    """A microscope: beam, detector, read-out and milling."""

    schema_: Literal["synthfib/microscope@1"] = Field(alias="schema")
    detector: Name = Field(description="Name of the detector, recorded with every channel.")
    energies_kev: Energies = Field(description="Landing energies in keV.")
    beam_current_pa: float = Field(gt=0, le=1e6, description="Beam current in pA.")
    dwell_time_us: float = Field(gt=0, le=1e6, description="Dwell time per pixel in us.")
    readout_noise_electrons: float = Field(default=0.0, ge=0, le=1e6, description="Gaussian read-out noise, in detected electrons.")
    bit_depth: Literal[8, 16] = Field(default=8, description="Bits of a grey value.")
    slice_thickness: SliceThicknessRecipe
    simulator: Name = Field(description="Name of the simulator, or auto: the most faithful one whose time fits.")
    degradations: Degradations | None = Field(
        default=None,
        description="What images suffer beside dose noise: a preset (none, published, good-day, bad-day), or strengths by degradation.",
    )

    @field_validator("energies_kev")
    @classmethod
    def _no_double(cls, energies_kev: tuple[float, ...]) -> tuple[float, ...]:
        return _without_doubles(energies_kev)


class SplitSizes(Strict):
    """Number of structures of each split."""

    train: Count
    validation: Count
    test: Count


class SmallSizes(Strict):
    """What a small edition of a corpus changes, to try it out."""

    slices: Size = Field(description="Slices per volume.")
    pixels: tuple[Size, Size] = Field(description="Pixels per slice, (y, x).")
    splits: SplitSizes


class CorpusRecipe(Recipe):
    """A corpus: which materials, seen by which microscope, how many volumes of which size."""

    schema_: Literal["synthfib/corpus@1"] = Field(alias="schema")
    version: str = Field(pattern=VERSION_PATTERN, description="Version x.y.z of the corpus; any changed byte is a new x.")
    license: Text = Field(description="SPDX name of the licence of the data.")
    seed: int = Field(ge=0, lt=2**63, description="From which every random number follows.")
    materials: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="Names of material recipes, or paths of YAML files relative to this one; volume i of a split uses the i-th, cyclically."
    )
    microscope: Text = Field(description="Name of a microscope recipe, or path of a YAML file relative to this one.")
    simulator: Name | None = Field(default=None, description="Overrides the simulator of the microscope.")
    budget_minutes: float | None = Field(default=None, gt=0, le=1e6, description="Minutes on two cores that simulator auto may spend; 60 by default.")
    energies_kev: Energies | None = Field(default=None, description="Overrides the landing energies of the microscope, in keV.")
    slice_thickness: SliceThicknessRecipe | None = Field(default=None, description="Overrides the slice thickness of the microscope.")
    degradations: Degradations | None = Field(default=None, description="Overrides what images suffer in the microscope.")
    voxel_size_nm: Length = Field(description="Edge of a cubic voxel, and of a pixel, in nm.")
    slices: Size = Field(description="Slices per volume.")
    pixels: tuple[Size, Size] = Field(description="Pixels per slice, (y, x).")
    splits: SplitSizes
    thickness_draws: int = Field(default=1, ge=1, le=1000, description="How often each structure is milled, each time with other slices.")
    keep: tuple[Keepsake, ...] = Field(default=(), description="What to keep beside images and truth: yields without noise, whole structures.")
    small: SmallSizes | None = Field(default=None, description="Sizes of the small edition.")
    creators: tuple[Text, ...] = Field(default=("The synthfib developers",), min_length=1, description="Whom to cite.")
    sealed: Commitment | None = Field(
        default=None, description="Commitment to the seed of the test split, which is withheld: SHA-256 of a secret salt and that seed."
    )

    @field_validator("energies_kev")
    @classmethod
    def _no_double(cls, energies_kev: tuple[float, ...] | None) -> tuple[float, ...] | None:
        return None if energies_kev is None else _without_doubles(energies_kev)

    @field_validator("splits")
    @classmethod
    def _not_empty(cls, splits: SplitSizes) -> SplitSizes:
        if splits.train + splits.validation + splits.test == 0:
            raise ValueError("must hold at least one volume")
        return splits


def small_edition(recipe: CorpusRecipe) -> CorpusRecipe:
    """Return the small edition of a corpus, named ``<name>-small``.

    Raises
    ------
    RecipeError
        If the recipe has none.
    """
    if recipe.small is None:
        raise RecipeError(f"The corpus {recipe.name!r} has no small edition; add `small` to its recipe, or build it as it is.")
    sizes = {key: getattr(recipe.small, key) for key in SmallSizes.model_fields}
    return recipe.model_copy(update={**sizes, "name": f"{recipe.name}-small", "title": f"{recipe.title} (small edition)", "small": None})


MODELS: dict[Kind, type[Recipe]] = {"material": MaterialRecipe, "microscope": MicroscopeRecipe, "corpus": CorpusRecipe}


def _without_doubles(energies_kev: tuple[float, ...]) -> tuple[float, ...]:
    if len(set(energies_kev)) < len(energies_kev):
        raise ValueError("must not name an energy twice")
    return energies_kev

"""What material recipes may say about structures: one strict model per generator, told apart by its name."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from synthfib.catalogue.fields import Fraction, Length, LengthOrZero, Strict

_Waves = Annotated[int, Field(ge=1, le=100_000)]


class StructureRecipe(Strict):
    """What every structure has: the name of its generator, in a field `generator` of each kind."""

    @property
    def waves_per_voxel(self) -> int:
        """How many plane waves are summed at each voxel, which is what drawing it costs; 0 where it costs next to nothing."""
        return 0


class LeveledWaveRecipe(StructureRecipe):
    """A leveled-wave structure: plane waves of one length, cut at a level; several levels lie one inside the other."""

    generator: Literal["leveled-wave"]
    ligament_diameters_nm: Annotated[tuple[Length, ...], Field(min_length=1, max_length=3)] = Field(
        description="Ligament diameter of each level in nm, the coarsest first."
    )
    solid_fraction: Fraction = Field(description="Volume fraction of the solid.")
    n_waves: _Waves = Field(default=1000, description="Plane waves per level.")

    @field_validator("ligament_diameters_nm")
    @classmethod
    def _coarsest_first(cls, diameters_nm: tuple[float, ...]) -> tuple[float, ...]:
        if any(fine >= coarse for coarse, fine in pairwise(diameters_nm)):
            raise ValueError("must run from the coarsest to the finest")
        return diameters_nm

    @property
    def waves_per_voxel(self) -> int:
        """Plane waves of all levels."""
        return self.n_waves * len(self.ligament_diameters_nm)


class RandomPoresRecipe(StructureRecipe):
    """A solid with void spheres at random places."""

    generator: Literal["random-pores"]
    pore_radius_nm: Length = Field(description="Mean radius of the pores in nm.")
    pore_radius_std_nm: LengthOrZero = Field(default=0.0, description="Standard deviation of the radius in nm, below a third of the mean.")
    porosity: Fraction = Field(description="Volume fraction of the pores.")


class SphereRecipe(Strict):
    """Spherical grains."""

    shape: Literal["sphere"]
    radius_nm: Length = Field(description="Mean radius in nm.")
    radius_std_nm: LengthOrZero = Field(default=0.0, description="Standard deviation of the radius in nm, below a third of the mean.")


class CylinderRecipe(Strict):
    """Cylindrical grains of isotropic directions."""

    shape: Literal["cylinder"]
    radius_nm: Length = Field(description="Mean radius in nm.")
    radius_std_nm: LengthOrZero = Field(default=0.0, description="Standard deviation of the radius in nm, below a third of the mean.")
    length_nm: Length = Field(description="Length in nm.")


class EllipsoidRecipe(Strict):
    """Ellipsoidal grains of isotropic orientations."""

    shape: Literal["ellipsoid"]
    semi_axes_nm: tuple[Length, Length, Length] = Field(description="The three semi-axes in nm.")


class BooleanModelRecipe(StructureRecipe):
    """Solid grains at random places."""

    generator: Literal["boolean-model"]
    grains: Annotated[SphereRecipe | CylinderRecipe | EllipsoidRecipe, Field(discriminator="shape", description="Shape and size of the grains.")]
    solid_fraction: Fraction = Field(description="Volume fraction of the grains.")
    overlapping: bool = Field(default=True, description="Whether grains may overlap.")


class PhaseSeparatedFilmRecipe(StructureRecipe):
    """A phase-separated film: the cut of a Gaussian field with a band of wave numbers."""

    generator: Literal["phase-separated-film"]
    pore_diameter_nm: Length = Field(description="Mean chord of the pores in nm.")
    porosity: Fraction = Field(description="Volume fraction of the pores.")
    bandwidth: float = Field(default=0.5, ge=0, lt=1, description="Half the width of the band of wave numbers relative to its middle.")
    n_waves: _Waves = Field(default=1000, description="Number of plane waves.")

    @property
    def waves_per_voxel(self) -> int:
        """All plane waves."""
        return self.n_waves


class PlurigaussianRecipe(StructureRecipe):
    """A pore and two solids from the cuts of two Gaussian fields; `phases` names a second solid."""

    generator: Literal["plurigaussian"]
    ligament_diameter_nm: Length = Field(description="Mean chord of both solids together in nm.")
    domain_diameter_nm: Length = Field(description="Mean chord of the second solid in nm, before pores are cut out of it.")
    solid_fraction: Fraction = Field(description="Volume fraction of both solids together.")
    second_solid_fraction: Fraction = Field(description="Volume fraction of the second solid.")
    n_waves: _Waves = Field(default=1000, description="Plane waves per field.")

    @property
    def waves_per_voxel(self) -> int:
        """Plane waves of both fields."""
        return 2 * self.n_waves


class SelfSimilarRecipe(StructureRecipe):
    """A structure masked by a small copy of itself."""

    generator: Literal["self-similar"]
    base: Annotated[LeveledWaveRecipe | RandomPoresRecipe | BooleanModelRecipe, Field(discriminator="generator")] = Field(
        description="The structure that is masked."
    )
    mask_scale: Fraction = Field(description="Size of the copy relative to the structure.")
    solid_fraction: Fraction = Field(description="Volume fraction of the solid.")

    @property
    def waves_per_voxel(self) -> int:
        """Plane waves of the structure."""
        return self.base.waves_per_voxel


class BulkRecipe(StructureRecipe):
    """Nothing but solid."""

    generator: Literal["calibration-bulk"]


class FilmRecipe(StructureRecipe):
    """A flat film of solid."""

    generator: Literal["calibration-film"]
    thickness_nm: Length = Field(description="Thickness in nm.")
    depth_nm: LengthOrZero = Field(default=0.0, description="Depth of the upper face in nm.")


class EdgeRecipe(StructureRecipe):
    """A wall of solid with a straight vertical edge."""

    generator: Literal["calibration-edge"]
    offset_nm: float = Field(default=0.0, ge=-1e5, le=1e5, description="Distance of the edge from the middle, along x, in nm.")


class StepRecipe(StructureRecipe):
    """Two terraces that meet at a straight step."""

    generator: Literal["calibration-step"]
    height_nm: Length = Field(description="Height of the step in nm.")
    depth_nm: LengthOrZero = Field(default=0.0, description="Depth of the upper terrace in nm.")


class SphereInMatrixRecipe(StructureRecipe):
    """One sphere of solid in the pore material."""

    generator: Literal["calibration-sphere"]
    radius_nm: Length = Field(description="Radius in nm.")
    centre_depth_nm: LengthOrZero = Field(description="Depth of the centre in nm.")


class CuboidStaircaseRecipe(StructureRecipe):
    """Equal cuboids in a row, each deeper than the one before."""

    generator: Literal["calibration-staircase"]
    depths_nm: Annotated[tuple[LengthOrZero, ...], Field(min_length=1)] = Field(description="Depth of each upper face in nm, increasing.")
    width_nm: Length = Field(description="Edges along x and y in nm.")
    height_nm: Length = Field(description="Edge along z in nm.")
    gap_nm: Length = Field(description="Distance of neighbours in nm.")


class StretchedSpheresRecipe(StructureRecipe):
    """Void spheres on a grid, stretched along z the more the deeper."""

    generator: Literal["calibration-stretched-spheres"]
    radius_nm: Length = Field(description="Radius in nm.")
    pitch_nm: Length = Field(description="Distance of neighbours along x and y, and of the first two layers, in nm.")
    stretch: float = Field(ge=0, le=10, description="How much longer, relative to the radius, lower halves get from layer to layer.")
    pitch_growth_nm: LengthOrZero = Field(description="How much farther apart layers get in nm.")


Structure: TypeAlias = (
    LeveledWaveRecipe
    | RandomPoresRecipe
    | BooleanModelRecipe
    | PhaseSeparatedFilmRecipe
    | PlurigaussianRecipe
    | SelfSimilarRecipe
    | BulkRecipe
    | FilmRecipe
    | EdgeRecipe
    | StepRecipe
    | SphereInMatrixRecipe
    | CuboidStaircaseRecipe
    | StretchedSpheresRecipe
)

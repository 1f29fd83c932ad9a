"""What a corpus recipe means: the things that its names stand for, and the seeds that follow from it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from synthfib.catalogue import CorpusRecipe, MaterialRecipe, MicroscopeRecipe, SliceThicknessRecipe, StructureRecipe, load_material, load_microscope
from synthfib.corpus.secret import Secret
from synthfib.data.material import Material
from synthfib.data.milling import SliceThickness
from synthfib.data.milling_faults import MillingFaults
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.degradations.compose import Settings
from synthfib.degradations.dose_noise import DoseNoise
from synthfib.degradations.presets import settings
from synthfib.errors import InputError, RecipeError
from synthfib.generators.base import Generator
from synthfib.generators.grains import SHAPES
from synthfib.generators.registry import GENERATORS
from synthfib.physics.materials import material
from synthfib.simulators.choice import AUTO, BUDGET_MINUTES, Choice, choose_simulator
from synthfib.simulators.registry import SIMULATORS

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a volume stands in its corpus.

    Parameters
    ----------
    split : str
        Name of the split.
    number : int
        Number of the volume within the split.
    structure : int
        Number of its structure within the split; the same as that of the volume unless structures are milled more than once.
    """

    split: Split
    number: int
    structure: int

    @property
    def name(self) -> str:
        """Name of the volume, for example ``"train-000"``."""
        return f"{self.split}-{self.number:03d}"

    @property
    def structure_name(self) -> str:
        """Name of the structure."""
        return f"{self.split}-{self.structure:03d}"


@dataclass(frozen=True, slots=True)
class ResolvedRecipe:
    """A corpus recipe with the recipes that it names.

    Parameters
    ----------
    corpus : CorpusRecipe
        The recipe.
    materials : tuple of MaterialRecipe
        What `corpus.materials` names, in the same order.
    microscope : MicroscopeRecipe
        What `corpus.microscope` names.
    secret : Secret, optional
        What a sealed test split follows from; without it the recipe cannot build that split.
    """

    corpus: CorpusRecipe
    materials: tuple[MaterialRecipe, ...]
    microscope: MicroscopeRecipe
    secret: Secret | None = None

    @property
    def energies_kev(self) -> tuple[float, ...]:
        """Landing energies in keV."""
        return self.corpus.energies_kev or self.microscope.energies_kev

    @property
    def simulator(self) -> str:
        """Name of the simulator; `auto` is settled."""
        return self.choice.name if self.leaves_the_choice else self._simulator

    @property
    def leaves_the_choice(self) -> bool:
        """Whether the recipe asks for `auto`."""
        return self._simulator == AUTO

    @property
    def _simulator(self) -> str:
        return self.corpus.simulator or self.microscope.simulator

    @property
    def electrons_per_pixel(self) -> int:
        """Dose."""
        microscope = self.microscope
        return DoseNoise(microscope.beam_current_pa, microscope.dwell_time_us, microscope.readout_noise_electrons).electrons_per_pixel

    @property
    def choice(self) -> Choice:
        """What `auto` chooses."""
        n_pixels = self.corpus.slices * math.prod(self.corpus.pixels) * len(self.places)
        voxels_per_slice = max(1.0, self.thickness.mean_nm / self.corpus.voxel_size_nm)
        return choose_simulator(
            n_pixels=n_pixels,
            n_voxels=int(n_pixels * voxels_per_slice),
            n_phases=max(2 + (entry.phases.second_solid is not None) for entry in self.materials),
            energies_kev=self.energies_kev,
            electrons_per_pixel=self.electrons_per_pixel,
            budget_minutes=self.corpus.budget_minutes or BUDGET_MINUTES,
        )

    @property
    def thickness(self) -> SliceThickness:
        """The law of the slice thickness."""
        return slice_thickness(self.corpus.slice_thickness or self.microscope.slice_thickness)

    @property
    def places(self) -> tuple[Place, ...]:
        """The place of every volume, by index: training first, then validation, then test."""
        sizes, draws = self.corpus.splits.model_dump(), self.corpus.thickness_draws
        return tuple(Place(split, number, number // draws) for split in SPLITS for number in range(sizes[split] * draws))

    def siblings(self, place: Place) -> tuple[Place, ...]:
        """Return the places of all volumes that are cut from the same structure."""
        first = place.structure * self.corpus.thickness_draws
        return tuple(Place(place.split, first + draw, place.structure) for draw in range(self.corpus.thickness_draws))

    def material_of(self, place: Place) -> MaterialRecipe:
        """Return the material of a volume."""
        return self.materials[place.structure % len(self.materials)]

    def seed(self, place: Place, stage: str) -> int:
        """Return the seed of one stage of a volume; it does not change when a split grows."""
        number = place.structure if stage == "structure" else place.number
        return stage_seed(self.own_secret().seed if self.seals(place) else self.corpus.seed, number, f"{place.split}/{stage}")

    def seals(self, place: Place) -> bool:
        """Whether the truth of a volume is withheld."""
        return self.corpus.sealed is not None and place.split == "test"

    def own_secret(self) -> Secret:
        """Return what the sealed test split follows from.

        Raises
        ------
        InputError
            If it was not given.
        """
        if self.secret is None:
            raise InputError(f"The test split of {self.corpus.name!r} is sealed; give the secret that its recipe was sealed with.")
        return self.secret

    def unsealed(self) -> ResolvedRecipe:
        """Return the recipe with a test split from the open seed: other volumes of the same kind and size, to plan with."""
        return replace(self, corpus=self.corpus.model_copy(update={"sealed": None}), secret=None)

    @property
    def digest(self) -> str:
        """SHA-256 of everything the recipe and the recipes that it names say, as canonical JSON."""
        names = {"materials": [m.name for m in self.materials], "microscope": self.microscope.name}
        content: dict[str, Any] = {
            "corpus": {**self.corpus.model_dump(mode="json", exclude={"small"}, exclude_none=True), **names},
            "materials": {m.name: m.model_dump(mode="json", exclude_none=True) for m in self.materials},
            "microscope": self.microscope.model_dump(mode="json", exclude_none=True),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def resolve(recipe: CorpusRecipe, secret: Secret | None = None) -> ResolvedRecipe:
    """Look up every name in a corpus recipe, so that none can fail later.

    Parameters
    ----------
    recipe : CorpusRecipe
        The recipe.
    secret : Secret, optional
        What its sealed test split follows from.

    Raises
    ------
    UnknownNameError
        If a material, microscope, generator, simulator or degradation is not known.
    RecipeError
        If two different materials have one name, or a recipe that is named does not validate.
    InputError
        If the secret is not that of the recipe.
    """
    microscope = load_microscope(recipe.microscope)
    if recipe.degradations is not None:
        microscope = microscope.model_copy(update={"degradations": recipe.degradations})
    resolved = ResolvedRecipe(recipe, tuple(load_material(name) for name in recipe.materials), microscope, secret)
    _check_secret(recipe, secret)
    by_name: dict[str, MaterialRecipe] = {}
    for entry in resolved.materials:
        if by_name.setdefault(entry.name, entry) != entry:
            raise RecipeError(f"The corpus {recipe.name!r} names two different materials called {entry.name!r}; rename one of them.")
        make_generator(entry)
    SIMULATORS.load(resolved.simulator)
    degradations_of(resolved.microscope)
    return resolved


def _check_secret(recipe: CorpusRecipe, secret: Secret | None) -> None:
    if secret is None or secret.commitment == recipe.sealed:
        return
    if recipe.sealed is None:
        raise InputError(f"The recipe of {recipe.name!r} has no sealed test split; leave the secret out, or add `sealed` to the recipe.")
    raise InputError(f"The secret is not the one that {recipe.name!r} was sealed with: its commitment is {secret.commitment}, not {recipe.sealed}.")


def recipe_digest(recipe: CorpusRecipe) -> str:
    """Return the SHA-256 of a corpus recipe and all that it names, as canonical JSON; how the YAML is written does not matter."""
    return resolve(recipe).digest


def make_generator(recipe: MaterialRecipe, *, solid_fraction: float | None = None) -> Generator:
    """Return the generator that a material recipe describes, with another solid fraction if one is given.

    Raises
    ------
    UnknownNameError
        If the generator or a material is not known.
    InputError
        If the solid fraction is out of range, or the structure has none to choose.
    """
    structure, names = recipe.structure, recipe.phases
    if solid_fraction is not None:
        change = {"solid_fraction": solid_fraction, "porosity": 1 - solid_fraction}
        change = {key: value for key, value in change.items() if key in type(structure).model_fields}
        if not change:
            raise InputError(f"{recipe.name!r} has no solid fraction to choose; leave it out.")
        structure = structure.model_copy(update=change)
    phases = tuple(material(name) for name in (names.pore, names.solid, names.second_solid) if name is not None)
    return _generator(structure, phases)


def _generator(structure: StructureRecipe, phases: tuple[Material, ...]) -> Generator:
    parameters = dict(structure)
    for key, value in parameters.items():
        if isinstance(value, StructureRecipe):
            parameters[key] = _generator(value, phases)
        elif key == "grains":
            parameters[key] = SHAPES[value.shape](**value.model_dump(exclude={"shape"}))
    generator: Generator = GENERATORS.load(parameters.pop("generator"))(**parameters, phases=phases)
    return generator


def slice_thickness(recipe: SliceThicknessRecipe) -> SliceThickness:
    """Return the law of slice thickness that a recipe describes."""
    faults = MillingFaults(**recipe.faults.model_dump()) if recipe.faults else None
    measurement = PositionMeasurement(**recipe.measurement.model_dump()) if recipe.measurement else None
    return SliceThickness(recipe.mean_nm, recipe.std_nm, recipe.grid_nm, faults, measurement)


def degradations_of(recipe: MicroscopeRecipe) -> Settings:
    """Return the degradations that a microscope recipe names, beside dose noise.

    Raises
    ------
    UnknownNameError
        If a preset, a degradation or a strength is not known.
    InputError
        If a strength is out of range.
    """
    if recipe.degradations is None or isinstance(recipe.degradations, str):
        return settings(recipe.degradations or "none")
    if "dose-noise" in recipe.degradations:
        raise RecipeError(f"The strengths of dose-noise are the beam current and dwell time of {recipe.name!r}; leave it out of the degradations.")
    return settings(others=recipe.degradations)


def stage_seed(corpus_seed: int, volume_index: int, stage: str) -> int:
    """Return the 63-bit seed of one stage of one volume, the same whatever else is built, in any order.

    Parameters
    ----------
    corpus_seed : int
        Seed of the corpus.
    volume_index : int
        Number of the volume.
    stage : str
        Name of the stage, for example ``"train/milling"``.
    """
    stage_key = int.from_bytes(hashlib.sha256(stage.encode()).digest()[:8], "big")
    state = np.random.SeedSequence(corpus_seed, spawn_key=(volume_index, stage_key)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))

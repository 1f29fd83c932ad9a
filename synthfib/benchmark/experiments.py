"""Published experiments as recipes: which corpora, which methods, which metric, and the numbers that were published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from synthfib.benchmark.entrants import Entrant, in_tier
from synthfib.benchmark.structure import ERRORS
from synthfib.benchmark.tiers import Tier
from synthfib.catalogue import CorpusRecipe, catalogue_root, load_corpus
from synthfib.catalogue.fields import Degradations, Energies, Length, Name, Reference, Size, Strict, Text
from synthfib.catalogue.recipes import SliceThicknessRecipe, SplitSizes
from synthfib.catalogue.structures import Structure
from synthfib.catalogue.validation import explain
from synthfib.catalogue.yaml_loading import load_yaml
from synthfib.errors import InputError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores

Unit = Literal["fraction", "percent"]
TierKey = Literal["smoke", "laptop", "paper"]
#: Scores that an experiment may be about.
METRICS = (*scores(Confusion(1, 1, 1, 1)), *(f"isotropy_{error}" for error in ERRORS))
_Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_Scalar = float | int | bool | str


class Citation(Strict):
    """Where the numbers were published."""

    text: Text
    reference: Reference | None = Field(default=None, description="DOI or web address, if there is one.")
    where: Text = Field(description="Tables or figures.")


class Score(Strict):
    """What is compared with published numbers: one table."""

    metric: _Identifier
    unit: Unit = Field(description="Unit of the published numbers, in which ours are shown as well.")
    where: Text = Field(description="Table or figure.")
    volume: Name | None = Field(default=None, description="The only volume that counts; by default all do.")
    published_truth: float | None = Field(default=None, description="What was published for the truth itself.")
    note: Text | None = None

    @model_validator(mode="after")
    def _known(self) -> Score:
        if self.metric not in METRICS:
            raise ValueError(f"metric must be one of {', '.join(METRICS)}")
        return self


class Changes(Strict):
    """What a corpus of an experiment has differently from the recipe."""

    materials: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    microscope: Name | None = None
    simulator: Name | None = None
    degradations: Degradations | None = None
    energies_kev: Energies | None = None
    slice_thickness: SliceThicknessRecipe | None = None
    voxel_size_nm: Length | None = None
    slices: Size | None = None
    pixels: tuple[Size, Size] | None = None
    splits: SplitSizes | None = None

    def given(self) -> dict[str, Any]:
        """Return those that are not None, as plain JSON types."""
        return self.model_dump(mode="json", exclude_none=True)


class CorpusOfExperiment(Strict):
    """A corpus: a recipe of the catalogue, changed."""

    recipe: Name
    changes: Changes = Changes()
    stand_in: Annotated[Structure, Field(discriminator="generator")] | None = Field(
        default=None, description="Images of one measured structure are wanted, to test on; this is what is imaged where there is none."
    )


class Row(Strict):
    """One method on a corpus, beside what was published."""

    name: Name
    title: Text
    model: Name
    options: dict[_Identifier, _Scalar | dict[_Identifier, _Scalar]] = Field(default_factory=dict)
    corpus: Name = Field(description="What it is tested on.")
    trained_on: Name | None = Field(default=None, description="What it learns from; by default the same corpus.")
    published: dict[Name, float | None] = Field(default_factory=dict, description="Published numbers by score, null if there is none.")
    note: Text | None = None


class TierOfExperiment(Strict):
    """How large the corpora are in a tier, how many seeds are run, and what is left out."""

    seeds: Annotated[int, Field(ge=1, le=100)]
    changes: Changes
    settings: dict[_Identifier, _Scalar] = Field(default_factory=dict, description="Training settings that differ from those of the tier.")
    settings_of: dict[Name, dict[_Identifier, _Scalar]] = Field(default_factory=dict, description="The same for single rows; these prevail.")
    rows: Annotated[tuple[Name, ...], Field(min_length=1)] | None = Field(default=None, description="The only rows of this tier; by default all.")


class Experiment(Strict):
    """A published experiment."""

    schema_: Literal["synthfib/experiment@1"] = Field(alias="schema")
    name: Name
    title: Text
    citation: Citation
    scores: Annotated[dict[Name, Score], Field(min_length=1)]
    notes: tuple[Text, ...] = ()
    corpora: Annotated[dict[Name, CorpusOfExperiment], Field(min_length=1)]
    tiers: Annotated[dict[TierKey, TierOfExperiment], Field(min_length=1)]
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Experiment:
        names = [row.name for row in self.rows]
        if len(set(names)) < len(names):
            raise ValueError("rows must have different names")
        for what, used, known in self._uses():
            unknown = sorted(used - known)
            if unknown:
                raise ValueError(f"{what} that are not there: {', '.join(unknown)}")
        imaged = {key for key, corpus in self.corpora.items() if corpus.stand_in is not None}
        if imaged & {row.trained_on for row in self.rows}:
            raise ValueError("rows must not be trained on one structure: it is there to test on")
        return self

    def _uses(self) -> Iterator[tuple[str, set[str], set[str]]]:
        names = {row.name for row in self.rows}
        yield "rows name corpora", {key for row in self.rows for key in (row.corpus, row.trained_on) if key}, set(self.corpora)
        yield "rows have published scores", {key for row in self.rows for key in row.published}, set(self.scores)
        yield "tiers name rows", {name for tier in self.tiers.values() for name in (*tier.settings_of, *(tier.rows or ()))}, names

    def tier(self, name: str) -> TierOfExperiment:
        """Return the sizes of a tier.

        Raises
        ------
        UnknownNameError
            If the experiment does not have it.
        """
        for known, sizes in self.tiers.items():
            if known == name:
                return sizes
        raise UnknownNameError("tier of this experiment", name, self.tiers)

    def rows_of(self, tier: str) -> tuple[Row, ...]:
        """Return the rows of a tier."""
        chosen = self.tier(tier).rows
        return tuple(row for row in self.rows if chosen is None or row.name in chosen)

    def corpus_recipe(self, key: str, tier: str) -> CorpusRecipe:
        """Return the recipe of a corpus in the size of a tier, under a name of its own.

        Raises
        ------
        InputError
            If the changes do not make a recipe.
        """
        corpus = self.corpora[key]
        recipe = load_corpus(corpus.recipe)
        changes = {**corpus.changes.given(), **self.tier(tier).changes.given(), "small": None, "sealed": None}
        name = {"name": f"{self.name}-{key}-{tier}", "title": f"{self.title}: {key} ({tier})"[:500], "aliases": []}
        content = {**recipe.model_dump(mode="json", by_alias=True), **changes, **name}
        try:
            return CorpusRecipe.model_validate_json(json.dumps(content))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise InputError(f"The corpus {key!r} of {self.name!r} cannot be made: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error

    def entrant(self, row: Row, tier: Tier) -> Entrant:
        """Return what runs in a row, with the settings of a tier."""
        own = self.tier(tier.name)
        settings = {**tier.settings, **tier.settings_of.get(row.model, {}), **own.settings, **own.settings_of.get(row.name, {})}
        return in_tier(Entrant(row.name, row.model, row.options), replace(tier, settings=settings, settings_of={}))


def experiments_root() -> Path:
    """Return the folder of the experiments that come with the package."""
    return catalogue_root() / "benchmarks" / "experiments"


def list_experiments() -> dict[str, Path]:
    """Return every experiment that comes with the package, by name."""
    return {path.stem: path for path in sorted(experiments_root().glob("*.yaml"))}


def load_experiment(name_or_path: str) -> Experiment:
    """Return an experiment by name or by the path of its YAML file.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    RecipeError
        If the file does not validate; every problem is listed with its line.
    """
    path = Path(name_or_path) if name_or_path.endswith((".yaml", ".yml")) else list_experiments().get(name_or_path)
    if path is None:
        raise UnknownNameError("experiment", name_or_path, list_experiments())
    document = load_yaml(path)
    try:
        return Experiment.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        raise explain(document, Experiment, error) from None

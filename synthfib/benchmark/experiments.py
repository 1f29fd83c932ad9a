"""Published experiments as recipes: which corpora, which methods, which metric, and the numbers that were published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from synthfib.benchmark.entrants import Entrant, in_tier
from synthfib.benchmark.tiers import Tier
from synthfib.catalogue import CorpusRecipe, catalogue_root, load_corpus
from synthfib.catalogue.fields import Energies, Length, Name, Reference, Size, Strict, Text
from synthfib.catalogue.recipes import SplitSizes
from synthfib.catalogue.validation import explain
from synthfib.catalogue.yaml_loading import load_yaml
from synthfib.errors import InputError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores

Unit = Literal["fraction", "percent"]
#: Scores that an experiment may be about.
METRICS = tuple(scores(Confusion(1, 1, 1, 1)))
_Scalar = float | int | bool | str


class Citation(Strict):
    """Where the numbers were published."""

    text: Text
    reference: Reference
    where: Text = Field(description="Table or figure.")


class Changes(Strict):
    """What a corpus of an experiment has differently from the recipe."""

    materials: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    energies_kev: Energies | None = None
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


class Row(Strict):
    """One line of the table: a method on a corpus, beside what was published."""

    name: Name
    title: Text
    model: Name
    options: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], _Scalar] = Field(default_factory=dict)
    corpus: Name
    published: float | None = Field(default=None, description="The published number, null if none was.")
    note: Text | None = None


class TierOfExperiment(Strict):
    """How large the corpora are in a tier, and how many seeds are run."""

    seeds: Annotated[int, Field(ge=1, le=100)]
    changes: Changes


class Experiment(Strict):
    """A published experiment."""

    schema_: Literal["synthfib/experiment@1"] = Field(alias="schema")
    name: Name
    title: Text
    citation: Citation
    metric: Text
    unit: Unit = Field(description="Unit of the published numbers, in which ours are shown as well.")
    notes: tuple[Text, ...] = ()
    corpora: Annotated[dict[Name, CorpusOfExperiment], Field(min_length=1)]
    tiers: Annotated[dict[Literal["smoke", "laptop", "paper"], TierOfExperiment], Field(min_length=1)]
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Experiment:
        if self.metric not in METRICS:
            raise ValueError(f"metric must be one of {', '.join(METRICS)}")
        names = [row.name for row in self.rows]
        if len(set(names)) < len(names):
            raise ValueError("rows must have different names")
        unknown = {row.corpus for row in self.rows} - set(self.corpora)
        if unknown:
            raise ValueError(f"rows name corpora that are not there: {', '.join(sorted(unknown))}")
        return self

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

    def entrants(self, corpus: str, tier: Tier) -> tuple[Entrant, ...]:
        """Return what runs on a corpus, with the settings of a tier."""
        return tuple(in_tier(Entrant(row.name, row.model, row.options), tier) for row in self.rows if row.corpus == corpus)


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

"""Repeat a published experiment: build its corpora, run its methods, put the numbers beside the published ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synthfib.benchmark.campaign import run_campaign
from synthfib.benchmark.entrants import Entrant, Field
from synthfib.benchmark.experiment_table import result_rows
from synthfib.benchmark.experiments import Experiment, Row
from synthfib.benchmark.imaged_structure import image_file, image_stand_in
from synthfib.benchmark.run import Task
from synthfib.benchmark.tiers import find_tier
from synthfib.benchmark.transfer import Transfer
from synthfib.catalogue import CorpusRecipe
from synthfib.catalogue.recipes import SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.load import Corpus
from synthfib.data.atomic import write_text
from synthfib.errors import InputError
from synthfib.training.stacks import LabelledStacks

FORMAT = "synthfib/experiment-result@1"
_CORPORA, _SCORES, _RESULT = "corpora", "scores", "result.json"
#: Share of the work that is over when the corpora are built.
_BUILT = 0.1

Report = Callable[[float, str], None]


def run_experiment(
    experiment: Experiment,
    out: Path,
    *,
    tier: str,
    seeds: int | None = None,
    threads: int = 2,
    structure: Path | None = None,
    voxel_size_nm: Sequence[float] | None = None,
    on_progress: Report | None = None,
) -> dict[str, Any]:
    """Do what is not done yet of an experiment, and return its table.

    Parameters
    ----------
    experiment : Experiment
        What to repeat.
    out : Path
        A new or empty folder, or that of an earlier run; it gets ``corpora/``, ``scores/`` (benchmarks) and ``result.json``.
    tier : str
        Size of the corpora and settings of the methods.
    seeds : int, optional
        Seeds per method; by default as many as the experiment says.
    threads : int
        Given to methods that take a number of threads.
    structure : Path, optional
        Measured structure, for an experiment that tests on one; without it a stand-in is imaged, and the notes say so.
    voxel_size_nm : sequence of float, optional
        Edges ``(z, y, x)`` of its voxels in nm, if the file does not say.
    on_progress : callable, optional
        Told the share of the work done, and what is going on.

    Returns
    -------
    dict
        ``name``, ``title``, ``citation``, ``notes``, ``tier``, ``seeds``, ``scores`` and ``rows``, see
        `synthfib.benchmark.experiment_table.result_rows`, as plain JSON types.

    Raises
    ------
    InputError
        If the folder holds something else, a method cannot serve its corpus, or a structure is given that has no place.
    """
    report = on_progress or (lambda _share, _note: None)
    settings, n_seeds, rows = find_tier(tier), seeds or experiment.tier(tier).seeds, experiment.rows_of(tier)
    entrants = {row.name: experiment.entrant(row, settings) for row in rows}
    recipes = _recipes(experiment, tier, rows, entrants)
    notes = [*experiment.notes, *_note_on_structure(experiment, recipes, structure)]
    _claim(out)
    corpora: dict[str, LabelledStacks] = {}
    for done, (key, recipe) in enumerate(recipes.items()):
        report(_BUILT * done / len(recipes), f"building {key}")
        corpora[key] = _corpus(experiment, key, recipe, out / _CORPORA / key, structure, voxel_size_nm)
    runs: dict[str, list[dict[str, Any]]] = {row.name: [] for row in rows}
    trials = _trials(rows)
    for done, ((tested, learned), own) in enumerate(trials.items()):

        def tell(share: float, note: str, done: int = done) -> None:
            report(_BUILT + (1 - _BUILT) * (done + share) / len(trials), note)

        corpus, name = (corpora[tested], tested) if tested == learned else (Transfer(corpora[learned], corpora[tested]), f"{learned}-to-{tested}")
        field = Field(tuple(entrants[row.name] for row in own))
        done_runs = run_campaign(
            Task(corpus, threads=threads), field, out / _SCORES / name, seeds=range(1, n_seeds + 1), tier=tier, on_progress=tell
        ).runs
        for run in done_runs:
            runs[run["entrant"]["name"]].append(run)
    document = {
        "schema": FORMAT,
        **{key: getattr(experiment, key) for key in ("name", "title")},
        "citation": experiment.citation.model_dump(),
        "notes": notes,
        "tier": tier,
        "seeds": n_seeds,
        "scores": {key: score.model_dump() for key, score in experiment.scores.items()},
        "rows": result_rows(experiment, rows, runs),
    }
    write_text(out / _RESULT, json.dumps(document, indent=1) + "\n")
    return document


def _recipes(experiment: Experiment, tier: str, rows: Sequence[Row], entrants: Mapping[str, Entrant]) -> dict[str, CorpusRecipe]:
    """Return the recipe of every corpus that takes part, without the splits that nobody asks for."""
    tested = {row.corpus for row in rows}
    learned = {row.trained_on or row.corpus for row in rows if entrants[row.name].learns}
    recipes = {key: experiment.corpus_recipe(key, tier) for key in experiment.corpora if key in tested | learned}
    for key, recipe in recipes.items():
        train, validation = (recipe.splits.train, recipe.splits.validation) if key in learned else (0, 0)
        splits = SplitSizes(train=train, validation=validation, test=recipe.splits.test if key in tested else 0)
        recipes[key] = recipe.model_copy(update={"splits": splits})
    return recipes


def _trials(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """Return the rows by what they are tested on and what they learn from."""
    trials: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        trials.setdefault((row.corpus, row.trained_on or row.corpus), []).append(row)
    return trials


def _note_on_structure(experiment: Experiment, recipes: Mapping[str, CorpusRecipe], structure: Path | None) -> list[str]:
    stand_ins = [stand_in.generator for key in recipes if (stand_in := experiment.corpora[key].stand_in) is not None]
    if structure is not None:
        if not stand_ins:
            raise InputError(f"The experiment {experiment.name!r} tests on no measured structure; leave out --structure.")
        return [f"Tested on images of the measured structure {structure.name}."]
    return [f"Tested on images of a stand-in ({name}), as no measured structure was given with --structure." for name in stand_ins]


def _corpus(
    experiment: Experiment, key: str, recipe: CorpusRecipe, out: Path, structure: Path | None, voxel_size_nm: Sequence[float] | None
) -> LabelledStacks:
    stand_in = experiment.corpora[key].stand_in
    if stand_in is None:
        build_corpus(recipe, out)
        return Corpus.open(out)
    return image_stand_in(recipe, stand_in) if structure is None else image_file(recipe, structure, voxel_size_nm=voxel_size_nm)


def _claim(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"A folder is required for the experiment, {str(out)!r} is a file; choose another name with --out.")
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in (_CORPORA, _SCORES, _RESULT)) if out.is_dir() else []
    if foreign:
        raise InputError(f"The folder of an experiment must be new, empty or of an earlier one, {str(out)!r} holds {foreign[0]!r}.")
    for name in (_CORPORA, _SCORES):
        (out / name).mkdir(parents=True, exist_ok=True)

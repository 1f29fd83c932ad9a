"""Leaderboard entries as files: counted pixels of several seeds on a registered corpus; every score is computed from them anew.

The file of an entry is ``<corpus>@<version>/<name>.json`` in a folder of leaderboards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from synthfib._version import __version__
from synthfib.benchmark.campaign import Campaign
from synthfib.benchmark.summary import mean_and_std
from synthfib.benchmark.surroundings import surroundings
from synthfib.catalogue import catalogue_root
from synthfib.catalogue.fields import VERSION_PATTERN, Name, Reference, Strict, Text
from synthfib.corpus.editions import Edition, find_edition
from synthfib.data.untrusted import read_bounded
from synthfib.errors import InputError, UnknownNameError
from synthfib.evaluation.overlap import Confusion, scores

FORMAT = "synthfib/leaderboard-entry@1"
LEAST_SEEDS, RECOMMENDED_SEEDS = 3, 5
_MOST_BYTES = 5_000_000
_Pixels = Annotated[int, Field(ge=0, le=10**15)]


class CorpusOfEntry(Strict):
    """What was segmented."""

    name: Name
    version: Annotated[str, Field(pattern=VERSION_PATTERN)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    split: Literal["test"]
    volumes: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10_000)]


class Counts(Strict):
    """Pixels of one volume, counted by what they are and what they were taken for."""

    solid_as_solid: _Pixels
    solid_as_pore: _Pixels
    pore_as_solid: _Pixels
    pore_as_pore: _Pixels

    def confusion(self) -> Confusion:
        """Return the matrix."""
        return Confusion(**dict(self))


class SeedResult(Strict):
    """What one training with one seed gave."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    volumes: dict[Name, Counts]


class Entry(Strict):
    """One entry."""

    schema_: Literal["synthfib/leaderboard-entry@1"] = Field(alias="schema")
    name: Name
    title: Text
    authors: Annotated[tuple[Text, ...], Field(min_length=1)]
    references: tuple[Reference, ...] = ()
    model: Text | None
    options: dict[str, Any]
    trained_on: Literal["training split", "other data"]
    tier: Text | None
    threads: Annotated[int, Field(ge=1)] | None
    parameters: Annotated[int, Field(ge=0)] | None
    corpus: CorpusOfEntry
    results: Annotated[tuple[SeedResult, ...], Field(max_length=1000)]
    synthfib: Text
    surroundings: dict[str, Any]

    @property
    def key(self) -> str:
        """Name and version of the corpus, the name of the folder."""
        return f"{self.corpus.name}@{self.corpus.version}"

    def problems(self, edition: Edition | None) -> list[str]:
        """Return what breaks the rules of submission, a sentence each."""
        found = []
        seeds = [result.seed for result in self.results]
        if len(set(seeds)) < LEAST_SEEDS or len(set(seeds)) < len(seeds):
            found.append(f"At least {LEAST_SEEDS} different seeds are required ({RECOMMENDED_SEEDS} are recommended), got {seeds}.")
        if edition is None or edition.content_digest is None:
            found.append(f"The corpus {self.key} must be registered with its digest, it is not; register it first.")
        elif edition.content_digest != self.corpus.digest:
            found.append(f"The digest of the corpus must be the registered one, {edition.content_digest[:12]}, got {self.corpus.digest[:12]}.")
        for result in self.results:
            different = set(self.corpus.volumes) ^ set(result.volumes)
            if different:
                found.append(f"Every volume must be scored with seed {result.seed}, and no other; {', '.join(sorted(different))} differ.")
        truths = {(name, _truth(counts)) for result in self.results for name, counts in result.volumes.items()}
        if len(truths) > len({name for name, _ in truths}) or any(sum(truth) == 0 for _, truth in truths):
            found.append("The pixels of solid and pore in a volume must be the same for every seed, and some; they are not.")
        return found

    def summary(self) -> dict[str, Any]:
        """Return the entry as one of `synthfib.benchmark.summary.summary`: pooled scores, mean and standard deviation over the seeds."""
        pooled = [scores(reduce(add, (counts.confusion() for counts in result.volumes.values()))) for result in self.results]
        means = {metric: mean_and_std(one[metric] for one in pooled) for metric in pooled[0]}
        return {"name": self.name, "seeds": len(self.results), "parameters": self.parameters, "scores": means}


def leaderboard_root() -> Path:
    """Return the folder of leaderboards that comes with the package."""
    return catalogue_root() / "benchmarks" / "leaderboard"


def read_entry(path: Path) -> Entry:
    """Return an entry that keeps the rules.

    Raises
    ------
    InputError
        If the file cannot be read, is no entry, breaks a rule of submission, or is not where its corpus and name belong.
    """
    try:
        entry = Entry.model_validate_json(read_bounded(path, _MOST_BYTES))
    except OSError as error:
        raise InputError(f"The entry {path} cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"A leaderboard entry is required, in {path} {where} is wrong: {first['msg']}.") from error
    if (path.parent.name, path.stem) != (entry.key, entry.name):
        raise InputError(f"The entry {entry.name!r} on {entry.key} must be in {entry.key}/{entry.name}.json, got {path.parent.name}/{path.name}.")
    problems = entry.problems(find_edition(entry.corpus.name, entry.corpus.version))
    if problems:
        raise InputError(f"The entry {path} breaks the rules: {' '.join(problems)}")
    return entry


def read_leaderboard(root: Path, key: str) -> list[Entry]:
    """Return all entries on one version of a corpus, best mean Dice first.

    Raises
    ------
    UnknownNameError
        If there are none.
    InputError
        If one does not keep the rules.
    """
    files = sorted((root / key).glob("*.json")) if key in known_leaderboards(root) else []
    if not files:
        raise UnknownNameError("leaderboard", key, known_leaderboards(root))
    return sorted(map(read_entry, files), key=lambda entry: -entry.summary()["scores"]["mean_dice"]["mean"])


def known_leaderboards(root: Path) -> list[str]:
    """Return name and version of every corpus that has entries."""
    return sorted(folder.name for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []


def entry_of_campaign(campaign: Campaign, entrant: str, *, name: str, title: str, authors: Sequence[str]) -> Entry:
    """Return the entry that a finished benchmark gives for one of its entrants.

    Raises
    ------
    UnknownNameError
        If the benchmark has no such entrant.
    InputError
        If the entry would break the rules of submission.
    """
    runs = [run for run in campaign.runs if run["entrant"]["name"] == entrant]
    if not runs:
        raise UnknownNameError("entrant", entrant, {run["entrant"]["name"] for run in campaign.runs})
    document, first = campaign.document, runs[0]
    what = {key: first["entrant"][key] for key in ("model", "options")}
    parameters = first["volumes"][0]["details"].get("parameters")
    more = {"trained_on": "training split", "tier": document["tier"], "threads": document["threads"], "parameters": parameters}
    return _entry(name, title, authors, {**what, **more, "surroundings": first["surroundings"]}, document["corpus"], {r["seed"]: r for r in runs})


def entry_of_predictions(evaluations: Mapping[int, Mapping[str, Any]], *, name: str, title: str, authors: Sequence[str], own_data: bool) -> Entry:
    """Return the entry of predictions that were made elsewhere, given what `score_predictions` says of each seed.

    Raises
    ------
    InputError
        If the entry would break the rules of submission.
    """
    corpus = next(iter(evaluations.values()))["corpus"]
    trained_on = "other data" if own_data else "training split"
    what = {"model": None, "options": {}, "trained_on": trained_on, "tier": None, "threads": None, "parameters": None, "surroundings": surroundings()}
    return _entry(name, title, authors, what, corpus, evaluations)


def entry_text(entry: Entry) -> str:
    """Return the text of the file of an entry."""
    return json.dumps(entry.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False) + "\n"


def _entry(
    name: str, title: str, authors: Sequence[str], what: Mapping[str, Any], corpus: Mapping[str, Any], results: Mapping[int, Mapping[str, Any]]
) -> Entry:
    content = {
        "schema": FORMAT,
        "name": name,
        "title": title,
        "authors": list(authors),
        **what,
        "corpus": corpus,
        "results": [{"seed": seed, "volumes": {v["volume"]: v["confusion"] for v in result["volumes"]}} for seed, result in results.items()],
        "synthfib": __version__,
    }
    try:
        entry = Entry.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"An entry needs other values: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    problems = entry.problems(find_edition(entry.corpus.name, entry.corpus.version))
    if problems:
        raise InputError(f"This cannot be entered: {' '.join(problems)}")
    return entry


def _truth(counts: Counts) -> tuple[int, int]:
    return counts.solid_as_solid + counts.solid_as_pore, counts.pore_as_solid + counts.pore_as_pore

"""Benchmarks: fit and score methods, rank them, repeat published experiments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Json, Seed, VoxelSize

Threads = Annotated[int, typer.Option("--threads", min=1, help="Threads; the result depends on it in the last digits.")]
TierName = Annotated[str, typer.Option("--tier", help="How much to spend: smoke (a minute), laptop (minutes per model) or paper (days).")]


def benchmark(
    corpus: Annotated[Path, typer.Argument(help="Folder of a corpus.")],
    models: Annotated[str, typer.Option("--models", help="Models, separated by commas, or all.")] = "all",
    tier: TierName = "laptop",
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1000, help="How many seeds each model learns with.")] = 1,
    out: Annotated[Path, typer.Option("--out", help="Folder of the results; new, empty, or of the same benchmark, which then goes on.")] = Path(
        "benchmark"
    ),
    split: Annotated[str, typer.Option("--split", help="What is segmented and scored.")] = "test",
    threads: Threads = 2,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Fit models on a corpus and score them on its test split; what is finished is never done again."""
    from synthfib.benchmark.campaign import PAGE, run_campaign
    from synthfib.benchmark.entrants import choose_entrants
    from synthfib.benchmark.leaderboard import mean_table
    from synthfib.benchmark.run import Task
    from synthfib.benchmark.tiers import find_tier
    from synthfib.cli.progress import progress
    from synthfib.corpus.load import Corpus
    from synthfib.report.benchmark_page import write_benchmark_page

    chosen, opened = find_tier(tier), Corpus.open(corpus)
    field = choose_entrants([name.strip() for name in models.split(",") if name.strip()], chosen)
    with progress("Benchmark") as report:
        done = run_campaign(
            Task(opened, split, threads), field, out, seeds=range(seed, seed + seeds), tier=chosen.name, on_progress=lambda s, n: report(s, f"({n})")
        )
    write_benchmark_page(done)
    left_out = "".join(f"left out: {name}: {reason}\n" for name, reason in done.document["left_out"].items())
    options.say(done.document, f"{mean_table(done.document['summary'])}{left_out}written to {out / PAGE}", json=json)


def experiment(
    name: Annotated[str | None, typer.Argument(help="Name of an experiment, or a YAML file; without it all are listed.")] = None,
    tier: TierName = "smoke",
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, max=1000, help="Seeds per method; by default as the experiment says.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of corpora and results; experiment-<name>-<tier> by default.")] = None,
    structure: Annotated[Path | None, typer.Option("--structure", help="Measured structure, for an experiment that tests on one.")] = None,
    voxel_size_nm: VoxelSize = None,
    threads: Threads = 2,
    json: Json = False,
) -> None:
    """Repeat a published experiment, and print its numbers beside the published ones."""
    from synthfib.benchmark.experiment_run import run_experiment
    from synthfib.benchmark.experiment_table import experiment_tables
    from synthfib.benchmark.experiments import list_experiments, load_experiment
    from synthfib.benchmark.leaderboard import aligned
    from synthfib.cli.progress import progress

    if name is None:
        titles = {each: load_experiment(each).title for each in list_experiments()}
        options.say({"experiments": titles}, "\n".join(f"{each:<22} {title}" for each, title in titles.items()), json=json)
        return
    loaded = load_experiment(name)
    folder = out or Path(f"experiment-{loaded.name}-{tier}")
    with progress(f"Experiment {loaded.name}") as report:
        document = run_experiment(
            loaded,
            folder,
            tier=tier,
            seeds=seeds,
            threads=threads,
            structure=structure,
            voxel_size_nm=options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None,
            on_progress=lambda s, n: report(s, f"({n})"),
        )
    tables = "\n".join(f"{title}\n{aligned(rows)}" for title, rows in experiment_tables(document))
    notes = "".join(f"{note}\n" for note in document["notes"])
    source = f"{loaded.citation.text}, {loaded.citation.where}"
    options.say(document, f"{loaded.title}\n\n{tables}\npublished: {source}\n{notes}written to {folder}", json=json)

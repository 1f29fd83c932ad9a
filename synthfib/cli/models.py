"""Segmentation: train, segment, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed, VoxelSize
from synthfib.errors import InputError

Threads = Annotated[int, typer.Option("--threads", min=1, help="Threads; the result depends on it in the last digits.")]


def train(
    corpus: Annotated[Path, typer.Argument(help="Folder of a corpus.")],
    out: Annotated[Path, typer.Option("--out", help="Model to write: <name>.safetensors with <name>.json beside it, or <name>.npz for a forest.")],
    model: Annotated[str, typer.Option("--model", help="What to train, see `synthfib list models`.")] = "unet",
    adjacent_slices: Annotated[int | None, typer.Option("--adjacent-slices", help="Faces seen together: 1, 3, 5, 7 or 9.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="What the model or its training settings take, repeatable: size=33, energies_kev=1,2."),
    ] = None,
    preset: Annotated[str, typer.Option("--preset", help="Training settings: fast or paper.")] = "fast",
    max_seconds: Annotated[float | None, typer.Option("--max-seconds", min=0, help="Stop training after this time.")] = None,
    threads: Threads = 2,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a model on a corpus; training that was stopped goes on where it was."""
    from synthfib.benchmark.run import fit_resumably, learning_curve
    from synthfib.benchmark.trainee import make_trainee
    from synthfib.cli.progress import progress
    from synthfib.corpus.load import Corpus

    state_file = out.with_suffix(".last.pt")
    for ending in (".safetensors", ".npz"):
        options.new_file(out.with_suffix(ending), force)
    wanted = options.named_values([*(option or ()), *([f"adjacent_slices={adjacent_slices}"] if adjacent_slices is not None else ())], "--option")
    trainee = make_trainee(model, preset=preset, max_seconds=max_seconds, threads=threads, options=wanted)
    opened = Corpus.open(corpus)
    with progress(f"Training {model}") as report:
        fit_resumably(trainee, opened, seed, state_file, lambda p: report(0.99 * p.fraction, f"epoch {p.epoch}" if p.epoch else ""))
        weights = trainee.save(out.with_suffix(""))
        report(1.0, "")
    state_file.unlink(missing_ok=True)
    losses = [epoch["validation_loss"] for epoch in learning_curve(trainee)]
    best = losses.index(min(losses)) + 1 if losses else None
    document = {"out": str(weights), "model": model, "epochs": len(losses), "best_epoch": best, "seed": seed}
    options.say(document, f"{weights}: best of {len(losses)} epochs was number {best}" if losses else f"{weights}: trained", json=json)


def segment(
    stack: Annotated[Path, typer.Argument(help="Stack of images: .h5, .tif or .npy.")],
    model: Annotated[
        str, typer.Option("--model", help="A trained model (.safetensors, .npz), or one that needs no training, see `synthfib list models`.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Segmentation to write: .h5 or .tif.")],
    voxel_size_nm: VoxelSize = None,
    energies_kev: Annotated[str | None, typer.Option("--energies-kev", metavar="E,E", help="Landing energies, if the file does not say.")] = None,
    detector: Annotated[str | None, typer.Option("--detector", help="Detector, if the file does not say.")] = None,
    threads: Threads = 2,
    force: Force = False,
    json: Json = False,
) -> None:
    """Tell solid from pore in a stack."""
    from synthfib.data.readers import read_stack
    from synthfib.data.segmentation_file import Segmentation, write_segmentation
    from synthfib.data.writers import check_ending
    from synthfib.segmentation.choosing import ready_segmenter

    check_ending(out, {".h5": None, ".tif": None})
    options.new_file(out, force)
    method = ready_segmenter(model, threads=threads)
    images = read_stack(
        stack,
        voxel_size_nm=options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None,
        energies_kev=options.numbers(energies_kev, "--energies-kev") if energies_kev else None,
        detector=detector,
    )
    found = Segmentation.of(method.predict(images), images, model=model, description=method.describe(images))
    write_segmentation(out, found)
    document = {"out": str(out), "model": model, "shape": list(found.solid.shape), "solid_fraction": float(found.solid.mean())}
    options.say(document, f"solid fraction {document['solid_fraction']:.4f}, written to {out}", json=json)


def evaluate(
    found: Annotated[Path, typer.Argument(metavar="SEGMENTATION|CORPUS", help="Segmentation to judge (.h5 or .tif), or folder of a corpus.")],
    predictions: Annotated[
        Path | None, typer.Argument(metavar="[PREDICTIONS]", help="Folder with <volume>.h5, .tif, .npy or .nii.gz for every volume of the split.")
    ] = None,
    truth: Annotated[Path | None, typer.Option("--truth", help="Stack with labels, or a labelled volume, to compare a segmentation with.")] = None,
    split: Annotated[str, typer.Option("--split", help="Split of the corpus that was predicted.")] = "test",
    voxel_size_nm: VoxelSize = None,
    threshold: Annotated[float | None, typer.Option("--threshold", help="Grey values of the true volume above this are solid.")] = None,
    json: Json = False,
) -> None:
    """Compare a segmentation with the truth, or a folder of predictions with the test split of a corpus."""
    if truth is not None:
        if predictions is not None:
            raise InputError("Either one segmentation with --truth, or a corpus and a folder of predictions is required, got both.")
        _evaluate_one(found, truth, voxel_size_nm, threshold, json)
        return
    from synthfib.benchmark.leaderboard import structure_table, volume_table
    from synthfib.benchmark.predictions import EXPECTED, score_predictions
    from synthfib.benchmark.run import Task
    from synthfib.cli.progress import progress
    from synthfib.corpus.load import Corpus

    if predictions is None:
        raise InputError(f"A segmentation needs --truth; a corpus needs a folder of predictions: {EXPECTED}.")
    with progress("Evaluating") as report:
        document = score_predictions(Task(Corpus.open(found), split), predictions, on_progress=report)
    tables = [table for table in (volume_table(document), structure_table(document)) if table]
    options.say(document, "\n".join(tables), json=json)


def _evaluate_one(segmentation: Path, truth: Path, voxel_size_nm: str | None, threshold: float | None, json: bool) -> None:
    from synthfib.benchmark.leaderboard import leaderboard
    from synthfib.data.segmentation_file import read_segmentation, read_truth
    from synthfib.evaluation.overlap import Confusion, scores

    found = read_segmentation(segmentation)
    size = options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None
    figures = scores(Confusion.of(found.solid, read_truth(truth, found, voxel_size_nm=size, threshold=threshold)))
    figures |= {"mp_percent": 100 * figures["mp"], "mgp_percent": 100 * figures["mgp"]}
    method = str(found.description.get("model", segmentation.name))
    options.say({"segmentation": str(segmentation), "truth": str(truth), **figures}, leaderboard([{"method": method, **figures}]), json=json)

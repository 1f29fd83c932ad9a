"""Segmentation: train, segment, evaluate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed, VoxelSize

Threads = Annotated[int, typer.Option("--threads", min=1, help="Threads; the result depends on it in the last digits.")]


def train(
    corpus: Annotated[Path, typer.Argument(help="Folder of a corpus.")],
    out: Annotated[Path, typer.Option("--out", help="Model to write: <name>.safetensors, with <name>.json beside it.")],
    adjacent_slices: Annotated[int, typer.Option("--adjacent-slices", help="1, 3, 5, 7 or 9 faces seen together.")] = 7,
    preset: Annotated[str, typer.Option("--preset", help="Training settings: fast or paper.")] = "fast",
    max_seconds: Annotated[float | None, typer.Option("--max-seconds", min=0, help="Stop training after this time.")] = None,
    threads: Threads = 2,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a U-Net on a corpus; training that was stopped goes on where it was."""
    from synthfib.cli.progress import progress
    from synthfib.corpus.load import Corpus
    from synthfib.segmentation.registry import SEGMENTERS

    options.new_file(out.with_suffix(".safetensors"), force)
    opened = Corpus.open(corpus)
    model = SEGMENTERS.load("unet")(adjacent_slices, settings=preset, threads=threads)
    model.settings = replace(model.settings, max_seconds=max_seconds)
    state_file = out.with_suffix(".last.pt")
    with progress("Training") as report:
        model.fit(opened, rng=seed, state_file=state_file, on_progress=lambda p: report(p.fraction, f"epoch {p.epoch}"))
    model.save(out.with_suffix(".safetensors"))
    state_file.unlink(missing_ok=True)
    document = {"out": str(out.with_suffix(".safetensors")), "epochs": len(model.card.history), "best_epoch": model.card.best_epoch, "seed": seed}
    options.say(document, f"{document['out']}: best of {document['epochs']} epochs was number {document['best_epoch']}", json=json)


def segment(
    stack: Annotated[Path, typer.Argument(help="Stack of images: .h5, .tif or .npy.")],
    model: Annotated[str, typer.Option("--model", help="A trained model (.safetensors), or otsu or kmeans.")],
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
    segmentation: Annotated[Path, typer.Argument(help="Segmentation to judge: .h5 or .tif.")],
    truth: Annotated[Path, typer.Option("--truth", help="Stack with labels, or a labelled volume, to compare with.")],
    voxel_size_nm: VoxelSize = None,
    threshold: Annotated[float | None, typer.Option("--threshold", help="Grey values of the true volume above this are solid.")] = None,
    json: Json = False,
) -> None:
    """Compare a segmentation with the truth."""
    from synthfib.benchmark.leaderboard import leaderboard
    from synthfib.data.segmentation_file import read_segmentation, read_truth
    from synthfib.evaluation.overlap import Confusion, scores

    found = read_segmentation(segmentation)
    size = options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None
    figures = scores(Confusion.of(found.solid, read_truth(truth, found, voxel_size_nm=size, threshold=threshold)))
    figures |= {"mp_percent": 100 * figures["mp"], "mgp_percent": 100 * figures["mgp"]}
    method = str(found.description.get("model", segmentation.name))
    options.say({"segmentation": str(segmentation), "truth": str(truth), **figures}, leaderboard([{"method": method, **figures}]), json=json)

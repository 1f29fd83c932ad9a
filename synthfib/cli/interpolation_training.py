"""What the networks learn that fill gaps between slices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed
from synthfib.errors import InputError, UnknownNameError

_MICROSCOPES = "helios-g3-multi-voltage,helios-g3-good-day,helios-g3-bad-day"


def train_interpolation(
    out: Annotated[Path, typer.Option("--out", help="Weights to write: <name>.safetensors, with <name>.json beside it.")],
    materials: Annotated[str, typer.Option("--materials", metavar="NAME,NAME", help="Structures to learn from; they take turns.")],
    method: Annotated[str, typer.Option("--method", help="neural-spline, shine-through or inpainting.")] = "neural-spline",
    voxel_size_nm: Annotated[float, typer.Option("--voxel-size-nm", help="Edge of a voxel, and of a pixel of the faces.")] = 2.5,
    mean_nm: Annotated[float, typer.Option("--mean-nm", help="Mean slice thickness.")] = 10.16,
    std_nm: Annotated[float, typer.Option("--std-nm", help="Standard deviation of the slice thickness.")] = 3.12,
    volumes: Annotated[int, typer.Option("--volumes", min=1, max=10_000, help="Structures to make.")] = 8,
    voxels: Annotated[int, typer.Option("--voxels", min=80, max=2048, help="Voxels along an edge of a structure.")] = 224,
    microscopes: Annotated[
        str, typer.Option("--microscopes", metavar="NAME,NAME", help="What records the images that shine-through sees; they take turns.")
    ] = _MICROSCOPES,
    energies_kev: Annotated[
        str | None, typer.Option("--energies-kev", metavar="E,E", help="Their landing energies; those of the microscope by default.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, max=10**7, help="Steps of the optimiser.")] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads; the result depends on it in the last digits.")] = 2,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a network that fills the gaps between slices; training that was stopped goes on where it was."""
    from dataclasses import replace

    from synthfib.catalogue import load_microscope
    from synthfib.cli.progress import progress
    from synthfib.data.writers import check_ending
    from synthfib.training import extra  # noqa: F401  # names the remedy if torch is missing

    from synthfib.training.checkpoint import write_checkpoint  # isort: skip
    from synthfib.training.gap_card import GapCard, gap_structures
    from synthfib.training.gap_structures import image_structures, make_structures
    from synthfib.training.gap_training import GAP_TRAININGS, Examples

    check_ending(out, (".safetensors",))
    options.new_file(out, force)
    if method not in GAP_TRAININGS:
        raise UnknownNameError("interpolation method with a network", method, GAP_TRAININGS)
    structures = gap_structures(
        materials=_names(materials),
        volumes=volumes,
        voxels=voxels,
        seed=seed,
        voxel_size_nm=voxel_size_nm,
        mean_thickness_nm=mean_nm,
        std_thickness_nm=std_nm,
    )
    sees = method == "shine-through"
    if energies_kev is not None and not sees:
        raise InputError(f"The method {method!r} sees no images; leave out --energies-kev, or choose shine-through.")
    recorders = _names(microscopes)
    given = options.numbers(energies_kev, "--energies-kev") if energies_kev else load_microscope(recorders[0]).energies_kev
    seen = {"microscopes": recorders, "energies_kev": tuple(given)} if sees else {}
    card = GapCard.model_validate({"method": method, "structures": structures, "settings": {}, **seen})
    training = replace(GAP_TRAININGS[card.method], seed=seed, threads=threads, **({} if steps is None else {"steps": steps}))
    state_file = out.with_suffix(".last.pt")
    with progress("Making structures") as report:

        def tell(done: int) -> None:
            report(done / volumes, "")

        if sees:
            examples: Examples = image_structures(structures, recorders, card.energies_kev, on_volume=tell)
        else:
            examples = make_structures(structures, on_volume=tell)
    with progress("Training") as report:
        network, card = training.run(examples, card, state_file=state_file, on_step=lambda share, loss: report(0.99 * share, f"loss {loss:.4f}"))
        write_checkpoint(out, network, card)
        report(1.0, "")
    state_file.unlink(missing_ok=True)
    document = {"weights": str(out), "method": method, "steps": training.steps, "loss": card.losses[-1], "seed": seed}
    options.say(document, f"last loss {card.losses[-1]:.4f}, written to {out}", json=json)


def _names(given: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(","))

"""What the fast simulators learn from Monte Carlo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json

if TYPE_CHECKING:
    from synthfib.calibration.pairs import Pair

calibrate = typer.Typer(name="calibrate", help="Fit the fast simulators to Monte Carlo images.", no_args_is_help=True, rich_markup_mode=None)

Pairs = Annotated[Path, typer.Option("--pairs", metavar="FOLDER", help="Scenes and their Monte Carlo images; missing ones are made first.")]
Count = Annotated[int, typer.Option("--count", min=20, max=100_000, help="Scenes.")]
Electrons = Annotated[int, typer.Option("--electrons-per-pixel", min=1, max=10_000, help="Electrons for each pixel of a scene.")]
SceneSeed = Annotated[int, typer.Option("--seed", min=0, help="Series of scenes.")]


@calibrate.command()
def backscatter(
    out: Annotated[Path, typer.Option("--out", help="Table to write: .json.")],
    electrons: Annotated[int, typer.Option("--electrons", min=100, max=10**8, help="Electrons for each material and energy.")] = 600_000,
    force: Force = False,
    json: Json = False,
) -> None:
    """Compute the table of bulk backscatter coefficients anew."""
    from synthfib.calibration.backscatter import recompute_backscatter_table
    from synthfib.cli.progress import progress
    from synthfib.data.writers import check_ending

    check_ending(out, (".json",))
    options.new_file(out, force)
    with progress("Following electrons") as report:
        recompute_backscatter_table(out, electrons=electrons, on_progress=report)
    options.say({"table": str(out)}, f"written to {out}", json=json)


@calibrate.command("depth-weighted")
def depth_weighted(
    out: Annotated[Path, typer.Option("--out", help="Table to write: .json.")],
    pairs: Pairs,
    count: Count = 1600,
    electrons_per_pixel: Electrons = 60,
    seed: SceneSeed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Fit the weights of the depth-weighted model; it prints what they leave unexplained."""
    from synthfib.calibration.depth_weighted import calibrate_depth_weights
    from synthfib.cli.progress import progress
    from synthfib.data.writers import check_ending

    check_ending(out, (".json",))
    options.new_file(out, force)
    found = _pairs(pairs, seed, count, electrons_per_pixel)
    with progress("Fitting") as report:
        left = calibrate_depth_weights(found, out, on_progress=report)
    lines = [f"{kind} pores: {percent:.1f} % of the contrast unexplained" for kind, percent in left.items()]
    options.say({"table": str(out), "rms_percent_of_contrast": left}, "\n".join([*lines, f"written to {out}"]), json=json)


def train_surrogate(
    out: Annotated[Path, typer.Option("--out", help="Weights to write: .safetensors.")],
    pairs: Pairs,
    count: Count = 1600,
    electrons_per_pixel: Electrons = 60,
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=10_000, help="Passes over all pixels.")] = 45,
    width: Annotated[int, typer.Option("--width", min=4, max=1024, help="Hidden units of the network.")] = 64,
    seed: SceneSeed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train the surrogate on Monte Carlo images; every twentieth scene is kept to measure its error."""
    from synthfib.cli.progress import progress
    from synthfib.data.writers import check_ending
    from synthfib.training import extra  # noqa: F401  # names the remedy if torch is missing

    from synthfib.calibration.surrogate import SurrogateTraining, train_surrogate  # isort: skip

    check_ending(out, (".safetensors",))
    options.new_file(out, force)
    found = _pairs(pairs, seed, count, electrons_per_pixel)
    with progress("Training") as report:
        trained = train_surrogate(found, SurrogateTraining(width=width, epochs=epochs), out, on_progress=report)
    lines = [f"{kind} pores: error {percent:.1f} % of the contrast over scenes it did not see" for kind, percent in trained.errors_percent.items()]
    options.say({"weights": str(out), "rms_percent_of_contrast": trained.errors_percent}, "\n".join([*lines, f"written to {out}"]), json=json)


def _pairs(folder: Path, seed: int, count: int, electrons_per_pixel: int) -> list[Pair]:
    """Return the pairs of a folder, after making those that are missing."""
    from synthfib.calibration.pairs import load_pairs, make_pairs
    from synthfib.cli.progress import progress

    with progress("Following electrons") as report:
        make_pairs(folder, seed=seed, count=count, electrons_per_pixel=electrons_per_pixel, on_progress=report)
    return load_pairs(folder)

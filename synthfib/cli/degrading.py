"""What microscopes do to images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed, VoxelSize
from synthfib.errors import InputError

if TYPE_CHECKING:
    from synthfib.degradations.compose import Settings


def degrade(
    stack: Annotated[Path, typer.Argument(help="Stack to degrade: .h5, .tif or .npy.")],
    out: Annotated[Path, typer.Option("--out", help="Stack to write: .h5 (with the truth) or .tif (images only).")],
    preset: Annotated[str, typer.Option("--preset", help="Set of degradations: none, published, good-day or bad-day.")] = "none",
    with_: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="NAME=VALUE,...",
            help="Degradations and strengths beside those of the preset, for example drift=2,point-spread.astigmatism=0.1..0.3.",
        ),
    ] = None,
    bit_depth: Annotated[int | None, typer.Option("--bit-depth", metavar="8|16", help="Bits of a grey value; as they are by default.")] = None,
    voxel_size_nm: VoxelSize = None,
    energies_kev: Annotated[str | None, typer.Option("--energies-kev", metavar="E,E", help="Landing energies, if the file does not say.")] = None,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Let a recorded stack suffer drift, blur, noise and more; every number that is drawn is kept in the output."""
    from synthfib.cli.progress import progress
    from synthfib.data.writers import check_ending
    from synthfib.degradations.presets import settings
    from synthfib.degradations.stacks import grey_type

    wanted = settings(preset, strengths(with_) if with_ else None)
    ending = check_ending(out, (".h5", ".tif"))
    options.new_file(out, force)
    if out.exists() and stack.exists() and out.samefile(stack):
        raise InputError(f"The output must be another file than the stack {str(stack)!r}; choose another name.")
    if bit_depth is not None:
        grey_type(bit_depth)
    with progress("Degrading") as report:
        common: dict[str, Any] = {"rng": seed, "bit_depth": bit_depth, "on_progress": report}
        if ending == ".h5" and _is_own(stack):
            steps = _in_file(stack, out, wanted, common)
        else:
            steps = _in_memory(stack, out, wanted, common, voxel_size_nm, energies_kev)
    text = "\n".join(f"{name}: {_in_words(parameters)}" for name, parameters in steps.items()) or "nothing was asked for; the images are as they were"
    options.say({"stack": str(stack), "out": str(out), "preset": preset, "seed": seed, "degradations": steps}, f"{text}\nwritten to {out}", json=json)


def strengths(text: str) -> Settings:
    """Read ``name=value`` or ``name.strength=value`` separated by commas; a value is a number or a range ``low..high``.

    Raises
    ------
    InputError
        If the text is anything else.
    """
    from synthfib.degradations.compose import strength_names

    found: dict[str, dict[str, Any]] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not name:
            raise InputError(f"--with needs NAME=VALUE or NAME.STRENGTH=VALUE separated by commas, got {part.strip()!r}.")
        degradation, _, strength = name.partition(".")
        numbers = options.numbers(value.replace("..", ","), f"The strength of {name}")
        if len(numbers) > 2:
            raise InputError(f"The strength of {name} needs a number or a range LOW..HIGH, got {value!r}.")
        found.setdefault(degradation, {})[strength or strength_names(degradation)[0]] = numbers[0] if len(numbers) == 1 else numbers
    return found


def _is_own(stack: Path) -> bool:
    from synthfib.data import hdf5

    if stack.suffix.lower() not in (".h5", ".hdf5"):
        return False
    with hdf5.open_for_reading(stack) as file:
        return hdf5.kind_of(file) is not None


def _in_file(stack: Path, out: Path, wanted: Settings, common: dict[str, Any]) -> dict[str, Any]:
    from synthfib.degradations.stack_file import degrade_file

    return degrade_file(stack, out, wanted, **common).drawn()


def _in_memory(
    stack: Path, out: Path, wanted: Settings, common: dict[str, Any], voxel_size_nm: str | None, energies_kev: str | None
) -> dict[str, Any]:
    from synthfib.data.readers import read_stack
    from synthfib.data.writers import write_stack
    from synthfib.degradations.stacks import degrade

    images = read_stack(
        stack,
        voxel_size_nm=options.voxel_size_nm(voxel_size_nm) if voxel_size_nm else None,
        energies_kev=options.numbers(energies_kev, "--energies-kev") if energies_kev else None,
    )
    before = len(images.provenance.steps)
    degraded = degrade(images, wanted, **common)
    write_stack(out, degraded)
    return {step.name: dict(step.parameters) for step in degraded.provenance.steps[before:]}


def _in_words(parameters: dict[str, Any]) -> str:
    """Strengths and numbers that people read; lists of every slice stay in the file."""
    return ", ".join(f"{name} {value:g}" for name, value in parameters.items() if isinstance(value, (int, float)) and name != "seed")

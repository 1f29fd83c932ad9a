"""Options that several commands share, and how their text is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from synthfib.errors import InputError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of all random numbers.")]
VoxelSize = Annotated[str | None, typer.Option("--voxel-size-nm", metavar="Z,Y,X", help="Voxel size in nm: three numbers, or one for a cube.")]


def numbers(text: str, what: str) -> tuple[float, ...]:
    """Read numbers separated by commas.

    Raises
    ------
    InputError
        If there is anything else.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{what} needs numbers separated by commas, got {text!r}.") from error


def named_values(texts: Sequence[str], what: str) -> dict[str, Any]:
    """Read ``NAME=VALUE`` texts; a value is a number, true or false, text, or several of these separated by commas.

    Raises
    ------
    InputError
        If a name or a value is missing, or a name is given twice.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not name or not value or name in found:
            raise InputError(f"{what} needs NAME=VALUE, each name once, got {text!r}.")
        values = [_value(part.strip()) for part in value.split(",")]
        found[name] = values[0] if len(values) == 1 else tuple(values)
    return found


def _value(text: str) -> float | int | bool | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)


def voxel_size_nm(text: str) -> tuple[float, float, float]:
    """Read a voxel size, one number for a cube or ``Z,Y,X``.

    Raises
    ------
    InputError
        If these are not one or three lengths that can be nm.
    """
    from synthfib.data.volume import check_voxel_size_nm

    sizes = numbers(text, "A voxel size")
    return check_voxel_size_nm(sizes * 3 if len(sizes) == 1 else sizes)


def shape(text: str) -> tuple[int, int, int]:
    """Read a shape ``Z,Y,X``.

    Raises
    ------
    InputError
        If these are not three whole numbers above 0.
    """
    sizes = numbers(text, "A shape")
    if len(sizes) != 3 or any(size < 1 or not size.is_integer() for size in sizes):
        raise InputError(f"A shape needs three whole numbers of voxels above 0 as Z,Y,X, got {text!r}.")
    return (int(sizes[0]), int(sizes[1]), int(sizes[2]))


def angle_deg(text: str) -> tuple[float, float]:
    """Read where a camera stands, ``RIGHT,UP`` in degrees.

    Raises
    ------
    InputError
        If these are not two angles, the second from -89 to 89.
    """
    angles = numbers(text, "A camera angle")
    if len(angles) != 2 or not abs(angles[0]) <= 360 or not abs(angles[1]) <= 89:
        raise InputError(f"A camera angle needs two numbers of degrees, to the right and up (-89 to 89), got {text!r}.")
    return (angles[0], angles[1])


def threshold(text: str) -> float | str:
    """Read a threshold, a finite number or ``kmeans``.

    Raises
    ------
    InputError
        If it is anything else.
    """
    import math

    from synthfib.data.grey import KMEANS

    if text == KMEANS:
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"--threshold needs a number or {KMEANS!r}, got {text!r}.")
    return value


def new_file(path: Path, force: bool) -> Path:
    """Return `path` if nothing is there yet, or if it may be replaced.

    Raises
    ------
    InputError
        If something is there, or the folder is missing.
    """
    if path.is_dir() or (path.exists() and not force):
        raise InputError(f"The output must not exist yet, {str(path)!r} does; choose another name or add --force.")
    if not path.parent.is_dir():
        raise InputError(f"The folder of the output must exist, {str(path.parent)!r} does not; create it first.")
    return path


def say(document: dict[str, Any], text: str, *, json: bool) -> None:
    """Print the result: one JSON document, or text for people."""
    import json as encoder

    typer.echo(encoder.dumps(document, indent=1, allow_nan=False) if json else text)

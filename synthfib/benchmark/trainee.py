"""A model that is to be trained on its own, outside of a benchmark."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

from synthfib.benchmark.entrants import Entrant, check_names, constructor_of
from synthfib.errors import InputError, SynthfibError
from synthfib.segmentation.base import Segmenter


class Trainee(Segmenter, Protocol):
    """A segmenter that can be kept."""

    def save(self, path: Path | str) -> Path:
        """Write what was learned."""
        ...


def make_trainee(model: str, *, preset: str, max_seconds: float | None, threads: int, options: Mapping[str, Any]) -> Trainee:
    """Return a new segmenter that learns.

    Parameters
    ----------
    model : str
        Registered name.
    preset : str
        Name of its training settings.
    max_seconds : float, optional
        Stop learning after this time; needs training settings with such a limit.
    threads : int
        Given to models that take a number of threads.
    options : mapping
        Arguments of the constructor, and training settings that differ from the preset.

    Raises
    ------
    UnknownNameError
        If the model or the preset is not known.
    InputError
        If the model learns nothing, or does not take an option or its value.
    """
    check_names([model])
    constructor = constructor_of(model)
    if not hasattr(constructor, "save"):
        raise InputError(f"The model {model!r} has nothing to learn; use it at once with: synthfib segment --model {model}.")
    if max_seconds is not None:
        options = {**options, "max_seconds": max_seconds}
    try:
        return _made(model, preset, options, threads)
    except SynthfibError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"The model {model!r} cannot take the options {', '.join(f'{k}={v}' for k, v in options.items())}: {error}.") from error


def _made(model: str, preset: str, options: Mapping[str, Any], threads: int) -> Trainee:
    taken = set(inspect.signature(constructor_of(model)).parameters)
    arguments = taken - {"settings", "threads"}
    given = {key: value for key, value in options.items() if key in arguments}
    if "settings" in taken:
        given["settings"] = preset
    trainee = cast(Any, Entrant(model, model, given).make(threads))
    settings = getattr(trainee, "settings", None)
    known = {each.name for each in fields(settings)} if is_dataclass(settings) else set()
    changes = {key: value for key, value in options.items() if key not in arguments}
    unknown = sorted(set(changes) - known)
    if unknown == ["max_seconds"]:
        raise InputError(f"The model {model!r} learns without a limit of time; leave out --max-seconds.")
    if unknown:
        trains = f"; its training settings are {', '.join(sorted(known))}" if known else ""
        raise InputError(f"The model {model!r} takes the options {', '.join(sorted(arguments)) or 'none'}, got {', '.join(unknown)}{trains}.")
    if changes:
        trainee = cast(Any, Entrant(model, model, {**given, "settings": replace(cast(Any, settings), **changes)}).make(threads))
    return cast(Trainee, trainee)

"""A model that is to be trained on its own, outside of a benchmark."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from synthfib.benchmark.entrants import Entrant, check_names, constructor_of
from synthfib.errors import InputError
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
        Further arguments of the constructor; those that are None are left to the model.

    Raises
    ------
    UnknownNameError
        If the model or the preset is not known.
    InputError
        If the model learns nothing, or does not take an option.
    """
    check_names([model])
    constructor = constructor_of(model)
    if not hasattr(constructor, "save"):
        raise InputError(f"The model {model!r} has nothing to learn; use it at once with: synthfib segment --model {model}.")
    given = {key: value for key, value in options.items() if value is not None}
    if "settings" in inspect.signature(constructor).parameters:
        given["settings"] = preset
    trainee = cast(Any, Entrant(model, model, given).make(threads))
    if max_seconds is not None:
        if not hasattr(getattr(trainee, "settings", None), "max_seconds"):
            raise InputError(f"The model {model!r} learns without a limit of time; leave out --max-seconds.")
        trainee.settings = replace(trainee.settings, max_seconds=max_seconds)
    return cast(Trainee, trainee)

"""Who takes part in a benchmark: models with their options, each under a name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, cast

from synthfib.benchmark.tiers import Tier
from synthfib.errors import InputError, MissingDependencyError, UnknownNameError
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.registry import SEGMENTERS

ALL = "all"


@dataclass(frozen=True, slots=True)
class Entrant:
    """A model that takes part.

    Parameters
    ----------
    name : str
        What it is called here; two entrants may be one model with different options.
    model : str
        Registered name of the segmenter.
    options : mapping
        Arguments of its constructor.
    """

    name: str
    model: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self, threads: int) -> Segmenter:
        """Return a segmenter that has not learned yet.

        Raises
        ------
        InputError
            If the model does not take the options.
        MissingDependencyError
            If the model needs a package that is not installed.
        """
        constructor = constructor_of(self.model)
        taken = inspect.signature(constructor).parameters
        unknown = sorted(set(self.options) - set(taken))
        if unknown:
            raise InputError(f"The model {self.model!r} takes the options {', '.join(taken) or 'none'}, got {', '.join(unknown)}.")
        defaults = {"threads": threads} if "threads" in taken else {}
        return constructor(**{**defaults, **self.options})

    def to_dict(self) -> dict[str, Any]:
        """Return name, model and options as plain JSON types."""
        return {"name": self.name, "model": self.model, "options": {key: _plain(value) for key, value in self.options.items()}}

    @property
    def learns(self) -> bool:
        """Whether it has training settings."""
        return "settings" in self.options


@dataclass(frozen=True, slots=True)
class Field:
    """All entrants of a benchmark.

    Parameters
    ----------
    entrants : tuple of Entrant
        In the order in which they run.
    left_out : mapping of str to str
        Models that do not take part, and why.
    is_open : bool
        Whether an entrant that cannot serve the corpus is left out rather than refused.
    """

    entrants: tuple[Entrant, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False


def constructor_of(model: str) -> Callable[..., Segmenter]:
    """Return what makes a model, from the register of segmenters."""
    return cast(Callable[..., Segmenter], SEGMENTERS.load(model))


def check_names(models: Sequence[str]) -> None:
    """Refuse names that are not known, doubled names, and no name at all.

    Raises
    ------
    UnknownNameError
        If a name is not known.
    InputError
        If there is no name or a doubled one.
    """
    for name in models:
        if name not in SEGMENTERS.names():
            raise UnknownNameError(SEGMENTERS.kind, name, SEGMENTERS.names())
    if not models or len(set(models)) != len(models):
        raise InputError(f"A benchmark needs at least one model, each named once, got {', '.join(models) or 'none'}.")


def choose_entrants(models: Sequence[str], tier: Tier) -> Field:
    """Return the models by name with the settings of a tier, or with ``all`` every one that is registered and installed.

    Raises
    ------
    UnknownNameError
        If a name is not known.
    InputError
        If there is no name or a doubled one.
    MissingDependencyError
        If a model that is named needs a package that is not installed.
    """
    if tuple(models) != (ALL,):
        check_names(models)
        return Field(tuple(in_tier(Entrant(name, name), tier) for name in models))
    entrants, left_out = [], dict(tier.left_out)
    for name in SEGMENTERS.names():
        if name not in left_out:
            try:
                entrants.append(in_tier(Entrant(name, name), tier))
            except MissingDependencyError as error:
                left_out[name] = str(error)
    return Field(tuple(entrants), {name: reason for name, reason in left_out.items() if name in SEGMENTERS.names()}, is_open=True)


def in_tier(entrant: Entrant, tier: Tier) -> Entrant:
    """Return an entrant with the settings of a tier; its own options prevail.

    Raises
    ------
    InputError
        If the model does not take the options, or lacks the preset of the tier.
    """
    taken = inspect.signature(constructor_of(entrant.model)).parameters
    options = {**tier.options.get(entrant.model, {}), **entrant.options}
    if "settings" in taken and "settings" not in options:
        options["settings"] = tier.preset
        settings = cast(Any, replace(entrant, options=options).make(threads=1)).settings
        if is_dataclass(settings) and not isinstance(settings, type):
            wanted = {**tier.settings, **tier.settings_of.get(entrant.model, {})}
            known = {each.name for each in fields(settings)}
            options["settings"] = replace(settings, **{key: value for key, value in wanted.items() if key in known})
    return replace(entrant, options=options)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(each) for key, each in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value

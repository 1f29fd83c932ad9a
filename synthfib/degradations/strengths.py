"""A strength is a number, or a law from which every run draws its own: domain randomisation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from synthfib.errors import InputError, UnknownNameError

#: A number; two numbers, uniform between them; or one law by name with its numbers, for example ``{"normal": [3, 0.5]}``.
Setting: TypeAlias = float | Sequence[float] | Mapping[Any, Sequence[float]]

#: Laws by name, and what their numbers mean.
LAWS = {
    "uniform": "lowest and highest",
    "log-uniform": "lowest and highest, both above 0",
    "normal": "mean and standard deviation, cut at three of them",
    "choice": "values, each as likely",
}
_CUT = 3.0


@dataclass(frozen=True, slots=True)
class Law:
    """A law that a strength follows; see `LAWS`.

    Raises
    ------
    InputError
        If the law is unknown or its numbers make no sense.
    """

    name: str
    numbers: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.name not in LAWS:
            raise UnknownNameError("law of a strength", self.name, LAWS)
        if not self.numbers or not all(isinstance(number, (int, float)) and math.isfinite(number) for number in self.numbers):
            raise InputError(f"The law {self.name!r} needs finite numbers ({LAWS[self.name]}), got {list(self.numbers)}.")
        if self.name == "choice":
            return
        if len(self.numbers) != 2:
            raise InputError(f"The law {self.name!r} needs two numbers ({LAWS[self.name]}), got {list(self.numbers)}.")
        first, second = self.numbers
        if (self.name == "normal" and second < 0) or (self.name != "normal" and first > second) or (self.name == "log-uniform" and first <= 0):
            raise InputError(f"The law {self.name!r} needs {LAWS[self.name]}, got {first:g} and {second:g}.")

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest strength that can be drawn."""
        if self.name == "normal":
            mean, sigma = self.numbers
            return mean - _CUT * sigma, mean + _CUT * sigma
        return min(self.numbers), max(self.numbers)

    def draw(self, rng: np.random.Generator) -> float:
        """Draw one strength."""
        first, last = self.numbers[0], self.numbers[-1]
        if self.name == "choice":
            return float(self.numbers[rng.integers(len(self.numbers))])
        if self.name == "uniform":
            return float(rng.uniform(first, last))
        if self.name == "log-uniform":
            return float(np.clip(math.exp(rng.uniform(math.log(first), math.log(last))), first, last))
        while abs(deviation := rng.standard_normal()) > _CUT:
            pass
        return float(first + last * deviation)


def law(setting: Setting) -> Law:
    """Return the law that a setting stands for; a plain number is a choice of one.

    Raises
    ------
    InputError
        If it is no number, no pair of numbers and no law.
    """
    if isinstance(setting, Mapping):
        if len(setting) != 1:
            raise InputError(f"A strength needs one law, one of {', '.join(LAWS)}, got {list(setting)}.")
        ((name, numbers),) = setting.items()
        return Law(name, tuple(numbers))
    if isinstance(setting, (list, tuple)):
        return Law("uniform", tuple(setting))
    if isinstance(setting, (int, float)) and not isinstance(setting, bool):
        return Law("choice", (setting,))
    raise InputError(f"A strength must be a number, a range [low, high] or a law such as {{'normal': [3, 0.5]}}, got {setting!r}.")

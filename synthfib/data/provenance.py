"""What was done to make an object: a list of steps with parameters, seeds and versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synthfib._version import __version__
from synthfib.errors import InputError

#: Name of the step that withholds the truth.
SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a registered name, the parameters it ran with, its seed and the version of synthfib."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    version: str = __version__

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain JSON types."""
        return {"name": self.name, "parameters": dict(self.parameters), "seed": self.seed, "version": self.version}


@dataclass(frozen=True, slots=True)
class Provenance:
    """The steps that led to an object, oldest first."""

    steps: tuple[Step, ...] = ()

    def then(self, name: str, parameters: Mapping[str, Any] | None = None, seed: int | None = None) -> Provenance:
        """Return a new provenance with one more step at its end; parameters become plain JSON types."""
        return Provenance((*self.steps, Step(name, json.loads(json.dumps(dict(parameters or {}))), seed)))

    @property
    def is_sealed(self) -> bool:
        """Whether there is a truth that is withheld."""
        return any(step.name == SEAL for step in self.steps)

    def to_json(self) -> str:
        """Return a compact JSON text with sorted keys, equal for equal provenance."""
        return json.dumps([step.to_dict() for step in self.steps], sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            If the text is not a list of steps.
        """
        try:
            return cls(tuple(Step(**entry) for entry in json.loads(text)))
        except (TypeError, ValueError) as error:
            msg = f"Provenance must be a JSON list of steps with name, parameters, seed and version: {error}"
            raise InputError(msg) from error

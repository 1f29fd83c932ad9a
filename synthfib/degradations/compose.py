"""Several degradations at once: strengths are drawn, then every face goes through all of them in the order of physics."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeAlias

import numpy as np

from synthfib.data.provenance import Provenance
from synthfib.degradations.base import Degradation, Face, Run, Stage, plain
from synthfib.degradations.registry import DEGRADATIONS
from synthfib.degradations.strengths import Law, Setting, law
from synthfib.errors import InputError, UnknownNameError

#: Strengths by name of the degradation and name of the strength; the degradations that a stack suffers.
Settings: TypeAlias = Mapping[str, Mapping[str, Setting]]


@dataclass(frozen=True, slots=True)
class DrawnDegradation:
    """One degradation with the strengths and the parameters that were drawn for a run."""

    name: str
    degradation: Degradation[Any]
    parameters: Any

    def apply(self, face: Face) -> Face:
        """Return the face as the nuisance leaves it."""
        return self.degradation.apply(face, self.parameters)


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything that a run suffers, in order."""

    links: tuple[DrawnDegradation, ...]
    seed: int

    def apply(self, face: Face) -> Face:
        """Return the face after all degradations; a pure function, so that faces may come in any order and on any thread."""
        for link in self.links:
            face = link.apply(face)
        return face

    def describe(self, provenance: Provenance) -> Provenance:
        """Return `provenance` with one step for each degradation: its strengths, and every number that was drawn."""
        for name, numbers in self.drawn().items():
            provenance = provenance.then(name, numbers, self.seed)
        return provenance

    def drawn(self) -> dict[str, dict[str, Any]]:
        """Return strengths and drawn numbers by name of the degradation, as plain JSON types."""
        return {link.name: {**plain(link.degradation), **plain(link.parameters)} for link in self.links}


def check_settings(settings: Settings) -> None:
    """Check that all names are known and that every strength that can be drawn is in its range.

    Raises
    ------
    UnknownNameError
        If a degradation or a strength is not known; near matches are named.
    InputError
        If a law can give a strength that is out of range.
    """
    for name, laws in _laws(settings).items():
        for end in (0, 1):
            _build(name, {key: own.bounds[end] for key, own in laws.items()})


def draw(settings: Settings, run: Run, *, rng: int) -> Chain:
    """Draw all strengths and all parameters for `run`.

    Each degradation has random numbers of its own, keyed by `rng` and its name: those of one do not change when another is added.

    Raises
    ------
    InputError
        As `check_settings`, or if a degradation does not suit the run.
    """
    check_settings(settings)
    links = []
    for name, laws in _laws(settings).items():
        own = np.random.default_rng(np.random.SeedSequence([rng, int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")]))
        degradation = _build(name, {key: value.draw(own) for key, value in laws.items()})
        _check_stage(name, degradation.stage, run)
        links.append(DrawnDegradation(name, degradation, degradation.draw(run, rng=own)))
    return Chain(tuple(sorted(links, key=lambda link: (link.degradation.stage, link.name))), rng)


def strength_names(name: str) -> tuple[str, ...]:
    """Return the names of the strengths of a degradation; the first is the one meant where none is named."""
    return tuple(field.name for field in fields(DEGRADATIONS.load(name)))


def _laws(settings: Settings) -> dict[str, dict[str, Law]]:
    laws: dict[str, dict[str, Law]] = {}
    for name, strengths in settings.items():
        known = strength_names(name)
        for strength in strengths:
            if strength not in known:
                raise UnknownNameError(f"strength of {name}", strength, known)
        laws[name] = {strength: law(setting) for strength, setting in strengths.items()}
    return laws


def _build(name: str, strengths: Mapping[str, float]) -> Degradation[Any]:
    kind = DEGRADATIONS.load(name)
    missing = [field.name for field in fields(kind) if field.default is MISSING and field.name not in strengths]
    if missing:
        raise InputError(f"{name} needs {' and '.join(missing)}, which have no value of their own; give {name}.{missing[0]}.")
    degradation: Degradation[Any] = kind(**strengths)
    return degradation


def _check_stage(name: str, stage: Stage, run: Run) -> None:
    if run.recorded and stage is Stage.RECORDING:
        raise InputError(f"{name} records an expected yield, these images are recorded already; leave it out or use poisson-noise.")

"""Names of plug-ins: a literal built-in table plus entry points, loaded only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from synthfib.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Registry:
    """Resolves a name to a class without importing anything else.

    Parameters
    ----------
    kind : str
        What the names stand for, as shown in errors, for example ``"simulator"``.
    group : str
        Entry-point group that third parties register in.
    builtin : mapping of str to str
        Built-in names and their ``"module:attribute"``.
    """

    kind: str
    group: str
    builtin: Mapping[str, str]

    @cached_property
    def targets(self) -> dict[str, str]:
        """Every known name with its ``"module:attribute"``, built-in ones first.

        Raises
        ------
        InputError
            If two distributions claim one name.
        """
        targets = dict(self.builtin)
        owners = dict.fromkeys(targets, "synthfib")
        for point in entry_points(group=self.group):
            owner = point.dist.name if point.dist else "an unknown distribution"
            if point.name in targets:
                raise InputError(f"The {self.kind} {point.name!r} is registered by both {owners[point.name]} and {owner}; uninstall one of them.")
            targets[point.name], owners[point.name] = point.value, owner
        return targets

    def names(self) -> tuple[str, ...]:
        """Return the known names, sorted."""
        return tuple(sorted(self.targets))

    def load(self, name: str) -> Any:
        """Import and return what `name` stands for.

        Raises
        ------
        UnknownNameError
            If nobody registered `name`.
        """
        if name not in self.targets:
            raise UnknownNameError(self.kind, name, self.targets)
        module, _, attribute = self.targets[name].partition(":")
        return getattr(import_module(module), attribute)

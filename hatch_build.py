"""Ships the catalogue folders inside the wheel as ``synthfib/_catalogue``; an editable install reads them in place."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUE = ("generators", "simulators", "datasets", "benchmarks/experiments", "benchmarks/leaderboard")


class CatalogueHook(BuildHookInterface[Any]):
    """Adds the catalogue to a wheel, never to an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map every catalogue folder into the package."""
        if version != "editable":
            for folder in CATALOGUE:
                build_data["force_include"][folder] = f"synthfib/_catalogue/{folder}"

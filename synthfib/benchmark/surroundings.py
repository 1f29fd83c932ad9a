"""What a result was computed with: versions and hardware, nothing that names a machine or a person."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("numpy", "scipy", "scikit-image", "scikit-learn", "torch", "monai")
_CPUINFO = Path("/proc/cpuinfo")


def surroundings() -> dict[str, Any]:
    """Return ``processor``, ``cores``, ``system``, ``python`` and the versions of the packages that decide results."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name)) is not None},
    }


def _processor() -> str:
    try:
        lines = (line.partition(":") for line in _CPUINFO.read_text(encoding="utf-8").splitlines())
        return next(value.strip() for key, _, value in lines if key.strip() == "model name")
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

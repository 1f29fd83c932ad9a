"""What this machine has."""

from __future__ import annotations

from synthfib.cli import options
from synthfib.cli.options import Json


def doctor(json: Json = False) -> None:
    """Say what this machine has: versions, cores, memory, disk and optional packages."""
    import os
    import platform
    import shutil
    from importlib.metadata import PackageNotFoundError, version
    from pathlib import Path

    from synthfib._version import __version__
    from synthfib.data.resources import available_memory_bytes

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    names = ("numpy", "scipy", "numba", "h5py", "scikit-image", "scikit-learn", "torch", "monai", "safetensors", "datasets", "pyvista", "dask")
    packages = {name: installed(name) for name in names}
    machine = {
        "synthfib": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_gb": round((available_memory_bytes() or 0) / 1e9, 1),
        "disk_gb": round(shutil.disk_usage(Path.cwd()).free / 1e9, 1),
    }
    lines = [f"{key:<14} {value}" for key, value in machine.items()]
    lines += [f"  {name:<12} {found or 'not installed'}" for name, found in packages.items()]
    options.say({**machine, "packages": packages}, "\n".join(lines), json=json)

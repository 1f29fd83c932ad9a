"""How much memory and disk there is, and how much was used, from the standard library alone."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_SELF = Path("/proc/self")


def available_memory_bytes() -> int | None:
    """Return the memory that new work may take, the tightest of system and container limit, or None if unknown."""
    known = [amount for amount in (_system_memory(), _container_memory()) if amount is not None]
    return min(known, default=None)


def peak_memory_bytes() -> int | None:
    """Return the most memory that this process has had since `forget_peak_memory`, or None if unknown."""
    try:
        lines = dict(line.split(":", 1) for line in (_SELF / "status").read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def forget_peak_memory() -> None:
    """Let the peak start anew from what this process has now, where the system can."""
    with suppress(OSError):
        (_SELF / "clear_refs").write_text("5")


def free_disk_bytes(path: Path) -> int:
    """Return the free space where `path` is or would be."""
    place = path.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def _system_memory() -> int | None:
    """Memory that is free or can be freed on Linux, all memory elsewhere."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def _container_memory() -> int | None:
    try:
        limit = (_CGROUP / "memory.max").read_text().strip()
        used = int((_CGROUP / "memory.current").read_text())
        return None if limit == "max" else max(0, int(limit) - used)
    except (OSError, ValueError):
        return None

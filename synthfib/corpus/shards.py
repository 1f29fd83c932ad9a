"""Shares of a build, so that machines that know nothing of each other can build one corpus together."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from synthfib.errors import InputError

#: Take the share from the job array of SLURM; `AUTO` does so inside of one, and builds everything elsewhere.
SLURM, AUTO = "slurm", "auto"
_ARRAY = "SLURM_ARRAY_TASK_"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal shares.

    Parameters
    ----------
    index : int
        Which one, from 0.
    count : int
        How many there are.

    Raises
    ------
    InputError
        If there is no such share.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise InputError(f"A shard i/n needs i from 0 to n-1, got {self.index}/{self.count}.")

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return what belongs to this share: every n-th item, so that all shares hold alike."""
        return items[self.index :: self.count]


def read_shard(text: str, environment: Mapping[str, str] = os.environ) -> Shard | None:
    """Read a share from ``i/n``, ``slurm`` or ``auto``; None stands for everything.

    Parameters
    ----------
    text : str
        ``2/8`` is the third of eight.
    environment : mapping
        Where the variables of a job array are.

    Raises
    ------
    InputError
        If it is none of these, or `slurm` outside of a job array.
    """
    if text == AUTO and f"{_ARRAY}ID" not in environment:
        return None
    if text in (SLURM, AUTO):
        return _of_job_array(environment)
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if match is None:
        raise InputError(f"A shard is i/n with i from 0 to n-1, or {SLURM!r} or {AUTO!r}, got {text!r}.")
    return Shard(int(match[1]), int(match[2]))


def _of_job_array(environment: Mapping[str, str]) -> Shard:
    """Read the place of a task in its array, which may start anywhere and count in steps."""
    try:
        task, count = (int(environment[f"{_ARRAY}{name}"]) for name in ("ID", "COUNT"))
        first, step = (int(environment.get(f"{_ARRAY}{name}", default)) for name, default in (("MIN", "0"), ("STEP", "1")))
    except (KeyError, ValueError) as error:
        raise InputError(f"A shard from SLURM needs whole numbers in {_ARRAY}ID and {_ARRAY}COUNT; submit with sbatch --array=0-7.") from error
    index, rest = divmod(task - first, max(1, step))
    if rest or not 0 <= index < count:
        raise InputError(f"A shard from SLURM needs evenly numbered tasks, got task {task} of {count} from {first}; submit with sbatch --array=0-7.")
    return Shard(index, count)

"""The same seed and the same number of threads give the same weights, bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from synthfib.errors import InputError


def seed_from(rng: np.random.Generator | int) -> int:
    """Return an integer seed: `rng` itself, or one drawn from it.

    Raises
    ------
    InputError
        If the seed is negative.
    """
    seed = int(rng.integers(2**63)) if isinstance(rng, np.random.Generator) else int(rng)
    if seed < 0:
        raise InputError(f"A seed must be 0 or more, got {seed}.")
    return seed


@contextmanager
def reproducible(*, seed: int, threads: int) -> Iterator[None]:
    """Seed torch, fix its threads and forbid algorithms that are not deterministic; put everything back afterwards.

    Raises
    ------
    InputError
        If there is not at least one thread.
    """
    if threads < 1:
        raise InputError(f"The number of threads must be 1 or more, got {threads}.")
    threads_before, strict_before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    filling: Any = torch.utils.deterministic  # the module makes itself an object with properties when it is imported
    filling_before = filling.fill_uninitialized_memory
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True)
        filling.fill_uninitialized_memory = False  # guards against reading it, at a seventh of the time
        try:
            yield
        finally:
            filling.fill_uninitialized_memory = filling_before
            torch.use_deterministic_algorithms(strict_before)
            torch.set_num_threads(threads_before)

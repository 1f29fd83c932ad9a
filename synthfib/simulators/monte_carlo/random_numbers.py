"""Counter-based random numbers: one stream per electron, the same whoever asks for it and when.

SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014, doi 10.1145/2660193.2660195): the n-th number of a stream is a mix of its
start plus n times a constant. Starts are mixed from seed, energy, slice, pixel and electron. Plain scalar code for processors and for CUDA.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_27, _30, _31 = np.uint64(27), np.uint64(30), np.uint64(31)


@nb.njit(cache=True)
def mix(word: Any) -> Any:
    """Return 64 bits that all depend on all bits of the uint64 `word`."""
    word = (word ^ (word >> _30)) * _MIX_1
    word = (word ^ (word >> _27)) * _MIX_2
    return word ^ (word >> _31)


@nb.njit(cache=True)
def advance(state: Any) -> Any:
    """Return the state after one number; ``mix(state)`` is the number."""
    return state + _STEP


@nb.njit(cache=True)
def child(stream: Any, index: Any) -> Any:
    """Return the start of stream number `index` below another."""
    return mix(mix(stream + _STEP) + np.uint64(index) * _STEP)


def stream_of(stream: int | np.uint64, index: int) -> np.uint64:
    """Return the start of a stream from Python, where compiled functions give plain integers."""
    return np.uint64(child(np.uint64(stream), np.uint64(index)))

"""Kernels over blocks packed to bits: 64 lines of voxels to a word, so that one instruction compares 64 pairs of voxels.

Compiled when they are first called. All results are whole numbers, the same on every machine.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

LINES = 64


def packed_lines(mask: NDArray[np.bool_], axis: int) -> NDArray[np.uint64]:
    """Pack the lines of a block along an axis.

    Returns
    -------
    ndarray of uint64, shape (group, n)
        Bit k of ``[g, i]`` is voxel i of line k of group g; lines that fill up the last words are empty.
    """
    n = mask.shape[axis]
    if axis == 2:
        return np.asarray(pack_rows(np.ascontiguousarray(mask).view(np.uint8)), np.uint64).reshape(-1, n)
    missing = -mask.shape[2] % LINES
    padded = np.pad(mask, ((0, 0), (0, 0), (0, missing))) if missing else np.ascontiguousarray(mask)
    words = np.packbits(padded, axis=-1, bitorder="little").view(np.uint64)
    return np.ascontiguousarray(np.moveaxis(words, axis, -1)).reshape(-1, n)


@nb.njit(cache=True)
def pack_rows(mask: Any) -> Any:
    """Pack 64 neighbours along y to a word: ``(z, y, x)`` to ``(z, group, x)``."""
    nz, ny, nx = mask.shape
    words = np.zeros((nz, (ny + 63) // 64, nx), np.uint64)
    for z in range(nz):
        for y in range(ny):
            bit = np.uint64(y & 63)
            row, out = mask[z, y], words[z, y >> 6]
            for x in range(nx):
                out[x] |= np.uint64(row[x]) << bit
    return words


@nb.njit(cache=True)
def count_pairs(words: Any, n_lags: int, periodic: bool) -> Any:
    """Count the pairs of set voxels of one line, by the steps between them."""
    n = words.shape[1]
    counts = np.zeros(n_lags, np.int64)
    for group in range(words.shape[0]):
        line = words[group]
        for lag in range(n_lags):
            found = common_bits(line[: n - lag], line[lag:])
            if periodic:
                found += common_bits(line[n - lag :], line[:lag])
            counts[lag] += found
    return counts


@nb.njit(cache=True, inline="always")
def common_bits(first: Any, second: Any) -> Any:
    """Count the bits set in both; compilers know this way of counting, and have an instruction for it."""
    total = np.uint64(0)
    for i in range(first.size):
        bits = first[i] & second[i]
        bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
        bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
        bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
        total += (bits * np.uint64(0x0101010101010101)) >> np.uint64(56)
    return np.int64(total)


@nb.njit(cache=True)
def count_runs(words: Any) -> Any:
    """Count runs of set voxels by their length; only where a line changes there is work to do."""
    n_groups, n = words.shape
    counts = np.zeros(n + 1, np.int64)
    start = np.zeros(64, np.int64)
    for group in range(n_groups):
        before = np.uint64(0)
        for i in range(n + 1):
            now = words[group, i] if i < n else np.uint64(0)
            change = now ^ before
            before = now
            k = 0
            while change:
                while not change & np.uint64(0xFF):
                    change >>= np.uint64(8)
                    k += 8
                while not change & np.uint64(1):
                    change >>= np.uint64(1)
                    k += 1
                if (now >> np.uint64(k)) & np.uint64(1):
                    start[k] = i
                else:
                    counts[i - start[k]] += 1
                change >>= np.uint64(1)
                k += 1
    return counts

"""How the depth-weighted model mixes its sums, in flat layers and in structures: a table fitted to Monte Carlo images."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib.simulators.conditions import Conditions
from synthfib.simulators.depth_sums import N_SUMS

#: Standard deviations of the blurs in median backscatter depths; the first is none.
WIDTHS = (0.0, 0.15, 0.4, 1.0, 2.5)
#: The table that comes with the package.
TABLE_FILE = Path(__file__).with_name("depth_weights.json")
#: Pores that electrons see through, and pores filled with something.
KINDS = ("vacuum", "filled")


@dataclass(frozen=True, slots=True, eq=False)
class DepthWeights:
    """Weights that follow the conditions, inside the range they were fitted in.

    Parameters
    ----------
    lowest, highest : ndarray of float, shape (kind, 5)
        Range of the conditions; outside, the nearest value counts.
    flat, uneven : ndarray of float, shape (kind, term, width * sum - 1)
        Slopes of the weights of all but the first sum, which takes what is missing to one: in flat layers, and what comes on top per unit
        of unevenness, see `flat_terms` and `uneven_terms`.
    digest : str
        Digest of the table.
    """

    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    flat: NDArray[np.float64]
    uneven: NDArray[np.float64]
    digest: str = ""

    def of(self, scene: Conditions) -> NDArray[np.float32]:
        """Return the weights of a scene in flat layers, and what comes on top per unit of unevenness, float32 ``(2, width, sum)``."""
        kind = kind_of(scene)
        numbers = scaled(scene.numbers, self.lowest[kind], self.highest[kind])
        flat, uneven = flat_terms(numbers) @ self.flat[kind], uneven_terms(numbers) @ self.uneven[kind]
        weights = np.stack([np.concatenate([[1 - flat.sum()], flat]), np.concatenate([[-uneven.sum()], uneven])])
        return weights.reshape(2, len(WIDTHS), N_SUMS).astype(np.float32)

    @classmethod
    @cache
    def read(cls, path: Path = TABLE_FILE) -> DepthWeights:
        """Return the weights of a table, by default those that come with the package."""
        text = path.read_text()
        table: dict[str, Any] = json.loads(text)
        columns = [np.array([table[kind][name] for kind in KINDS], np.float64) for name in ("lowest", "highest", "flat", "uneven")]
        return cls(columns[0], columns[1], columns[2], columns[3], hashlib.sha256(text.encode()).hexdigest()[:16])


def kind_of(scene: Conditions) -> int:
    """Return which of `KINDS` a scene is."""
    return int(scene.opacity.min() > 0)


def scaled(numbers: NDArray[np.float32], lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return conditions clipped to their range and scaled to -1 ... 1."""
    half = np.maximum((highest - lowest) / 2, 1e-9)
    return np.clip((numbers.astype(np.float64) - (highest + lowest) / 2) / half, -1, 1)


def flat_terms(scaled_numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what weights in flat layers follow: a constant and all conditions but the size of a pixel, which says nothing there."""
    return np.concatenate([[1.0], scaled_numbers[1:]])


def uneven_terms(scaled_numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what weights in structures follow: a constant and all conditions."""
    return np.concatenate([[1.0], scaled_numbers])

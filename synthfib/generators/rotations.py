"""Random rotations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draw_rotations(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return `n` rotation matrices, shape (n, 3, 3), uniform over all rotations, from Gaussian quaternions.

    References
    ----------
    K. Shoemake, Uniform random rotations, in Graphics Gems III (1992) 124.
    """
    quaternions = rng.standard_normal((n, 4))
    w, x, y, z = (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows).transpose(2, 0, 1)

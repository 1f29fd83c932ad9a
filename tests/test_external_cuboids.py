"""Cuboids cover the voxels exactly once, in as few pieces as simple bodies need."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synthfib.simulators.external.cuboids import merged_cuboids


def drawn(cuboids: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Draw cuboids back into voxels; none may overlap."""
    codes, times = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    for z0, z1, y0, y1, x0, x1, code in cuboids:
        codes[z0:z1, y0:y1, x0:x1] = code
        times[z0:z1, y0:y1, x0:x1] += 1
    assert times.max(initial=0) <= 1
    return codes


@pytest.mark.parametrize("n_codes", [1, 2, 5])
@pytest.mark.parametrize("flat", [False, True])
def test_they_cover_every_voxel_once(n_codes: int, flat: bool) -> None:
    codes = np.random.default_rng(n_codes).integers(0, n_codes + 1, (9, 11, 13)).astype(np.int32)
    cuboids = merged_cuboids(codes, flat=flat)
    assert np.array_equal(drawn(cuboids, codes.shape), codes)
    assert len(cuboids) > 256  # the list of results had to grow
    if flat:
        assert (cuboids[:, 1] - cuboids[:, 0] == 1).all()


def test_simple_bodies_need_few() -> None:
    block = np.ones((4, 5, 6), np.int32)
    assert merged_cuboids(block).tolist() == [[0, 4, 0, 5, 0, 6, 1]]
    assert len(merged_cuboids(block, flat=True)) == 4
    layers = block * (np.arange(4) // 2 + 1)[:, None, None].astype(np.int32)
    assert merged_cuboids(layers).tolist() == [[0, 2, 0, 5, 0, 6, 1], [2, 4, 0, 5, 0, 6, 2]]
    hollow = block.copy()
    hollow[1:3, 1:4, 1:5] = 0
    assert len(merged_cuboids(hollow)) == 6
    assert len(merged_cuboids(np.zeros((3, 3, 3), np.int32))) == 0
    checkerboard = (np.indices((4, 4, 4)).sum(0) % 2).astype(np.int32)
    assert len(merged_cuboids(checkerboard)) == 32

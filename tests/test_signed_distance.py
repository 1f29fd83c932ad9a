from typing import Any

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, gaussian_filter

from synthfib.generators.signed_distance import signed_distance_nm


@pytest.mark.parametrize("voxel_size_nm", [(1.0, 1.0, 1.0), (50.0, 10.0, 10.0), (2.5, 3.1, 7.0)])
@pytest.mark.parametrize("shape", [(20, 24, 28), (1, 9, 30), (2, 2, 2)])
def test_distances_are_those_of_another_algorithm(shape: tuple[int, int, int], voxel_size_nm: tuple[float, float, float]) -> None:
    noise = np.random.default_rng(1).random(shape)
    for solid in (noise > 0.5, noise == noise.max(), gaussian_filter(noise, 3) > np.median(gaussian_filter(noise, 3))):
        inside: Any = distance_transform_edt(solid, sampling=voxel_size_nm)
        outside: Any = distance_transform_edt(~solid, sampling=voxel_size_nm)
        np.testing.assert_allclose(signed_distance_nm(solid, voxel_size_nm), inside - outside, rtol=1e-5)

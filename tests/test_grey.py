"""Grey values become pore and solid, by a given threshold or by k-means."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.cluster

from synthfib.data.grey import kmeans_threshold
from synthfib.data.readers import read_volume
from synthfib.errors import InputError
from synthfib.physics.materials import material

PHASES = (material("epoxy"), material("gold"))
MEASURED = Path(__file__).parents[2] / "shared" / "real" / "npg-fib-aquami3d" / "fib_serial_section_small.tif"


def two_phases(dtype: Any) -> np.ndarray:
    """30 % of the voxels near 200, the others near 60, far from touching."""
    rng = np.random.default_rng(3)
    values = np.where(np.arange(1000) < 300, 200, 60) + rng.integers(-20, 21, 1000)
    return rng.permutation(values).reshape(10, 10, 10).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
def test_kmeans_finds_the_gap(tmp_path: Path, dtype: Any) -> None:
    np.save(tmp_path / "v.npy", two_phases(dtype))
    volume = read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(1, 1, 1), threshold="kmeans")
    assert volume.solid_fraction == 0.3


def test_kmeans_agrees_with_the_iterative_one() -> None:
    rng = np.random.default_rng(5)
    pixels = np.concatenate([rng.normal(70, 25, 9000), rng.normal(150, 25, 5000)]).clip(0, 255).astype(np.uint8)
    centres = sklearn.cluster.KMeans(2, n_init=10, tol=0, random_state=0).fit(pixels[:, None].astype(float)).cluster_centers_  # pyright: ignore[reportArgumentType]
    assert kmeans_threshold(pixels) == pytest.approx(centres.mean(), abs=0.5)
    assert np.count_nonzero(pixels > kmeans_threshold(pixels)) == np.count_nonzero(pixels > centres.mean())


def test_the_found_value_is_in_the_provenance(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.array([[[0, 10, 100, 110]]], np.uint8))
    volume = read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(1, 1, 1), threshold="kmeans")
    assert volume.provenance.steps[-1].parameters == {"file": "v.npy", "threshold": 55.0, "threshold_by": "kmeans"}


def test_a_bool_volume_is_split_between_its_values() -> None:
    assert kmeans_threshold(np.array([True, False, True])) == 0.5


def test_one_grey_value_has_no_clusters(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.full((3, 4, 5), 7, np.uint8))
    with pytest.raises(InputError, match="two grey values or more for k-means, all are 7"):
        read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(1, 1, 1), threshold="kmeans")


def test_another_word_is_no_threshold(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(InputError, match="number or 'kmeans', got 'otsu'"):
        read_volume(tmp_path / "v.npy", phases=PHASES, voxel_size_nm=(1, 1, 1), threshold="otsu")


@pytest.mark.skipif(not MEASURED.is_file(), reason="needs the measured structure of Aquami3D, which is not part of the project")
def test_a_measured_structure_splits_near_the_middle() -> None:
    volume = read_volume(MEASURED, phases=PHASES, threshold="kmeans")
    assert volume.solid_fraction == pytest.approx(0.335, abs=0.005)
    assert volume.voxel_size_nm == pytest.approx((46.18, 40.0, 40.0), rel=1e-3)

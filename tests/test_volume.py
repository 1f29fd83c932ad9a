import numpy as np
import pytest

from synthfib.data.volume import LabelVolume, check_voxel_size_nm
from synthfib.errors import InputError
from synthfib.physics.materials import material

PHASES = (material("epoxy"), material("gold"))


def test_a_crop_is_a_view_with_the_same_sizes() -> None:
    volume = LabelVolume(np.ones((4, 5, 6), np.uint8), (10, 2.5, 2.5), PHASES)
    part = volume.crop(z=slice(1, 3), x=slice(2, None))
    assert part.shape == (2, 5, 4)
    assert part.voxel_size_nm == (10.0, 2.5, 2.5)
    assert np.shares_memory(part.labels, volume.labels)


def test_extent_and_solid_fraction() -> None:
    labels = np.zeros((2, 2, 2), np.uint8)
    labels[0, 0] = 1
    volume = LabelVolume(labels, (10, 2, 3), PHASES)
    assert volume.extent_nm == (20, 4, 6)
    assert volume.solid_fraction == 0.25
    assert "epoxy, gold" in repr(volume)


@pytest.mark.parametrize(
    "labels",
    [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 2), np.int64), np.zeros((0, 2, 2), np.uint8), np.full((2, 2, 2), 2, np.uint8)],
)
def test_impossible_labels_are_refused(labels: np.ndarray) -> None:
    with pytest.raises(InputError):
        LabelVolume(labels, (1, 1, 1), PHASES)


@pytest.mark.parametrize("size", [(2.5e-9, 2.5e-9, 2.5e-9), (0, 1, 1), (1, 1, float("nan")), (-1, 1, 1), (1, 1), (1e9, 1, 1)])
def test_a_voxel_size_that_cannot_be_nanometres_is_refused(size: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="nm"):
        check_voxel_size_nm(size)

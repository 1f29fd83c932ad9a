import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.generators.base import Generator
from synthfib.generators.plurigaussian import Plurigaussian
from synthfib.physics.materials import material
from synthfib.testing.generators import GeneratorContract

PHASES = (material("vacuum"), material("zirconia"), material("platinum"))
VOXEL_NM = (2.5, 2.5, 2.5)


class TestPlurigaussian(GeneratorContract):
    solid_fraction = 0.65

    @pytest.fixture
    def generator(self) -> Generator:
        return Plurigaussian(20, 35, self.solid_fraction, 0.27, PHASES, n_waves=50)


@pytest.mark.parametrize(("solid", "second"), [(0.65, 0.27), (0.301, 0.3), (0.99, 0.001)])
def test_each_fraction_is_exact(solid: float, second: float) -> None:
    labels = Plurigaussian(20, 35, solid, second, PHASES, n_waves=20).generate((21, 22, 23), VOXEL_NM, rng=3).labels
    counts = np.bincount(labels.ravel(), minlength=3) / labels.size
    np.testing.assert_allclose(counts, [1 - solid, solid - second, second], atol=1.01 / labels.size)


def test_the_second_solid_does_not_know_where_the_pores_are() -> None:
    """The fields are independent: its share of the solid next to pores is its share anywhere, within the spread of one volume."""
    labels = Plurigaussian(20, 35, 0.6, 0.3, PHASES, n_waves=300).generate((96, 96, 96), VOXEL_NM, rng=5).labels
    beside = np.zeros(labels.shape, bool)
    beside[1:] |= labels[:-1] == 0
    beside[:-1] |= labels[1:] == 0
    surface = labels[beside & (labels > 0)]
    assert np.mean(surface == 2) == pytest.approx(0.5, abs=0.05)


def test_domains_have_the_diameter_asked_for() -> None:
    """With hardly any pores the second solid shows as it was cut."""
    labels = Plurigaussian(400, 30, 0.999, 0.35, PHASES, n_waves=300).generate((96, 96, 96), VOXEL_NM, rng=6).labels
    second = (labels == 2).astype(np.int8)
    chords = [second.sum() * 2.5 / (np.count_nonzero(np.diff(second, axis=axis)) / 2) for axis in range(3)]
    assert np.mean(chords) == pytest.approx(30, rel=0.06)


@pytest.mark.parametrize(("solid", "second", "words"), [(0.5, 0.5, "second solid"), (0.5, 0.0, "second solid"), (1.0, 0.5, "solid fraction")])
def test_impossible_fractions(solid: float, second: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Plurigaussian(20, 35, solid, second, PHASES)


def test_too_coarse_voxels_name_what_is_too_fine() -> None:
    with pytest.raises(InputError, match="A domain must span two voxels"):
        Plurigaussian(20, 4, 0.5, 0.2, PHASES).generate((4, 4, 4), VOXEL_NM, rng=0)
    with pytest.raises(InputError, match="wave"):
        Plurigaussian(20, 35, 0.5, 0.2, PHASES, n_waves=0)

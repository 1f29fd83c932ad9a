import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.generators.base import Generator
from synthfib.generators.random_pores import RandomPores
from synthfib.physics.materials import material
from synthfib.testing.generators import GeneratorContract

PHASES = (material("epoxy"), material("gold"))
VOXEL_NM = (2.5, 2.5, 2.5)


class TestRandomPores(GeneratorContract):
    solid_fraction = 0.321

    @pytest.fixture
    def generator(self) -> Generator:
        return RandomPores(12, 1 - self.solid_fraction, PHASES, 3)


class TestHardlyAnyPores(GeneratorContract):
    """Fewer voxels of pore than one sphere has."""

    solid_fraction = 0.999

    @pytest.fixture
    def generator(self) -> Generator:
        return RandomPores(20, 1 - self.solid_fraction, PHASES)


class TestHardlyAnySolid(GeneratorContract):
    solid_fraction = 0.0007
    voxel_size_nm = (5.0, 2.5, 3.0)

    @pytest.fixture
    def generator(self) -> Generator:
        return RandomPores(12, 1 - self.solid_fraction, PHASES)


def test_two_point_correlation_of_the_solid_is_that_of_a_boolean_model() -> None:
    """``S2 = p^(2 - overlap(r))``, overlap of two spheres at distance r relative to one; 0.01 is about four standard deviations here."""
    radius_nm, porosity = 15.0, 0.6
    solid = RandomPores(radius_nm, porosity, PHASES).generate((128, 128, 128), VOXEL_NM, rng=1).labels.astype(float)
    for lag in (2, 4, 8, 16):
        ratio = lag * 2.5 / radius_nm
        overlap = 1 - 0.75 * ratio + ratio**3 / 16 if ratio < 2 else 0
        pairs = [np.mean(np.take(solid, range(128 - lag), axis=a) * np.take(solid, range(lag, 128), axis=a)) for a in range(3)]
        assert np.mean(pairs) == pytest.approx((1 - porosity) ** (2 - overlap), abs=0.01)


def test_pores_are_as_dense_at_the_faces_as_inside() -> None:
    """Mean of 30 blocks; six standard errors from the blocks themselves."""
    outer, inner = [], []
    for seed in range(30):
        labels = RandomPores(15, 0.5, PHASES).generate((40, 40, 40), VOXEL_NM, rng=seed).labels
        middle = labels[10:30, 10:30, 10:30]
        inner.append(middle.mean())
        outer.append((labels.sum() - middle.sum()) / (labels.size - middle.size))
    difference = np.array(outer) - inner
    assert abs(difference.mean()) < 6 * difference.std() / np.sqrt(30)
    assert abs(difference.mean()) < 0.05


@pytest.mark.parametrize("porosity", [0.0, 1.0, float("nan")])
def test_impossible_porosities(porosity: float) -> None:
    with pytest.raises(InputError, match="porosity"):
        RandomPores(10, porosity, PHASES)


def test_pores_smaller_than_two_voxels() -> None:
    with pytest.raises(InputError, match=r"pore diameter must span two voxels, 5 nm or more, got 4 nm"):
        RandomPores(2, 0.5, PHASES).generate((8, 8, 8), VOXEL_NM, rng=0)

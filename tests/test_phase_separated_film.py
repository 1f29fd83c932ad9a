import math

import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.generators.base import Generator
from synthfib.generators.phase_separated_film import PhaseSeparatedFilm
from synthfib.physics.materials import material
from synthfib.testing.generators import GeneratorContract

PHASES = (material("vacuum"), material("ethyl-cellulose"))


class TestPorousFilm(GeneratorContract):
    solid_fraction = 0.55
    voxel_size_nm = (50.0, 10.0, 10.0)

    @pytest.fixture
    def generator(self) -> Generator:
        return PhaseSeparatedFilm(200, 1 - self.solid_fraction, PHASES, n_waves=50)


class TestDenseFilm(GeneratorContract):
    solid_fraction = 0.78

    @pytest.fixture
    def generator(self) -> Generator:
        return PhaseSeparatedFilm(30, 1 - self.solid_fraction, PHASES, bandwidth=0.0, n_waves=50)


@pytest.mark.parametrize("porosity", [0.22, 0.45])
def test_pores_have_the_diameter_asked_for_in_every_direction(porosity: float) -> None:
    """Mean chord along the three axes of voxels that are not cubes; 8 % is about three standard deviations along one axis."""
    shape, voxel_size_nm = (80, 160, 160), (20.0, 10.0, 10.0)
    pores = 1 - PhaseSeparatedFilm(150, porosity, PHASES, n_waves=400).generate(shape, voxel_size_nm, rng=4).labels.astype(np.int8)
    for axis, size_nm in enumerate(voxel_size_nm):
        ends = np.count_nonzero(np.diff(pores, axis=axis))
        assert pores.sum() * size_nm / (ends / 2) == pytest.approx(150, rel=0.08)


def test_wave_numbers_fill_the_band_evenly() -> None:
    film = PhaseSeparatedFilm(150, 0.3, PHASES, bandwidth=0.4, n_waves=20000)
    waves = film.field(key=3).wave_vectors
    lengths = np.linalg.norm(waves, axis=1)
    middle = (lengths.min() + lengths.max()) / 2
    np.testing.assert_allclose([lengths.min(), lengths.max()], [0.6 * middle, 1.4 * middle], rtol=1e-3)
    counts = np.histogram(lengths / middle, bins=8, range=(0.6, 1.4))[0]
    assert np.abs(counts - 2500).max() < 5 * math.sqrt(2500)
    directions = waves / lengths[:, None]
    np.testing.assert_allclose((directions**2).mean(axis=0), 1 / 3, atol=6 * 0.298 / math.sqrt(20000))
    assert abs(np.corrcoef(lengths, directions[:, 0])[0, 1]) < 6 / math.sqrt(20000)


def test_bad_values_are_one_sentence() -> None:
    with pytest.raises(InputError, match="bandwidth"):
        PhaseSeparatedFilm(150, 0.3, PHASES, bandwidth=1.0)
    with pytest.raises(InputError, match="wave"):
        PhaseSeparatedFilm(150, 0.3, PHASES, n_waves=0)
    with pytest.raises(InputError, match="porosity"):
        PhaseSeparatedFilm(150, 1.0, PHASES)
    with pytest.raises(InputError, match=r"pore diameter must span two voxels, 100 nm or more"):
        PhaseSeparatedFilm(99, 0.3, PHASES).generate((4, 4, 4), (50.0, 10.0, 10.0), rng=0)

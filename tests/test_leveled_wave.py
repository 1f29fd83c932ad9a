import math
from typing import Any

import numpy as np
import pytest

from synthfib.errors import InputError, ResourceError
from synthfib.generators import exact_cut
from synthfib.generators.base import Generator
from synthfib.generators.exact_cut import cut_exactly, cut_in_slabs
from synthfib.generators.leveled_wave import LeveledWave, wavelength_nm
from synthfib.generators.wave_field import WaveField
from synthfib.physics.materials import material
from synthfib.testing.generators import GeneratorContract

PHASES = (material("epoxy"), material("gold"))
VOXEL_NM = (2.5, 2.5, 2.5)


class TestSingleLevel(GeneratorContract):
    solid_fraction = 0.3

    @pytest.fixture
    def generator(self) -> Generator:
        return LeveledWave((25.0,), self.solid_fraction, PHASES, n_waves=50)


class TestHierarchical(GeneratorContract):
    solid_fraction = 0.123

    @pytest.fixture
    def generator(self) -> Generator:
        return LeveledWave((110.0, 15.0), self.solid_fraction, PHASES, n_waves=50)


def mean_chord_nm(solid: Any, axis: int, voxel_nm: float) -> float:
    """Length of solid per entry or exit along an axis, halved."""
    steps = np.count_nonzero(np.diff(solid.astype(np.int8), axis=axis))
    return float(solid.sum() * voxel_nm / (steps / 2))


@pytest.mark.parametrize("fraction", [0.2, 0.35, 0.5])
def test_ligaments_have_the_diameter_asked_for(fraction: float) -> None:
    """Mean chord over three axes; 5 % is about three standard deviations of one such volume."""
    volume = LeveledWave((25.0,), fraction, PHASES, n_waves=400).generate((96, 96, 96), VOXEL_NM, rng=5)
    chord = np.mean([mean_chord_nm(volume.labels, axis, 2.5) for axis in range(3)])
    assert chord == pytest.approx(25.0, rel=0.05)


def test_the_field_is_a_unit_gaussian() -> None:
    field = WaveField.draw(20.0, 1000, key=3).block((0, 0, 0), (64, 64, 64), VOXEL_NM)
    assert field.mean() == pytest.approx(0, abs=0.05)
    assert field.std() == pytest.approx(1, abs=0.05)
    assert np.mean(field.astype(float) ** 4) / np.mean(field.astype(float) ** 2) ** 2 == pytest.approx(3, abs=0.2)


def test_a_block_is_bit_for_bit_the_same_part_of_the_whole() -> None:
    field = WaveField.draw(40.0, 60, key=8)
    whole = field.block((0, 0, 0), (40, 130, 70), VOXEL_NM)
    part = field.block((7, 60, 33), (20, 30, 37), VOXEL_NM)
    assert whole[7:27, 60:90, 33:70].tobytes() == part.tobytes()


def test_the_field_is_the_sum_of_its_waves() -> None:
    waves = WaveField.draw(40.0, 7, key=1)
    block = waves.block((3, 2, 1), (2, 3, 4), (2.0, 2.5, 3.0))
    for index in np.ndindex(block.shape):
        centre = (np.array(index) + (3, 2, 1) + 0.5) * (2.0, 2.5, 3.0)
        expected = math.sqrt(2 / 7) * np.cos(waves.wave_vectors @ centre + waves.phases).sum()
        assert block[index] == pytest.approx(expected, abs=1e-5)


def test_directions_are_isotropic() -> None:
    """The mean of each squared direction cosine is 1/3; six standard errors of 20000 draws."""
    waves = WaveField.draw(1.0, 20000, key=2).wave_vectors / (2 * math.pi)
    assert np.linalg.norm(waves, axis=1) == pytest.approx(1)
    assert (waves**2).mean(axis=0) == pytest.approx([1 / 3] * 3, abs=6 * 0.298 / math.sqrt(20000))


def test_more_waves_start_with_the_fewer_ones() -> None:
    assert np.array_equal(WaveField.draw(1.0, 5, key=4).phases, WaveField.draw(1.0, 9, key=4).phases[:5])


def test_cut_takes_exactly_as_many_voxels_even_with_ties() -> None:
    field = np.array([[1, 1, 1, 0], [2, 1, 0, 0]], np.float32)
    for n in range(9):
        assert np.count_nonzero(cut_exactly(field, n)) == n
    within = np.array([[True, False, True, True], [True, True, False, False]])
    chosen = cut_exactly(field, 2, within=within)
    assert np.count_nonzero(chosen) == 2
    assert not (chosen & ~within).any()


def test_each_level_keeps_the_same_share() -> None:
    coarse = wavelength_nm(110.0, math.sqrt(0.123))
    generator = LeveledWave((110.0, 15.0), 0.123, PHASES)
    fields = generator.fields(key=1)
    lengths = [2 * math.pi / np.linalg.norm(f.wave_vectors[0]) for f in fields]
    assert lengths[0] == pytest.approx(coarse)
    assert lengths[0] / lengths[1] == pytest.approx(110 / 15)


@pytest.mark.parametrize("fraction", [0.0, 1.0, 1.2, -0.1, float("nan")])
def test_an_impossible_solid_fraction_is_refused(fraction: float) -> None:
    with pytest.raises(InputError, match="solid fraction"):
        LeveledWave((25.0,), fraction, PHASES)


@pytest.mark.parametrize("diameters", [(), (0.0,), (-5.0,), (1.0, 2.0, 3.0, 4.0)])
def test_impossible_ligaments_are_refused(diameters: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="ligament"):
        LeveledWave(diameters, 0.3, PHASES)


def test_wavelengths_below_two_voxels_are_refused() -> None:
    with pytest.raises(InputError, match=r"wavelength must span two voxels, 5 nm or more, got 3\.\d+ nm"):
        LeveledWave((2.0,), 0.3, PHASES).generate((4, 4, 4), VOXEL_NM, rng=0)


def test_volumes_beyond_memory_are_refused_before_any_work() -> None:
    with pytest.raises(ResourceError, match="GB of memory"):
        LeveledWave((25.0,), 0.3, PHASES).generate((10**5, 10**5, 10**5), VOXEL_NM, rng=0)


@pytest.mark.parametrize("sigma", [6.0, 0.0])
def test_the_cut_in_slabs_is_the_cut_of_the_whole(monkeypatch: pytest.MonkeyPatch, sigma: float) -> None:
    """With a bracket from a sample, and with one that misleads and must be widened."""
    monkeypatch.setattr(exact_cut, "_ALL_CANDIDATES", 0)
    monkeypatch.setattr(exact_cut, "_SLAB_VOXELS", 16 * 30 * 40)
    monkeypatch.setattr(exact_cut, "_VOXELS_PER_SAMPLE", 20)
    monkeypatch.setattr(exact_cut, "_BRACKET_SIGMA", sigma)
    fields = [WaveField.draw(length, 80, key=5) for length in (80.0, 30.0)]
    shape = (50, 30, 40)
    labels = np.ones(shape, np.uint8)
    whole: Any = None
    for field, n_solid in zip(fields, (20000, 7001), strict=True):
        done: list[float] = []
        cut_in_slabs(field, labels, n_solid, VOXEL_NM, on_progress=done.append)
        whole = cut_exactly(field.block((0, 0, 0), shape, VOXEL_NM), n_solid, within=whole)
        assert np.array_equal(labels, whole.astype(np.uint8))
        assert done[-1] == 1


def test_the_field_at_points_is_that_of_the_block() -> None:
    field = WaveField.draw(40.0, 60, key=8)
    block = field.block((0, 0, 0), (3, 4, 5), VOXEL_NM)
    centres: Any = (np.indices((3, 4, 5)).reshape(3, -1).T + 0.5) * 2.5
    np.testing.assert_allclose(field.at(centres), block.ravel().astype(float), atol=1e-5)


def test_two_point_correlation_is_that_of_isotropic_waves() -> None:
    """Mean of f(r) f(r + d) over axes is sin(kd)/(kd); 0.04 is four standard deviations of this volume's finite size."""
    wavelength = 40.0
    field = WaveField.draw(wavelength, 4000, key=6).block((0, 0, 0), (128, 128, 128), VOXEL_NM).astype(np.float64)
    for lag in (2, 5, 8, 12, 20):
        pairs = [np.mean(np.take(field, range(128 - lag), axis=a) * np.take(field, range(lag, 128), axis=a)) for a in range(3)]
        kd = 2 * math.pi * lag * 2.5 / wavelength
        assert np.mean(pairs) / field.var() == pytest.approx(math.sin(kd) / kd, abs=0.04)

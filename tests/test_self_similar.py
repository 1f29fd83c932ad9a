import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError, ResourceError
from synthfib.generators._resampling_kernels import resample
from synthfib.generators.base import Generator
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.generators.self_similar import SelfSimilar, mean_chord_nm
from synthfib.physics.materials import material
from synthfib.testing.generators import GeneratorContract

PHASES = (material("epoxy"), material("gold"))
VOXEL_NM = (2.5, 2.5, 2.5)
WAVE = LeveledWave((60.0,), 0.35, PHASES, n_waves=50)
MEASURED = LeveledWave((60.0,), 0.35, PHASES, n_waves=50).generate((30, 40, 50), (5.0, 5.0, 5.0), rng=3)


class TestOfAGenerator(GeneratorContract):
    solid_fraction = 0.123

    @pytest.fixture
    def generator(self) -> Generator:
        return SelfSimilar(WAVE, 0.25, self.solid_fraction, PHASES)


class TestOfAMeasuredVolume(GeneratorContract):
    """Smaller than the block along z, larger along y and x."""

    solid_fraction = 0.2
    shape = (70, 24, 28)

    @pytest.fixture
    def generator(self) -> Generator:
        return SelfSimilar(MEASURED, 0.3, self.solid_fraction, PHASES)


@dataclass(frozen=True)
class SameAlways:
    """A generator that has one structure only."""

    volume: LabelVolume

    def generate(self, shape: tuple[int, int, int], voxel_size_nm: tuple[float, float, float], *, rng: np.random.Generator | int) -> LabelVolume:
        assert shape == (40, 40, 40)
        assert voxel_size_nm == pytest.approx((5.0, 5.0, 5.0))
        return self.volume


def test_solid_lies_inside_the_structure_that_is_masked() -> None:
    """With a share of one half a ball of half the volume is cut at its own surface; the block shows a part of it."""
    z, y, x = (np.indices((40, 40, 40)) - 19.5) * 5
    slab = LabelVolume((np.abs(z + 0 * y + 0 * x) < 50).astype(np.uint8), (5.0, 5.0, 5.0), PHASES)
    volume = SelfSimilar(SameAlways(slab), 0.25, 0.25, PHASES).generate((40, 40, 40), VOXEL_NM, rng=0)
    planes = np.flatnonzero(volume.labels.any(axis=(1, 2)))
    assert planes.max() - planes.min() + 1 == len(planes) == 20
    assert 0.4 < volume.labels[planes[3] : planes[-3]].mean() < 0.6


def test_ligaments_of_the_copy_are_smaller_by_its_scale() -> None:
    """Chords of the whole are those of the copy, shortened where a ligament of the structure ends; compared where that is 60 times longer."""
    wave = LeveledWave((200.0,), 0.5, PHASES, n_waves=200)
    volume = SelfSimilar(wave, 0.1, 0.25, PHASES).generate((96, 96, 96), VOXEL_NM, rng=2)
    chord_nm = 1 / (1 / 20 + 1 / 200)  # ends of both, per length of solid
    assert mean_chord_nm(volume) == pytest.approx(chord_nm, rel=0.1)


def test_mean_chord_of_a_slab_and_of_waves() -> None:
    slab = np.zeros((40, 8, 8), np.uint8)
    slab[10:30] = 1
    assert mean_chord_nm(LabelVolume(slab, (2.0, 3.0, 4.0), PHASES)) == pytest.approx(3 * 40)
    wave = LeveledWave((25.0,), 0.3, PHASES, n_waves=400).generate((80, 80, 80), VOXEL_NM, rng=1)
    assert mean_chord_nm(wave) == pytest.approx(25, rel=0.06)


def test_resampling_without_change_gives_the_field() -> None:
    field = np.random.default_rng(0).random((5, 6, 7), np.float32)
    np.testing.assert_allclose(resample(field, np.eye(3), np.zeros(3), field.shape), field, atol=1e-6)


def test_resampling_is_trilinear_turned_and_mirrored() -> None:
    """A linear field is met exactly between its outer centres; two tiles on, everything comes again; in between it is mirrored."""
    z, y, x = np.indices((6, 7, 8)) + 0.5
    field = (z + 10 * y + 100 * x).astype(np.float32)
    matrix = np.array([[0, 0.5, 0], [0, 0, -0.25], [0.3, 0, 0]])
    offset = np.array([1.0, 6.0, 2.0])
    result: Any = resample(field, matrix, offset, (4, 5, 6))
    k, j, i = np.indices((4, 5, 6)) + 0.5
    expected = (1 + 0.5 * j) + 10 * (6 - 0.25 * i) + 100 * (2 + 0.3 * k)
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    again: Any = resample(field, matrix, offset + 2 * np.array(field.shape), (4, 5, 6))
    np.testing.assert_allclose(again, result, rtol=1e-5)
    mirrored: Any = resample(field, -matrix, -offset, (4, 5, 6))
    np.testing.assert_allclose(mirrored, result, rtol=1e-5)


def test_a_random_part_of_a_larger_volume_is_taken() -> None:
    one, two = (SelfSimilar(MEASURED, 0.3, 0.9, PHASES).generate((10, 10, 10), VOXEL_NM, rng=seed).labels for seed in (1, 2))
    assert np.mean(one == two) < 0.95


def test_provenance_starts_with_the_structure() -> None:
    volume = SelfSimilar(WAVE, 0.25, 0.1, PHASES).generate((20, 20, 20), VOXEL_NM, rng=5)
    assert [step.name for step in volume.provenance.steps] == ["leveled-wave", "self-similar"]
    assert volume.provenance.steps[0].seed != 5
    measured = SelfSimilar(MEASURED, 0.3, 0.1, PHASES).generate((20, 20, 20), VOXEL_NM, rng=5)
    assert [step.seed for step in measured.provenance.steps] == [3, 5]


@pytest.mark.parametrize(("scale", "fraction", "words"), [(0.0, 0.1, "scale"), (1.0, 0.1, "scale"), (0.5, 1.0, "solid fraction")])
def test_impossible_values(scale: float, fraction: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        SelfSimilar(WAVE, scale, fraction, PHASES)


def test_ligaments_of_the_copy_thinner_than_two_voxels() -> None:
    with pytest.raises(InputError, match="ligament of the small copy must span two voxels"):
        SelfSimilar(WAVE, 0.05, 0.1, PHASES).generate((20, 20, 20), VOXEL_NM, rng=0)


def test_a_structure_of_one_phase() -> None:
    solid = LabelVolume(np.ones((4, 4, 4), np.uint8), VOXEL_NM, PHASES)
    with pytest.raises(InputError, match="must have pores and solid"):
        SelfSimilar(solid, 0.5, 0.1, PHASES).generate((20, 20, 20), VOXEL_NM, rng=0)


def test_memory_is_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.generators.request.available_memory_bytes", lambda: 10**5)
    with pytest.raises(ResourceError, match="20 x 20 x 20"):
        SelfSimilar(WAVE, math.sqrt(0.1), 0.1, PHASES).generate((20, 20, 20), VOXEL_NM, rng=0)

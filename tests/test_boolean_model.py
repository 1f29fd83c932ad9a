from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from synthfib.errors import InputError
from synthfib.generators.base import Generator
from synthfib.generators.boolean_model import BooleanModel
from synthfib.generators.grain_filling import fill_with_grains
from synthfib.generators.grains import Cylinders, Ellipsoids, Spheres
from synthfib.generators.request import Request
from synthfib.physics.materials import material
from synthfib.testing.generators import GeneratorContract

PHASES = (material("vacuum"), material("zirconia"))
VOXEL_NM = (2.5, 2.5, 2.5)


class TestSpheres(GeneratorContract):
    solid_fraction = 0.35

    @pytest.fixture
    def generator(self) -> Generator:
        return BooleanModel(Spheres(10, 2), self.solid_fraction, PHASES)


class TestCylinders(GeneratorContract):
    solid_fraction = 0.35
    voxel_size_nm = (5.0, 2.5, 2.0)

    @pytest.fixture
    def generator(self) -> Generator:
        return BooleanModel(Cylinders(6, 60, 1), self.solid_fraction, PHASES)


class TestEllipsoids(GeneratorContract):
    solid_fraction = 0.9

    @pytest.fixture
    def generator(self) -> Generator:
        return BooleanModel(Ellipsoids((6, 9, 15)), self.solid_fraction, PHASES)


class TestHardCoreSpheres(GeneratorContract):
    solid_fraction = 0.28

    @pytest.fixture
    def generator(self) -> Generator:
        return BooleanModel(Spheres(7, 1), self.solid_fraction, PHASES, overlapping=False)


class TestHardCoreCylinders(GeneratorContract):
    solid_fraction = 0.15

    @pytest.fixture
    def generator(self) -> Generator:
        return BooleanModel(Cylinders(6, 30), self.solid_fraction, PHASES, overlapping=False)


class TestHardCoreEllipsoids(GeneratorContract):
    solid_fraction = 0.2

    @pytest.fixture
    def generator(self) -> Generator:
        return BooleanModel(Ellipsoids((6, 9, 15)), self.solid_fraction, PHASES, overlapping=False)


def test_two_point_correlation_is_that_of_the_boolean_model() -> None:
    """For the pores between overlapping spheres ``S2 = p^(2 - overlap(r))``; 0.01 is about four standard deviations here."""
    radius_nm, pore_fraction = 15.0, 0.65
    pore = BooleanModel(Spheres(radius_nm), 1 - pore_fraction, PHASES).generate((128, 128, 128), VOXEL_NM, rng=2).labels == 0
    for lag in (2, 4, 8, 16):
        ratio = lag * 2.5 / radius_nm
        overlap = 1 - 0.75 * ratio + ratio**3 / 16 if ratio < 2 else 0
        pairs: Any = [np.mean(np.take(pore, range(128 - lag), axis=a) & np.take(pore, range(lag, 128), axis=a)) for a in range(3)]
        assert np.mean(pairs) == pytest.approx(pore_fraction ** (2 - overlap), abs=0.01)


def pieces_of(labels: Any) -> tuple[Any, int]:
    """Number the connected pieces of solid, corners included."""
    found: Any = ndimage.label(labels, ndimage.generate_binary_structure(3, 3))
    return found[0], found[1]


def test_hard_core_spheres_keep_apart_and_stay_whole() -> None:
    """Spheres that share no voxel do not merge where they keep a gap: pieces not cut by the faces have the volume of a sphere."""
    labels = BooleanModel(Spheres(15), 0.12, PHASES, overlapping=False).generate((100, 100, 100), VOXEL_NM, rng=4).labels
    pieces, n = pieces_of(labels)
    boxes = ndimage.find_objects(pieces)
    whole = [i for i, box in enumerate(boxes, start=1) if all(s.start > 0 and s.stop < 100 for s in box)]
    radii_nm = np.cbrt(np.bincount(pieces.ravel())[whole] * 2.5**3 * 3 / (4 * np.pi))
    single = np.abs(radii_nm - 15) < 0.3
    pairs = np.abs(radii_nm - 15 * np.cbrt(2)) < 0.3
    assert n > 50
    assert np.count_nonzero(single) > 0.6 * len(whole)
    assert np.count_nonzero(single | pairs | (radii_nm > 20)) >= len(whole) - 1  # but for the one that was shrunk


def test_overlapping_spheres_do_overlap() -> None:
    labels = BooleanModel(Spheres(15), 0.4, PHASES).generate((60, 60, 60), VOXEL_NM, rng=4).labels
    pieces, _ = pieces_of(labels)
    assert np.bincount(pieces.ravel())[1:].max() > 10 * 4 / 3 * np.pi * 6**3


def test_what_cannot_be_packed_says_how_far_it_got() -> None:
    with pytest.raises(InputError, match=r"filled only 0\.3\d\d of the block, 0\.600 is required") as caught:
        BooleanModel(Spheres(8), 0.6, PHASES, overlapping=False).generate((32, 32, 32), VOXEL_NM, rng=0)
    assert "\n" not in str(caught.value)


def test_hard_core_grains_are_as_dense_at_the_faces_as_inside() -> None:
    """Mean of 30 blocks; six standard errors from the blocks themselves."""
    differences = []
    for seed in range(30):
        request = Request((32, 32, 32), VOXEL_NM)
        labels = fill_with_grains(Spheres(10), request, 8000, np.random.default_rng(seed), background=0, mark=1, hard=True)
        middle = labels[8:24, 8:24, 8:24]
        differences.append((labels.sum() - middle.sum()) / (labels.size - middle.size) - middle.mean())
    assert abs(np.mean(differences)) < 6 * np.std(differences) / np.sqrt(30)


def test_cylinders_have_no_direction_of_their_own() -> None:
    """Surface per axis: entries and exits along the three axes agree within 8 % in this volume."""
    labels = BooleanModel(Cylinders(8, 80), 0.2, PHASES).generate((128, 128, 128), VOXEL_NM, rng=6).labels.astype(np.int8)
    steps = np.array([np.count_nonzero(np.diff(labels, axis=axis)) for axis in range(3)])
    assert np.ptp(steps) < 0.08 * steps.mean()


def test_bad_values_are_one_sentence() -> None:
    with pytest.raises(InputError, match="solid fraction"):
        BooleanModel(Spheres(8), 1.0, PHASES)
    with pytest.raises(InputError, match=r"A grain must span two voxels, 5 nm or more, got 4 nm"):
        BooleanModel(Cylinders(10, 4), 0.3, PHASES).generate((8, 8, 8), VOXEL_NM, rng=0)


def test_memory_counts_the_rim_of_hard_core_grains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.generators.request.available_memory_bytes", lambda: 2 * 36**3)
    overlapping = BooleanModel(Spheres(10), 0.2, PHASES)
    assert overlapping.generate((32, 32, 32), VOXEL_NM, rng=0).solid_fraction == pytest.approx(0.2, abs=1e-4)
    with pytest.raises(RuntimeError, match="GB of memory"):
        BooleanModel(Spheres(10), 0.2, PHASES, overlapping=False).generate((32, 32, 32), VOXEL_NM, rng=0)

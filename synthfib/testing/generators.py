"""What every generator must do; subclass `GeneratorContract` and give it a `generator`."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from synthfib.generators.base import Generator


class GeneratorContract:
    """Contract suite for one generator.

    A subclass sets `solid_fraction`, `voxel_size_nm` and `shape`, and defines the fixture `generator`.
    """

    solid_fraction: float
    voxel_size_nm = (2.5, 2.5, 2.5)
    shape = (20, 24, 28)

    @pytest.fixture
    def generator(self) -> Generator:
        """Return the generator under test."""
        raise AssertionError("a subclass defines the fixture `generator`")

    def test_shape_and_sizes_are_those_asked_for(self, generator: Generator) -> None:
        volume = generator.generate(self.shape, self.voxel_size_nm, rng=0)
        assert volume.shape == self.shape
        assert volume.voxel_size_nm == self.voxel_size_nm

    def test_solid_fraction_is_exact_to_half_a_voxel(self, generator: Generator) -> None:
        volume = generator.generate(self.shape, self.voxel_size_nm, rng=0)
        assert abs(volume.solid_fraction - self.solid_fraction) <= 0.5 / volume.labels.size + 1e-12

    def test_same_seed_gives_same_bytes_for_any_number_of_threads(self, generator: Generator) -> None:
        with threadpool_limits(limits=1):
            one = generator.generate(self.shape, self.voxel_size_nm, rng=7)
        two = generator.generate(self.shape, self.voxel_size_nm, rng=7)
        assert one.labels.tobytes() == two.labels.tobytes()

    def test_other_seeds_give_other_structures(self, generator: Generator) -> None:
        one = generator.generate(self.shape, self.voxel_size_nm, rng=1)
        two = generator.generate(self.shape, self.voxel_size_nm, rng=2)
        assert not np.array_equal(one.labels, two.labels)

    def test_a_numpy_generator_serves_as_rng(self, generator: Generator) -> None:
        one = generator.generate(self.shape, self.voxel_size_nm, rng=np.random.default_rng(3))
        two = generator.generate(self.shape, self.voxel_size_nm, rng=np.random.default_rng(3))
        assert np.array_equal(one.labels, two.labels)

    def test_provenance_names_the_last_step_and_its_seed(self, generator: Generator) -> None:
        step = generator.generate(self.shape, self.voxel_size_nm, rng=11).provenance.steps[-1]
        assert step.seed == 11
        assert step.parameters

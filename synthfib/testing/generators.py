"""What every generator must do; subclass `GeneratorContract`, or `CalibrationContract` where nothing is random, and give it a `generator`."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from synthfib.errors import InputError
from synthfib.generators.base import Generator, generate


class CalibrationContract:
    """Contract suite for a structure that is given by a formula: no random numbers, no fraction to be met.

    A subclass may set `voxel_size_nm` and `shape`, and defines the fixture `generator`.
    """

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

    def test_same_seed_gives_same_bytes_for_any_number_of_threads(self, generator: Generator) -> None:
        several = numba.get_num_threads()
        numba.set_num_threads(1)
        try:
            with threadpool_limits(limits=1):
                one = generator.generate(self.shape, self.voxel_size_nm, rng=7)
        finally:
            numba.set_num_threads(several)
        two = generator.generate(self.shape, self.voxel_size_nm, rng=7)
        assert one.labels.tobytes() == two.labels.tobytes()

    def test_volumes_are_contiguous_and_own_their_labels(self, generator: Generator) -> None:
        labels = generator.generate(self.shape, self.voxel_size_nm, rng=0).labels
        assert labels.flags.c_contiguous
        assert labels.flags.writeable

    def test_provenance_has_the_step(self, generator: Generator) -> None:
        assert generator.generate(self.shape, self.voxel_size_nm, rng=0).provenance.steps[-1].name

    def test_progress_grows_to_one_and_changes_nothing(self, generator: Generator) -> None:
        shares: list[float] = []
        told = generate(generator, self.shape, self.voxel_size_nm, rng=7, on_progress=shares.append)
        assert shares == sorted(shares)
        assert not shares or shares[-1] == pytest.approx(1)
        assert told.labels.tobytes() == generator.generate(self.shape, self.voxel_size_nm, rng=7).labels.tobytes()

    @pytest.mark.parametrize("shape", [(0, 4, 4), (4, 4), (-1, 4, 4)])
    def test_an_impossible_shape_is_one_sentence(self, generator: Generator, shape: tuple[int, int, int]) -> None:
        with pytest.raises(InputError, match="shape"):
            generator.generate(shape, self.voxel_size_nm, rng=0)

    def test_voxel_sizes_in_metres_are_one_sentence(self, generator: Generator) -> None:
        with pytest.raises(InputError, match="nanometres"):
            generator.generate(self.shape, (2.5e-9, 2.5e-9, 2.5e-9), rng=0)


class GeneratorContract(CalibrationContract):
    """Contract suite for one generator.

    A subclass sets `solid_fraction`, may set `voxel_size_nm` and `shape`, and defines the fixture `generator`.
    """

    solid_fraction: float

    def test_solid_fraction_is_exact_to_half_a_voxel(self, generator: Generator) -> None:
        volume = generator.generate(self.shape, self.voxel_size_nm, rng=0)
        assert abs(volume.solid_fraction - self.solid_fraction) <= 0.5 / volume.labels.size + 1e-12

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

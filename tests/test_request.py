import numpy as np
import pytest

from synthfib.errors import InputError, ResourceError
from synthfib.generators.request import Request, check_fraction, check_length, seed_key

VOXEL_NM = (2.5, 2.5, 2.5)


def test_a_request_knows_its_size() -> None:
    request = Request((2, 3, 4), (5.0, 2.0, 1.0))
    assert request.n_voxels == 24
    assert request.extent_nm == (10.0, 6.0, 4.0)
    assert Request(tuple(np.array([2, 3, 4])), VOXEL_NM).shape == (2, 3, 4)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 0), (2.5, 3, 4), (2, 3, 4, 5)])
def test_impossible_shapes(shape: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="three whole numbers"):
        Request(shape, VOXEL_NM)


def test_features_span_two_voxels() -> None:
    request = Request((4, 4, 4), (10.0, 2.0, 2.0))
    request.resolves("pore", 20)
    with pytest.raises(InputError, match=r"A pore must span two voxels, 20 nm or more, got 15 nm; take voxels of at most 7.5 nm\."):
        request.resolves("pore", 15)


def test_what_does_not_fit_in_memory_is_refused_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.generators.request.available_memory_bytes", lambda: 10**9)
    request = Request((1000, 1000, 1000), VOXEL_NM)
    request.fits_in_memory(1e9)
    with pytest.raises(ResourceError, match=r"1000 x 1000 x 1000 voxels need 2.0 GB of memory, 1.0 GB is free; ask for fewer voxels\."):
        request.fits_in_memory(2e9)
    monkeypatch.setattr("synthfib.generators.request.available_memory_bytes", lambda: None)
    request.fits_in_memory(1e18)


def test_a_seed_is_its_own_key_and_a_generator_gives_one() -> None:
    assert seed_key(5) == 5
    assert seed_key(np.int64(5).item()) == 5
    assert seed_key(np.random.default_rng(1)) == seed_key(np.random.default_rng(1)) != seed_key(np.random.default_rng(2))


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, None])
def test_impossible_seeds(seed: int) -> None:
    with pytest.raises(InputError, match="seed"):
        seed_key(seed)


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.5, float("nan")])
def test_impossible_fractions(value: float) -> None:
    with pytest.raises(InputError, match=r"The porosity must be above 0 and below 1"):
        check_fraction("porosity", value)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_impossible_lengths(value: float) -> None:
    with pytest.raises(InputError, match=r"The radius must be above 0 nm"):
        check_length("radius", value)

import numpy as np
import pytest
from numpy.typing import NDArray

from synthfib.errors import InputError
from synthfib.evaluation.two_sample_test import FEATURES, floor_test, patch_features, two_sample_test


def noisy(seed: int, sd: float) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).normal(120, sd, (2, 160, 160)).clip(0, 255).astype(np.uint8)


def test_stacks_of_one_kind_cannot_be_told_apart() -> None:
    """100 patches: 0.5 within four standard errors, false alarm below 1 in 10 000, seed fixed."""
    found = two_sample_test(noisy(0, 10), noisy(1, 10), rng=0)
    assert abs(found.accuracy - 0.5) < 0.2
    assert found.n_patches == 50


def test_another_noise_is_noticed_and_the_floor_is_not_touched_by_it() -> None:
    assert two_sample_test(noisy(0, 10), noisy(1, 13), rng=0).accuracy > 0.95
    assert abs(floor_test(noisy(0, 10), rng=0, patch_pixels=16).accuracy - 0.5) < 0.2


def test_an_uneven_image_has_a_high_floor() -> None:
    image = noisy(0, 10)[:1].astype(np.float64)
    image[..., 80:] += 40
    assert floor_test(image.astype(np.uint8), rng=0, patch_pixels=16).accuracy > 0.95


def test_same_seed_same_answer() -> None:
    assert two_sample_test(noisy(0, 10), noisy(1, 11), rng=5) == two_sample_test(noisy(0, 10), noisy(1, 11), rng=5)


def test_features_have_their_names() -> None:
    assert len(patch_features(noisy(0, 10)[0, :32, :32].astype(np.float64))) == len(FEATURES)


def test_a_small_stack_is_refused() -> None:
    with pytest.raises(InputError, match="20 patches"):
        two_sample_test(noisy(0, 10)[:, :64, :64], noisy(1, 10), rng=0)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sklearn.cluster

from synthfib.errors import InputError
from synthfib.segmentation.kmeans import KMeans
from synthfib.segmentation.otsu import Otsu
from synthfib.testing.segmenters import porous_stack


def test_the_histogram_gives_the_clusters_of_all_pixels() -> None:
    stack = porous_stack(1, (4, 40, 40))
    grey = stack.images.reshape(-1, 1).astype(float)
    model = sklearn.cluster.KMeans(3, n_init=3, tol=0, random_state=1).fit(grey)  # pyright: ignore[reportArgumentType]
    expected = (model.labels_ == np.argmax(model.cluster_centers_)).reshape(stack.shape[1:])
    assert np.mean(KMeans().predict(stack) == expected) > 0.999


def test_the_brightest_of_three_clusters_is_solid() -> None:
    stack = porous_stack(1)
    levels = np.random.default_rng(0).choice([20, 120, 220], size=stack.images.shape)
    noisy = levels + np.random.default_rng(1).integers(-9, 10, levels.shape)
    np.testing.assert_array_equal(KMeans().predict(replace(stack, images=noisy.astype(np.uint8))), levels[0] == 220)
    dark = np.where(levels == 120, 50, levels)
    np.testing.assert_array_equal(KMeans(2).predict(replace(stack, images=dark.astype(np.uint8))), levels[0] == 220)


def test_shine_through_makes_otsu_worse_than_k_means() -> None:
    stack = porous_stack(1)
    assert stack.labels is not None
    error = {method: float(np.mean(method.predict(stack) != stack.labels)) for method in (KMeans(), Otsu())}
    kmeans, otsu = error.values()
    assert kmeans < otsu


def test_sixteen_bits_are_fast_enough_and_agree() -> None:
    stack = porous_stack(1)
    fine = stack.images.astype(np.uint16) * 257 + np.random.default_rng(0).integers(0, 257, stack.images.shape).astype(np.uint16)
    assert np.mean(KMeans().predict(replace(stack, images=fine)) == KMeans().predict(stack)) > 0.97


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="2 clusters"):
        KMeans(1)
    stack = porous_stack(1)
    with pytest.raises(InputError, match="two grey values"):
        KMeans().predict(replace(stack, images=np.zeros_like(stack.images)))

"""Shine-through: images of faces beside the faces, and weights for the landing energies that there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synthfib.catalogue import load_material, load_microscope
from synthfib.corpus.acquire import acquire
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import SliceThickness
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack
from synthfib.errors import InputError
from synthfib.reconstruction.data_sets import data_set
from synthfib.reconstruction.interpolation import FaceImages
from synthfib.reconstruction.interpolation.face_images import open_images
from synthfib.reconstruction.interpolation.shine_through import shipped_weights
from synthfib.reconstruction.interpolation.trained import trained_network
from synthfib.training.grey_values import PercentileScaling

pytest.importorskip("torch")


def test_weights_are_those_that_know_the_most_energies() -> None:
    assert shipped_weights((2.0,)).stem == "shine-through-2-kev"
    assert shipped_weights((1.0, 2.0)).stem == "shine-through-2-kev"
    assert shipped_weights((4.0, 2.0, 1.0)).stem == "shine-through-1-2-4-kev"
    with pytest.raises(InputError, match=r"1, 2, 4; 2 keV, got 5 keV"):
        shipped_weights((5.0,))


@pytest.mark.parametrize("energies_kev", [(2.0,), (1.0, 2.0, 4.0)])
def test_weights_are_of_the_energies_in_their_name(energies_kev: tuple[float, ...]) -> None:
    _, card = trained_network("shine-through", shipped_weights(energies_kev))
    assert card.energies_kev == energies_kev


def test_images_are_scaled_and_put_in_the_order_asked_for(tmp_path: Path) -> None:
    grey = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    plan = SliceThickness(10.0).plan(pixel_size_nm=(2.5, 2.5), rng=1, n_slices=3)
    write_stack(tmp_path / "stack.h5", ImageStack(grey, (Channel(1.0), Channel(4.0)), plan))
    limits = np.array([PercentileScaling().limits(channel) for channel in grey], np.float32)
    with open_images(tmp_path / "stack.h5") as images:
        assert images.shape == (2, 3, 4, 5)
        assert np.array_equal(images.limits, limits)
        found = images.near(slice(1, 3)).scaled((4.0, 1.0))
        some = FaceImages(images.grey, limits, images.energies_kev, chosen=np.array([0, 2])).near(slice(1, 2)).scaled((1.0,))
        with pytest.raises(InputError, match="Images at 2 keV"):
            images.near(slice(0, 1)).scaled((2.0,))
    low, high = limits[1]
    assert np.allclose(found[0], 2 * (grey[1, 1:] - low) / (high - low) - 1)
    assert np.array_equal(some[0, 0], found[1, 1])


def test_what_shines_through_halves_what_is_misplaced() -> None:
    """Shown on a structure that neither network has seen; the images are as noisy as those of a fast scan."""
    structure = make_generator(load_material("hierarchical-nanoporous-gold")).generate((88, 96, 96), (2.5, 2.5, 2.5), rng=99)
    plan = SliceThickness(10.16, 3.12, grid_nm=2.5).plan(pixel_size_nm=(2.5, 2.5), rng=99, depth_nm=150.0)
    stack = acquire(structure, plan, load_microscope("helios-g3-multi-voltage"), energies_kev=(2.0,), rng=1)
    images = FaceImages.of(stack)
    faces, positions = structure.labels[plan.voxel_index(2.5)], {"true": plan.positions_nm}
    wrong = {}
    for method in ("neural-spline", "shine-through"):
        made, _ = data_set(f"{method}-s").make(faces, positions, images=images)
        wrong[method] = float((made != (structure.labels[: len(made)] != 0)).mean())
    assert wrong["neural-spline"] < 0.035, wrong
    assert wrong["shine-through"] < 0.5 * wrong["neural-spline"], wrong

"""What every segmenter must do; subclass `SegmenterContract` and define `make_segmenter`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.physics.materials import material
from synthfib.segmentation.base import Segmenter

_MILLED_VOXELS = 4
_VOXEL_SIZE_NM = 2.5


def porous_stack(seed: int, shape: tuple[int, int, int] = (10, 48, 48), channels: tuple[Channel, ...] = (Channel(2.0),)) -> ImageStack:
    """Return a labelled 8-bit stack in which solid below the face shines through the pore, the more the nearer it is.

    Parameters
    ----------
    seed : int
        Decides structure and noise.
    shape : tuple of int
        Sizes ``(slice, y, x)``; slices are 10 nm, pixels 2.5 nm.
    channels : tuple of Channel
        The higher the energy, the deeper it looks.
    """
    rng = np.random.default_rng(seed)
    field = rng.standard_normal((shape[0] * _MILLED_VOXELS + 24, *shape[1:]))
    field = gaussian_filter(field, 3, mode="wrap") - gaussian_filter(field, 5, mode="wrap")
    solid = field > np.quantile(field, 0.7)
    depth = np.full(shape[1:], np.inf)
    depths = np.empty(solid.shape)
    for z in range(len(solid) - 1, -1, -1):
        depth = np.where(solid[z], 0.0, depth + 1)
        depths[z] = depth
    faces = slice(0, shape[0] * _MILLED_VOXELS, _MILLED_VOXELS)
    signals = [20 + 200 * np.exp(-depths[faces] / (12 * channel.energy_kev)) for channel in channels]
    grey = np.stack([signal + rng.normal(0, 8, signal.shape) for signal in signals])
    plan = MillingPlan(np.arange(shape[0], dtype=np.float64) * _MILLED_VOXELS * _VOXEL_SIZE_NM, (_VOXEL_SIZE_NM, _VOXEL_SIZE_NM))
    phases = (material("epoxy"), material("gold"))
    return ImageStack(np.clip(grey.round(), 0, 255).astype(np.uint8), channels, plan, labels=solid[faces].astype(np.uint8), phases=phases)


@dataclass(frozen=True, slots=True)
class StacksInMemory:
    """A corpus of a few stacks, named ``<split>-<number>``."""

    stacks: Mapping[str, ImageStack]
    name: str = "in-memory"
    version: str = "0.0.0"

    @property
    def digest(self) -> str:
        """SHA-256 of all images and labels."""
        content = hashlib.sha256()
        for name, stack in sorted(self.stacks.items()):
            content.update(name.encode() + stack.images.tobytes() + (b"" if stack.labels is None else stack.labels.tobytes()))
        return content.hexdigest()

    def names(self, split: str, /) -> tuple[str, ...]:
        """Return the names that begin with `split`."""
        return tuple(sorted(name for name in self.stacks if name.rpartition("-")[0] == split))

    def read(self, name: str, /) -> ImageStack:
        """Return one stack."""
        return self.stacks[name]


def porous_corpus(channels: tuple[Channel, ...] = (Channel(2.0),), shape: tuple[int, int, int] = (10, 48, 48)) -> StacksInMemory:
    """Return two training volumes, one validation and two test volumes of `porous_stack`."""
    names = ("train-000", "train-001", "validation-000", "test-000", "test-001")
    return StacksInMemory({name: porous_stack(seed, shape, channels) for seed, name in enumerate(names)})


class SegmenterContract:
    """Contract suite for one segmenter.

    A subclass defines `make_segmenter`; its `fit` should take no more than a few seconds on `porous_corpus`. `channels` are
    those of the stacks that it is shown.
    """

    channels: tuple[Channel, ...] = (Channel(2.0),)

    def make_segmenter(self) -> Segmenter:
        """Return a new segmenter that has not learned."""
        raise AssertionError("a subclass defines make_segmenter")

    def fitted(self, *, rng: int = 1) -> Segmenter:
        """Return a segmenter that has learned."""
        segmenter = self.make_segmenter()
        segmenter.fit(porous_corpus(self.channels), rng=rng)
        return segmenter

    @pytest.fixture
    def stack(self) -> ImageStack:
        """Return a stack that no segmenter has learned from."""
        return porous_stack(99, (6, 45, 51), self.channels)

    def check(self, probability: NDArray[np.float32], stack: ImageStack) -> None:
        """Assert shape, dtype and range of a prediction."""
        assert probability.shape == stack.shape[1:]
        assert probability.dtype == np.float32
        assert np.isfinite(probability).all()
        assert probability.min() >= 0
        assert probability.max() <= 1

    def test_shape_dtype_and_range(self, stack: ImageStack) -> None:
        """Any face size is served, and a stack of a single face."""
        segmenter = self.fitted()
        self.check(segmenter.predict(stack), stack)
        single = replace(stack, images=stack.images[:, :1, :20, :17], plan=stack.plan.crop(slice(1)), labels=None, phases=())
        self.check(segmenter.predict(single), single)

    def test_labels_are_never_looked_at(self, stack: ImageStack) -> None:
        """Right labels, wrong labels or none: the same prediction."""
        segmenter = self.fitted()
        assert stack.labels is not None
        expected = segmenter.predict(stack).tobytes()
        assert segmenter.predict(replace(stack, labels=1 - stack.labels)).tobytes() == expected
        assert segmenter.predict(replace(stack, labels=None, phases=())).tobytes() == expected

    def test_same_rng_same_bytes(self, stack: ImageStack) -> None:
        """Two segmenters that learned with one seed agree in every bit."""
        assert self.fitted(rng=7).predict(stack).tobytes() == self.fitted(rng=7).predict(stack).tobytes()

    def test_the_stack_is_left_alone(self, stack: ImageStack) -> None:
        """Predicting does not write into the images."""
        before = stack.images.copy()
        self.fitted().predict(stack)
        np.testing.assert_array_equal(stack.images, before)

    def test_bit_depth_does_not_matter(self, stack: ImageStack) -> None:
        """The same picture in 16 bits gives the same segmentation, but for pixels at the threshold."""
        segmenter = self.fitted()
        deep = replace(stack, images=stack.images.astype(np.uint16) * 257)
        found = segmenter.predict(deep)
        self.check(found, deep)
        assert np.mean((found >= 0.5) == (segmenter.predict(stack) >= 0.5)) > 0.99

    def test_it_says_what_it_looks_at(self, stack: ImageStack) -> None:
        """`describe` names channels of the stack."""
        named = self.fitted().describe(stack)["channels"]
        assert named
        assert set(named) <= {str(channel) for channel in stack.channels}

    def test_it_finds_some_of_the_solid(self, stack: ImageStack) -> None:
        """A prediction is better than chance: solid pixels get a higher probability than pore pixels."""
        found = self.fitted().predict(stack)
        assert stack.labels is not None
        assert found[stack.labels == 1].mean() > found[stack.labels == 0].mean() + 0.05

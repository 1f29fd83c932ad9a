import numpy as np
import pytest

from synthfib.catalogue import load_microscope
from synthfib.corpus.acquire import acquire
from synthfib.data.milling import MillingPlan, SliceThickness
from synthfib.data.stack import ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.physics.backscatter import backscatter_coefficient
from synthfib.physics.materials import material
from synthfib.rendering import depth_to_solid_nm, exposed_labels

PHASES = (material("epoxy"), material("gold"))


def test_depth_to_solid() -> None:
    labels = np.zeros((6, 1, 3), np.uint8)
    labels[4:, 0, 0] = 1
    labels[1, 0, 1] = 1
    volume = LabelVolume(labels, (10.0, 2.5, 2.5), PHASES)
    plan = MillingPlan(np.array([0.0, 14.0, 20.0]), (2.5, 2.5))
    depth = depth_to_solid_nm(volume, plan)[:, 0]
    assert depth.tolist() == [[40, 10, np.inf], [26, 0, np.inf], [20, np.inf, np.inf]]
    assert ((depth == 0) == (exposed_labels(volume, plan)[:, 0] > 0)).all()


@pytest.fixture(scope="module")
def stack() -> ImageStack:
    volume = LeveledWave((25.0,), 0.3, PHASES, n_waves=200).generate((60, 64, 64), (2.5, 2.5, 2.5), rng=1)
    plan = SliceThickness(10.16, 3.12).plan(pixel_size_nm=(2.5, 2.5), rng=2, n_slices=10)
    return acquire(volume, plan, load_microscope("helios-g3-multi-voltage"), rng=3)


def test_a_run_keeps_its_truth(stack: ImageStack) -> None:
    assert stack.shape == (3, 10, 64, 64)
    assert stack.labels is not None
    assert stack.depth_to_solid_nm is not None
    assert [channel.energy_kev for channel in stack.channels] == [1, 2, 4]
    assert [step.name for step in stack.provenance.steps] == ["leveled-wave", "depth-weighted", "dose-noise"]


def test_image_and_label_are_pixel_aligned(stack: ImageStack) -> None:
    """Shifting the labels by one pixel in any direction of the face lowers the correlation, in every channel.

    Not so along the milling direction: there the next slice shines through, which is what the project is about.
    """
    assert stack.labels is not None
    labels = stack.labels.astype(float)
    inner = (slice(1, -1),) * 3
    for images in stack.images.astype(float):
        aligned = np.corrcoef(images[inner].ravel(), labels[inner].ravel())[0, 1]
        for step in [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]:
            shifted = np.roll(labels, step, axis=(1, 2))[inner]
            assert np.corrcoef(images[inner].ravel(), shifted.ravel())[0, 1] < aligned


def test_the_same_seed_records_the_same_bytes(stack: ImageStack) -> None:
    volume = LeveledWave((25.0,), 0.3, PHASES, n_waves=200).generate((60, 64, 64), (2.5, 2.5, 2.5), rng=1)
    again = acquire(volume, stack.plan, load_microscope("helios-g3-multi-voltage"), rng=3)
    assert again.images.tobytes() == stack.images.tobytes()
    other = acquire(volume, stack.plan, load_microscope("helios-g3-multi-voltage"), rng=4)
    assert other.images.tobytes() != stack.images.tobytes()


def test_shine_through_is_in_the_pores_and_grows_with_energy(stack: ImageStack) -> None:
    """In shallow pores the image approaches the solid as energy grows."""
    assert stack.labels is not None
    assert stack.depth_to_solid_nm is not None
    shallow = (stack.depth_to_solid_nm > 5) & (stack.depth_to_solid_nm < 15)
    ratio = [images[shallow].mean() / images[stack.labels > 0].mean() for images in stack.images.astype(float)]
    assert ratio[0] < ratio[1] < ratio[2]


def test_the_shine_through_map_is_what_the_pore_alone_would_not_give(stack: ImageStack) -> None:
    """Solid has none; in pores the share is that of the formula, and deep pores have next to none."""
    assert stack.labels is not None
    assert stack.depth_to_solid_nm is not None
    assert stack.shine_through is not None
    assert stack.yields is not None
    pore = stack.labels == 0
    for channel, share, signal in zip(stack.channels, stack.shine_through, stack.yields, strict=True):
        assert not share[~pore].any()
        expected = np.clip(1 - backscatter_coefficient(stack.phases[0], channel.energy_kev) / signal[pore], 0, 1)
        assert np.allclose(share[pore] / 255, expected, atol=0.51 / 255)
    at_1_kev = stack.shine_through[0] / 255
    assert at_1_kev[pore & (stack.depth_to_solid_nm < 3)].mean() > 0.5 > 0.2 > at_1_kev[pore & (stack.depth_to_solid_nm > 40)].mean()


def test_a_stack_without_truth_has_images_only(stack: ImageStack) -> None:
    bare = stack.without_truth()
    assert bare.images is stack.images
    assert (bare.labels, bare.phases, bare.depth_to_solid_nm, bare.displacement_nm, bare.shine_through, bare.yields) == (None, (), *[None] * 4)

from __future__ import annotations

from synthfib.data.stack import Channel
from synthfib.segmentation import sliding_window
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.registry import SEGMENTERS
from synthfib.segmentation.sliding_window import CNN1D, CNN2D, CNN3D, MeanCNN2D, Multichannel, Triplanar
from synthfib.testing.segmenters import SegmenterContract
from synthfib.training.networks.sliding_window_members import MEMBERS
from synthfib.training.sliding_window_settings import SlidingWindowSettings

FEW_STEPS = SlidingWindowSettings(
    learning_rate=3e-2, momentum=0.9, tile_size=12, tiles_per_step=2, steps_per_epoch=24, max_epochs=1, validation_tiles=1
)


class TestCNN2D(SegmenterContract):
    channels = (Channel(1.0), Channel(4.0))

    def make_segmenter(self) -> Segmenter:
        return CNN2D(11, filters=(8, 8), settings=FEW_STEPS, threads=1)


class TestMeanCNN2D(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return MeanCNN2D(11, 3, filters=(8, 8), settings=FEW_STEPS, threads=1)


class TestTriplanar(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return Triplanar(11, 3, filters=(4, 4), settings=FEW_STEPS, threads=1)


class TestMultichannel(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return Multichannel(11, 3, filters=(4, 4), settings=FEW_STEPS, threads=1)


class TestCNN3D(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return CNN3D(11, 5, filters=(4, 4), settings=FEW_STEPS, threads=1)


class TestCNN1D(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return CNN1D(11, 3, filters=(4, 4), settings=FEW_STEPS, threads=1)


def test_every_member_is_registered() -> None:
    for name in MEMBERS:
        found = SEGMENTERS.load(name)
        assert issubclass(found, sliding_window.SlidingWindow)
        assert found.name == name


def test_every_member_has_learned_here() -> None:
    here = [case for case in SegmenterContract.__subclasses__() if case.__module__ == __name__]
    assert {getattr(case().make_segmenter(), "name", None) for case in here} == set(MEMBERS)

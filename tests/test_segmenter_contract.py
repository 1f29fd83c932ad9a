from __future__ import annotations

from synthfib.data.stack import Channel
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.kmeans import KMeans
from synthfib.segmentation.otsu import Otsu
from synthfib.segmentation.registry import SEGMENTERS
from synthfib.segmentation.unet import UNet
from synthfib.testing.segmenters import SegmenterContract
from synthfib.training.settings import TrainingSettings

FEW_STEPS = TrainingSettings(
    base_features=4, learning_rate=1e-2, batch_size=4, patch_size=32, patches_per_epoch=40, max_epochs=1, validation_slices=2
)


class TestOtsu(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return Otsu()


class TestKMeans(SegmenterContract):
    channels = (Channel(1.0), Channel(2.0))

    def make_segmenter(self) -> Segmenter:
        return KMeans()


class TestUNet(SegmenterContract):
    channels = (Channel(2.0), Channel(4.0))

    def make_segmenter(self) -> Segmenter:
        return UNet(3, settings=FEW_STEPS, threads=1)


def test_every_registered_name_is_a_segmenter() -> None:
    assert {SEGMENTERS.load(name) for name in ("otsu", "kmeans", "unet")} == {Otsu, KMeans, UNet}
